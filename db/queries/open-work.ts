import { and, asc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { orders, refunds } from '../schema/index.ts';

/** Nodes that have something to do and were made before a moment: unpaid payment roots, paid leaves. By order number. */
export async function openRunnableOrders(db: Database, page: { before: Date; after: string; limit: number }) {
  return await db
    .select({
      orderNo: orders.orderNo,
      buyerId: orders.buyerId,
      merchantId: orders.merchantId,
      payableFen: sql<bigint>`${orders.payableFen} - ${orders.priceCutFen} - ${orders.freightCutFen}`.mapWith(
        BigInt,
      ),
      paymentDeadline: orders.paymentDeadline,
      state: orders.state,
    })
    .from(orders)
    .where(
      and(
        gt(orders.orderNo, page.after),
        lt(orders.createdAt, page.before),
        or(
          and(eq(orders.state, 'awaiting_payment'), eq(orders.paymentRootNo, orders.orderNo)),
          inArray(orders.state, ['awaiting_shipment', 'awaiting_receipt']),
        ),
      ),
    )
    .orderBy(asc(orders.orderNo))
    .limit(page.limit);
}

/** Refunds on their way that were requested before a moment, by number. */
export async function openRefunds(
  db: Database,
  page: { before: Date; after: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .select({ refundNo: refunds.refundNo })
    .from(refunds)
    .where(
      and(
        eq(refunds.state, 'requested'),
        lt(refunds.createdAt, page.before),
        gt(refunds.refundNo, page.after),
      ),
    )
    .orderBy(asc(refunds.refundNo))
    .limit(page.limit);
  return rows.map((row) => row.refundNo);
}
