import { and, asc, desc, eq, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { CaseState } from '../../domain/after-sale/case.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';
import { newestAddress } from './order-addresses.ts';

/** All that a representation shows of a case. */
const WITH_ALL = {
  lines: { columns: { caseNo: false }, orderBy: asc(t.afterSaleLines.lineNo) },
  log: { orderBy: asc(t.afterSaleLog.id) },
  evidence: { orderBy: asc(t.afterSaleEvidence.at) },
  outbound: { columns: { trackState: true } },
  parcels: {
    columns: {
      shipmentNo: true,
      carrier: true,
      trackingNo: true,
      shippedAt: true,
      trackState: true,
      lastEventAt: true,
    },
    orderBy: asc(t.shipments.shippedAt),
    with: {
      events: { orderBy: [asc(t.trackEvents.at), asc(t.trackEvents.seq)] as SQL[] },
      anomalies: { orderBy: asc(t.parcelAnomalies.openedAt) },
    },
  },
} as const;

/** A case with its pieces, its log, its evidence and what was sent back; undefined if there is none of that number. */
export async function findCase(db: Database, caseNo: string) {
  return await db.query.afterSales.findFirst({
    where: eq(t.afterSales.caseNo, caseNo),
    with: WITH_ALL,
  });
}

/** The open case about a parcel on its way, which it comes back for. */
export async function openCaseOfParcel(db: Database, shipmentNo: string): Promise<CaseRow | undefined> {
  return await db.query.afterSales.findFirst({
    where: and(eq(t.afterSales.shipmentNo, shipmentNo), isNull(t.afterSales.endedAt)),
    with: WITH_ALL,
  });
}

export type CaseRow = NonNullable<Awaited<ReturnType<typeof findCase>>>;

/** A side's cases, newest first; the platform sees all. */
export async function listCases(
  db: Database,
  who: { buyerId: string } | { merchantId: string } | 'platform',
  page: { state: CaseState | undefined; before: string | undefined; limit: number },
): Promise<CaseRow[]> {
  const mine =
    who === 'platform'
      ? undefined
      : 'buyerId' in who
        ? eq(t.afterSales.buyerId, who.buyerId)
        : eq(t.afterSales.merchantId, who.merchantId);
  return await db.query.afterSales.findMany({
    where: and(
      mine,
      page.state ? eq(t.afterSales.state, page.state) : undefined,
      page.before ? lt(t.afterSales.caseNo, page.before) : undefined,
    ),
    orderBy: desc(t.afterSales.caseNo),
    limit: page.limit,
    with: WITH_ALL,
  });
}

/** What decides whether a case about a leaf can be opened. */
export async function caseGround(db: Database, orderNo: string) {
  const [row] = await db
    .select({
      receivedAt:
        sql<Date | null>`case when ${t.orders.state} = 'completed' then ${t.orders.endedAt} end`.mapWith(
          t.orders.endedAt,
        ),
      periods: t.shops.afterSalePeriods,
      isSigned: sql<boolean>`${t.orders.state} = 'completed' or not exists (
        select 1 from shipments s where s.order_no = ${t.orders.orderNo} and s.stage = 'handed_over' and s.track_state <> 'signed')`,
    })
    .from(t.orders)
    .innerJoin(t.shops, eq(t.shops.shopId, t.orders.shopId))
    .where(eq(t.orders.orderNo, orderNo));
  if (!row) throw new Error(`no order ${orderNo}`);
  return { ...row, inCases: await piecesInCases(db, orderNo) };
}

async function piecesInCases(db: Database, orderNo: string): Promise<LineQuantity[]> {
  return await db
    .select({ lineNo: t.afterSaleLines.lineNo, quantity: t.afterSaleLines.quantity })
    .from(t.afterSaleLines)
    .innerJoin(t.afterSales, eq(t.afterSales.caseNo, t.afterSaleLines.caseNo))
    .where(and(eq(t.afterSales.orderNo, orderNo), isNull(t.afterSales.endedAt)));
}

/** Open cases by number from `after` on: what the reconciler starts if it does not run. */
export async function openCases(
  db: Database,
  { before, after, limit }: { before: Date; after: string; limit: number },
): Promise<{ caseNo: string }[]> {
  return await db
    .select({ caseNo: t.afterSales.caseNo })
    .from(t.afterSales)
    .where(
      and(
        isNull(t.afterSales.endedAt),
        lt(t.afterSales.openedAt, before),
        sql`${t.afterSales.caseNo} > ${after}`,
      ),
    )
    .orderBy(asc(t.afterSales.caseNo))
    .limit(limit);
}

/** SKUs that something could be exchanged for, with what decides whether it can (RT-8). */
export async function exchangeableItems(db: Database, skuIds: readonly string[]) {
  return await db
    .select({
      skuId: t.skus.skuId,
      shopId: t.skus.shopId,
      priceFen: t.skus.priceFen,
      onSale: t.skus.onSale,
    })
    .from(t.skus)
    .where(inArray(t.skus.skuId, [...skuIds]));
}

/** What a replacement order is made of (RT-8): its items with the fullest warehouse of each, and where the first order went. */
export async function replacementFacts(
  db: Database,
  { orderNo, skuIds }: { orderNo: string; skuIds: readonly string[] },
) {
  const [items, levels, address, [order]] = await Promise.all([
    db
      .select({ sku: t.skus, shop: t.shops })
      .from(t.skus)
      .innerJoin(t.shops, eq(t.shops.shopId, t.skus.shopId))
      .where(inArray(t.skus.skuId, [...skuIds])),
    db
      .select({
        skuId: t.stockLevels.skuId,
        warehouseId: t.stockLevels.warehouseId,
        system: t.warehouses.system,
      })
      .from(t.stockLevels)
      .leftJoin(t.warehouses, eq(t.warehouses.warehouseId, t.stockLevels.warehouseId))
      .where(inArray(t.stockLevels.skuId, [...skuIds]))
      .orderBy(
        desc(sql`${t.stockLevels.onHand} - ${t.stockLevels.reserved}`),
        asc(t.stockLevels.warehouseId),
      ),
    newestAddress(db, orderNo),
    db.select({ region: t.orders.region }).from(t.orders).where(eq(t.orders.orderNo, orderNo)),
  ]);
  if (!order || !address) throw new Error(`no order ${orderNo}`);
  return {
    region: order.region,
    sealedContact: address.sealedContact,
    paymentTimeoutMs:
      1000 *
      Math.min(
        ...items.map(
          ({ sku, shop }) => shop.paymentTimeoutByCategory[sku.category] ?? shop.paymentTimeoutSeconds,
        ),
      ),
    items: items.map(({ sku: { skuId, title, spec, category } }) => {
      const level = levels.find((candidate) => candidate.skuId === skuId);
      return {
        ...{ skuId, title, spec, category },
        warehouseId: level?.warehouseId ?? 'none',
        hasSystem: (level?.system ?? null) !== null,
      };
    }),
  };
}
