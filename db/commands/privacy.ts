import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { buyerKeys } from '../schema/index.ts';

/** Who gets the parcel. Never leaves PostgreSQL unsealed but in an answer to someone who may read it (I7). */
export interface Contact {
  name: string;
  phone: string;
  province: string;
  city: string;
  district: string;
  street: string;
}

/**
 * Seals personal data with a key per buyer (AES-256-GCM), itself wrapped by the master key. Deleting a buyer's key row
 * makes everything sealed for them unreadable.
 */
export class Privacy {
  readonly #db: Database;
  readonly #masterKey: Buffer;
  readonly #keys = new Map<string, Buffer>();

  constructor(db: Database, masterKey: string) {
    this.#db = db;
    this.#masterKey = Buffer.from(masterKey, 'base64');
  }

  async seal(buyerId: string, contact: Contact): Promise<Buffer> {
    return encrypt(await this.#keyOf(buyerId), Buffer.from(JSON.stringify(contact)), buyerId);
  }

  /** The contact, or null when the person was erased. */
  async open(buyerId: string, sealedContact: Buffer): Promise<Contact | null> {
    const key = await this.#existingKey(buyerId);
    return key ? (JSON.parse(decrypt(key, sealedContact, buyerId).toString()) as Contact) : null;
  }

  /** The same for words that someone wrote (FU-6). */
  async sealText(buyerId: string, text: string): Promise<Buffer> {
    return encrypt(await this.#keyOf(buyerId), Buffer.from(text), buyerId);
  }

  async openText(buyerId: string, sealedText: Buffer): Promise<string | null> {
    const key = await this.#existingKey(buyerId);
    return key ? decrypt(key, sealedText, buyerId).toString() : null;
  }

  async #keyOf(buyerId: string): Promise<Buffer> {
    const existing = await this.#existingKey(buyerId);
    if (existing) return existing;
    const wrappedKey = encrypt(this.#masterKey, randomBytes(32), buyerId);
    await this.#db.insert(buyerKeys).values({ buyerId, wrappedKey }).onConflictDoNothing();
    const key = await this.#existingKey(buyerId);
    if (!key) throw new Error('the data key of the buyer was removed while sealing');
    return key;
  }

  async #existingKey(buyerId: string): Promise<Buffer | undefined> {
    const cached = this.#keys.get(buyerId);
    if (cached) return cached;
    const [row] = await this.#db.select().from(buyerKeys).where(eq(buyerKeys.buyerId, buyerId));
    if (!row) return undefined;
    const key = decrypt(this.#masterKey, row.wrappedKey, buyerId);
    if (this.#keys.size > 10_000) this.#keys.clear();
    this.#keys.set(buyerId, key);
    return key;
  }
}

/** nonce (12) ‖ tag (16) ‖ ciphertext; the owner's id is authenticated with it, so that rows cannot be swapped. */
function encrypt(key: Buffer, plain: Buffer, owner: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function decrypt(key: Buffer, sealed: Buffer, owner: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(owner));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
}
