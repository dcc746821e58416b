import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import type { Database } from '../client.ts';
import type { Privacy } from '../commands/privacy.ts';
import { orderNotes } from '../schema/index.ts';

/** The buyer's newest message about a leaf, for the merchant and the warehouse (FU-6); null without one. */
export async function latestMessage(
  db: Database,
  privacy: Privacy,
  { orderNo, buyerId }: { orderNo: string; buyerId: string },
): Promise<string | null> {
  const [row] = await db
    .select({ sealedText: orderNotes.sealedText })
    .from(orderNotes)
    .where(and(eq(orderNotes.orderNo, orderNo), eq(orderNotes.kind, 'buyer_message')))
    .orderBy(desc(orderNotes.id))
    .limit(1);
  return row ? await privacy.openText(buyerId, row.sealedText) : null;
}

/** One note by its id; undefined if there is none. */
export async function findNote(db: Database, id: number) {
  const [row] = await db.select().from(orderNotes).where(eq(orderNotes.id, id));
  return row;
}

/** The notes of some leaves, of the kinds that their reader may see, oldest first (FU-6). */
export async function notesOf(
  db: Database,
  orderNos: readonly string[],
  kinds: readonly (typeof orderNotes.$inferSelect)['kind'][],
) {
  return await db
    .select()
    .from(orderNotes)
    .where(and(inArray(orderNotes.orderNo, [...orderNos]), inArray(orderNotes.kind, [...kinds])))
    .orderBy(asc(orderNotes.id));
}
