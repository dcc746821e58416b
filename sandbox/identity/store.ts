import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';

const contents = z.object({
  version: z.literal(1),
  jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).min(1) }),
  cookieKeys: z.array(z.string().min(32)).min(1),
  accounts: z.array(
    z.object({
      sub: z.string().min(1),
      phone: z.string(),
      roles: z.array(z.enum(['buyer', 'merchant', 'customer_service', 'finance', 'operations'])),
      merchantId: z.string().nullable(),
      /** The sandbox account of each social provider that was linked by this verified phone. */
      social: z.object({ wechat: z.string().optional(), qq: z.string().optional() }),
    }),
  ),
});

export type IdentityContents = z.infer<typeof contents>;
export type Account = IdentityContents['accounts'][number];
export type SocialProvider = keyof Account['social'];

/** What outlives a restart of the issuer: signing keys, cookie keys and accounts, in one JSON file. */
export class IdentityStore {
  readonly contents: IdentityContents;
  readonly #path: string;
  #next: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, loaded: IdentityContents) {
    this.#path = path;
    this.contents = loaded;
  }

  /** Opens `identity.json` in the folder, or creates it with fresh keys. */
  static async open(dataDir: string): Promise<IdentityStore> {
    await mkdir(dataDir, { recursive: true });
    const path = join(dataDir, 'identity.json');
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const store = new IdentityStore(path, text === undefined ? await freshContents() : parse(path, text));
    if (text === undefined) await store.save();
    return store;
  }

  /** Resolves when all changes made before the call are in the file. Calls during a write share the next one. */
  save(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#next = next;
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** A reader never sees half a file: it is written aside and renamed. */
  async #write(): Promise<void> {
    const aside = `${this.#path}.new`;
    await writeFile(aside, JSON.stringify(this.contents), { mode: 0o600 });
    await rename(aside, this.#path);
  }
}

async function freshContents(): Promise<IdentityContents> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    version: 1,
    jwks: { keys: [{ ...jwk, kty: 'EC', kid, alg: 'ES256', use: 'sig' }] },
    cookieKeys: [randomBytes(32).toString('base64url')],
    accounts: [],
  };
}

function parse(path: string, text: string): IdentityContents {
  try {
    return contents.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged. Restore it, or delete it to start with new keys and accounts.`, {
      cause,
    });
  }
}
