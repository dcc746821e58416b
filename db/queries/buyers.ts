import { and, asc, desc, eq } from 'drizzle-orm';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';

export async function listAddresses(db: Database, buyerId: string) {
  return await db
    .select()
    .from(t.addresses)
    .where(eq(t.addresses.buyerId, buyerId))
    .orderBy(asc(t.addresses.createdAt));
}

export async function findAddress(db: Database, buyerId: string, addressId: string) {
  const [row] = await db
    .select()
    .from(t.addresses)
    .where(and(eq(t.addresses.buyerId, buyerId), eq(t.addresses.addressId, addressId)));
  return row;
}

export async function listCoupons(db: Database, buyerId: string) {
  return await db
    .select()
    .from(t.coupons)
    .where(eq(t.coupons.buyerId, buyerId))
    .orderBy(desc(t.coupons.validTo));
}

export async function loadPoints(db: Database, buyerId: string) {
  const [row] = await db.select().from(t.pointsAccounts).where(eq(t.pointsAccounts.buyerId, buyerId));
  return row ?? { buyerId, balance: 0, frozen: 0 };
}

export async function loadCart(db: Database, buyerId: string) {
  return await db
    .select({
      skuId: t.cartItems.skuId,
      quantity: t.cartItems.quantity,
      title: t.skus.title,
      spec: t.skus.spec,
      priceFen: t.skus.priceFen,
      onSale: t.skus.onSale,
      shopId: t.shops.shopId,
      shopName: t.shops.name,
    })
    .from(t.cartItems)
    .innerJoin(t.skus, eq(t.skus.skuId, t.cartItems.skuId))
    .innerJoin(t.shops, eq(t.shops.shopId, t.skus.shopId))
    .where(eq(t.cartItems.buyerId, buyerId))
    .orderBy(asc(t.shops.shopId), asc(t.cartItems.addedAt));
}
