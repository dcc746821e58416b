import { desc, eq, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { merchants, orders } from '../schema/index.ts';
import { isAwaitingShipment, isShipOverdue, shipBy } from './overdue.ts';

/**
 * How merchants keep their promises to ship (FU-7): leaves that await shipment, those of them past their time, and those
 * whose last parcel left late since a moment; merchants without any of them are left out.
 */
export async function shippingStatistics(db: Database, { since, now }: { since: Date; now: Date }) {
  const isRecent = sql`${orders.shippedAt} >= ${since.toISOString()}::timestamptz`;
  const overdue = sql<number>`count(*) FILTER (WHERE ${isShipOverdue(now)})::int`;
  return await db
    .select({
      merchantId: merchants.merchantId,
      name: merchants.name,
      awaitingShipment: sql<number>`count(*) FILTER (WHERE ${isAwaitingShipment})::int`,
      overdue,
      shippedLate: sql<number>`count(*) FILTER (WHERE ${isRecent} AND ${orders.shippedAt} > ${shipBy})::int`,
    })
    .from(merchants)
    .innerJoin(orders, eq(orders.merchantId, merchants.merchantId))
    .where(sql`${isAwaitingShipment} OR (${isRecent} AND ${orders.shippedAt} > ${shipBy})`)
    .groupBy(merchants.merchantId)
    .orderBy(desc(overdue), merchants.merchantId);
}
