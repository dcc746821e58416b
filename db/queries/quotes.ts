import { and, eq } from 'drizzle-orm';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';

export async function findQuote(db: Database, buyerId: string, quoteId: string) {
  const [row] = await db
    .select()
    .from(t.quotes)
    .where(and(eq(t.quotes.quoteId, quoteId), eq(t.quotes.buyerId, buyerId)));
  return row;
}

/** A buyer's quote with the sealed contact of its address: all that an order is made of. */
export async function loadQuoteToSubmit(db: Database, quoteId: string, buyerId: string) {
  const [row] = await db
    .select({ basket: t.quotes.basket, sealedContact: t.addresses.sealedContact })
    .from(t.quotes)
    .innerJoin(
      t.addresses,
      and(eq(t.addresses.buyerId, t.quotes.buyerId), eq(t.addresses.addressId, t.quotes.addressId)),
    )
    .where(and(eq(t.quotes.quoteId, quoteId), eq(t.quotes.buyerId, buyerId)));
  return row;
}
