import type { Database } from '../client.ts';
import { notices, orderNotes } from '../schema/index.ts';
import { type Claim, claimKey, type IdempotencyKey } from './idempotency.ts';

/** `stored` names the note, made by this request or by the same one before. */
export type NoteResult = { result: 'stored'; id: number } | { result: 'other_body' };

type EarlierClaim = Exclude<Claim, { result: 'claimed' }>;

/** Another request with the key was first: nothing of this one stays. */
class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
  readonly by: EarlierClaim;
  constructor(by: EarlierClaim) {
    super('another request with this idempotency key was first');
    this.by = by;
  }
}

/**
 * Keeps words beside a leaf (FU-6), once per idempotency key, and tells `recipient` of them as `<kind>:<id>`; nobody
 * where it is null.
 */
export async function addNote(
  db: Database,
  key: IdempotencyKey,
  note: Omit<typeof orderNotes.$inferInsert, 'id'>,
  recipient: string | null,
): Promise<NoteResult> {
  try {
    return await db.transaction(async (tx) => {
      const [row] = await tx.insert(orderNotes).values(note).returning({ id: orderNotes.id });
      if (!row) throw new Error('a note was not stored');
      const { orderNo, kind, at } = note;
      const claim = await claimKey(tx, key, String(row.id), at);
      if (claim.result !== 'claimed') throw new KeyTaken(claim);
      if (recipient)
        await tx.insert(notices).values({ orderNo, event: `${kind}:${row.id}`, recipient, params: {}, at });
      return { result: 'stored' as const, id: row.id };
    });
  } catch (error) {
    if (error instanceof KeyTaken) return resultOf(error.by);
    throw error;
  }
}

const resultOf = (claim: EarlierClaim): NoteResult =>
  claim.result === 'repeated' ? { result: 'stored', id: Number(claim.ref) } : claim;
