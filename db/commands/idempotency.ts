import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { addresses, idempotencyKeys, quotes } from '../schema/index.ts';

export interface IdempotencyKey {
  /** Caller, method and path. */
  scope: string;
  key: string;
  bodyHash: string;
}

/** What a key stands for: the row it made, and whether it was made just now or by an earlier request. */
export type Claim =
  | { result: 'claimed'; ref: string }
  | { result: 'repeated'; ref: string }
  | { result: 'other_body' };

/** Takes a key for a reference; an earlier request's reference wins. */
export async function claimKey(db: Database, key: IdempotencyKey, ref: string, at: Date): Promise<Claim> {
  const [row] = await db
    .insert(idempotencyKeys)
    .values({ ...key, ref, createdAt: at })
    .onConflictDoNothing()
    .returning();
  return row ? { result: 'claimed', ref } : await earlierClaim(db, key);
}

/** What an earlier request with this key made, or undefined. */
export async function findKey(
  db: Database,
  { scope, key, bodyHash }: IdempotencyKey,
): Promise<Exclude<Claim, { result: 'claimed' }> | undefined> {
  const [row] = await db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key)));
  if (!row) return undefined;
  return row.bodyHash === bodyHash ? { result: 'repeated', ref: row.ref } : { result: 'other_body' };
}

/** The same for a key that was just found taken. */
async function earlierClaim(db: Database, key: IdempotencyKey): Promise<Claim> {
  const claim = await findKey(db, key);
  if (!claim) throw new Error('an idempotency key vanished between two statements');
  return claim;
}

/** Stores a quote under its key in one statement; nothing is written if the key is taken. */
export async function insertQuote(
  db: Database,
  key: IdempotencyKey,
  quote: typeof quotes.$inferInsert,
): Promise<Claim> {
  const claimed = db.$with('claimed').as(
    db
      .insert(idempotencyKeys)
      .values({ ...key, ref: quote.quoteId, createdAt: quote.createdAt })
      .onConflictDoNothing()
      .returning({ ref: idempotencyKeys.ref }),
  );
  const [row] = await db
    .with(claimed)
    .insert(quotes)
    .select(
      db
        .select({
          quoteId: claimed.ref,
          buyerId: sql`${quote.buyerId}::text`.as('buyer_id'),
          addressId: sql`${quote.addressId}::text`.as('address_id'),
          basket: sql`${quotes.basket.mapToDriverValue(quote.basket) as string}::jsonb`.as('basket'),
          payableFen: sql`${String(quote.payableFen)}::bigint`.as('payable_fen'),
          createdAt: sql`${quote.createdAt.toISOString()}::timestamptz`.as('created_at'),
          expiresAt: sql`${quote.expiresAt.toISOString()}::timestamptz`.as('expires_at'),
        })
        .from(claimed),
    )
    .returning({ quoteId: quotes.quoteId });
  return row ? { result: 'claimed', ref: row.quoteId } : await earlierClaim(db, key);
}

/** Stores an address under its key in one statement, both or neither. */
export async function insertAddress(
  db: Database,
  key: IdempotencyKey,
  address: typeof addresses.$inferInsert,
): Promise<Claim> {
  const { addressId, buyerId, region, sealedContact } = address;
  const at = address.createdAt.toISOString();
  const [row] = await db.execute<{ address_id: string }>(sql`
    WITH claimed AS (
      INSERT INTO ${idempotencyKeys} (scope, key, body_hash, ref, created_at)
      VALUES (${key.scope}, ${key.key}, ${key.bodyHash}, ${addressId}, ${at}::timestamptz)
      ON CONFLICT DO NOTHING RETURNING ref)
    INSERT INTO ${addresses} (address_id, buyer_id, region, sealed_contact, created_at)
    SELECT ref, ${buyerId}, ${region}, ${sealedContact}::bytea, ${at}::timestamptz FROM claimed RETURNING address_id`);
  return row ? { result: 'claimed', ref: row.address_id } : await earlierClaim(db, key);
}
