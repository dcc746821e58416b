import { and, asc, desc, eq, getTableColumns, gt, gte, ilike, inArray, lte, ne, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';

const available = sql<number>`coalesce((SELECT sum(on_hand - reserved) FROM stock_levels s WHERE s.sku_id = ${t.skus.skuId}), 0)::int`;

const itemColumns = {
  skuId: t.skus.skuId,
  shopId: t.skus.shopId,
  shopName: t.shops.name,
  title: t.skus.title,
  spec: t.skus.spec,
  category: t.skus.category,
  priceFen: t.skus.priceFen,
  ratingHundredths: t.skus.ratingHundredths,
  available,
};

export interface ItemFilter {
  text?: string | undefined;
  category?: string | undefined;
  shopId?: string | undefined;
  after?: string | undefined;
  limit: number;
}

/** Items on sale by SKU id (CK-13). */
export async function listItems(db: Database, { text, category, shopId, after, limit }: ItemFilter) {
  return await db
    .select(itemColumns)
    .from(t.skus)
    .innerJoin(t.shops, eq(t.shops.shopId, t.skus.shopId))
    .where(
      and(
        eq(t.skus.onSale, true),
        text ? ilike(t.skus.title, `%${text.replaceAll(/[%_\\]/g, '\\$&')}%`) : undefined,
        category ? eq(t.skus.category, category) : undefined,
        shopId ? eq(t.skus.shopId, shopId) : undefined,
        after ? gt(t.skus.skuId, after) : undefined,
      ),
    )
    .orderBy(asc(t.skus.skuId))
    .limit(limit);
}

export async function findItems(db: Database, skuIds: readonly string[]) {
  return await db
    .select({ ...itemColumns, onSale: t.skus.onSale })
    .from(t.skus)
    .innerJoin(t.shops, eq(t.shops.shopId, t.skus.shopId))
    .where(inArray(t.skus.skuId, [...skuIds]));
}

/** Up to three items of the same category that are in stock, nearest in price first (SB-2). */
export async function alternativesTo(db: Database, skuId: string, quantity: number) {
  const [sku] = await db.select().from(t.skus).where(eq(t.skus.skuId, skuId));
  if (!sku) return [];
  return await db
    .select(itemColumns)
    .from(t.skus)
    .innerJoin(t.shops, eq(t.shops.shopId, t.skus.shopId))
    .where(
      and(
        eq(t.skus.category, sku.category),
        ne(t.skus.skuId, skuId),
        eq(t.skus.onSale, true),
        gte(available, quantity),
      ),
    )
    .orderBy(sql`abs(${t.skus.priceFen} - ${sku.priceFen})`, asc(t.skus.skuId))
    .limit(3);
}

const contractInForce = (at: Date) => sql<
  string | null
>`(SELECT contract_id FROM contracts k WHERE k.merchant_id = ${t.shops.merchantId}
  AND k.valid_from <= ${at.toISOString()} AND (k.valid_to IS NULL OR k.valid_to > ${at.toISOString()}) ORDER BY k.valid_from DESC LIMIT 1)`;

const hasCompleted = (buyerId: string) =>
  sql<boolean>`EXISTS (SELECT 1 FROM orders o WHERE o.buyer_id = ${buyerId} AND o.state = 'completed')`;

/** Everything a quote is made from, in parallel: catalogue, member level, promotions, coupons, freight, points. */
export async function loadPricingFacts(
  db: Database,
  ask: {
    buyerId: string;
    skuIds: readonly string[];
    couponIds: readonly string[];
    addressId: string;
    at: Date;
  },
) {
  const { buyerId, couponIds, addressId, at } = ask;
  const skuIds = [...ask.skuIds];
  const [items, stock, promotions, coupons, [member], [points], [address]] = await Promise.all([
    db
      .select({ sku: t.skus, shop: t.shops, template: t.freightTemplates, contractId: contractInForce(at) })
      .from(t.skus)
      .innerJoin(t.shops, eq(t.shops.shopId, t.skus.shopId))
      .innerJoin(t.freightTemplates, eq(t.freightTemplates.freightTemplateId, t.skus.freightTemplateId))
      .where(inArray(t.skus.skuId, skuIds)),
    db
      .select({ ...getTableColumns(t.stockLevels), system: t.warehouses.system })
      .from(t.stockLevels)
      .leftJoin(t.warehouses, eq(t.warehouses.warehouseId, t.stockLevels.warehouseId))
      .where(inArray(t.stockLevels.skuId, skuIds))
      .orderBy(
        desc(sql`${t.stockLevels.onHand} - ${t.stockLevels.reserved}`),
        asc(t.stockLevels.warehouseId),
      ),
    db
      .select()
      .from(t.promotions)
      .where(and(lte(t.promotions.validFrom, at), gt(t.promotions.validTo, at))),
    couponIds.length === 0
      ? Promise.resolve([])
      : db
          .select()
          .from(t.coupons)
          .where(and(eq(t.coupons.buyerId, buyerId), inArray(t.coupons.couponId, [...couponIds]))),
    db
      .select({ percent: t.memberLevels.percent, hasCompleted: hasCompleted(buyerId) })
      .from(t.buyers)
      .innerJoin(t.memberLevels, eq(t.memberLevels.level, t.buyers.memberLevel))
      .where(eq(t.buyers.buyerId, buyerId)),
    db.select().from(t.pointsAccounts).where(eq(t.pointsAccounts.buyerId, buyerId)),
    db
      .select({ region: t.addresses.region })
      .from(t.addresses)
      .where(and(eq(t.addresses.buyerId, buyerId), eq(t.addresses.addressId, addressId))),
  ]);
  // In the order of the basket.
  items.sort((a, b) => skuIds.indexOf(a.sku.skuId) - skuIds.indexOf(b.sku.skuId));
  return {
    items,
    stock,
    promotions,
    coupons,
    memberPercent: member?.percent ?? 100,
    isNewBuyer: !member?.hasCompleted,
    pointsAvailable: Math.max(0, (points?.balance ?? 0) - (points?.frozen ?? 0)),
    region: address?.region ?? null,
  };
}

export type PricingFacts = Awaited<ReturnType<typeof loadPricingFacts>>;
