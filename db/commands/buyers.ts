import { and, eq } from 'drizzle-orm';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';

/** Notes a buyer at their first write; the issuer knows them already. */
export async function ensureBuyer(db: Database, buyerId: string, at: Date): Promise<void> {
  await db.insert(t.buyers).values({ buyerId, createdAt: at }).onConflictDoNothing();
}

export async function setCartItem(
  db: Database,
  item: { buyerId: string; skuId: string; quantity: number; at: Date },
): Promise<void> {
  const { buyerId, skuId, quantity, at } = item;
  await db
    .insert(t.cartItems)
    .values({ buyerId, skuId, quantity, addedAt: at })
    .onConflictDoUpdate({ target: [t.cartItems.buyerId, t.cartItems.skuId], set: { quantity } });
}

export async function removeCartItem(db: Database, buyerId: string, skuId: string): Promise<void> {
  await db.delete(t.cartItems).where(and(eq(t.cartItems.buyerId, buyerId), eq(t.cartItems.skuId, skuId)));
}
