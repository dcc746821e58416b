import { and, asc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { cancellations, orderLines, orders, workItems } from '../schema/index.ts';
import { isAwaitingShipment, isReviewOverdue, isShipOverdue } from './overdue.ts';

/** What waits for a merchant, in numbers of its own leaves. */
export interface TaskCounts {
  /** Paid and not confirmed. */
  toReview: number;
  /** Confirmed, with pieces that no warehouse sends, and no request to cancel open. */
  toShip: number;
  shipOverdue: number;
  reviewOverdue: number;
  /** Requests to cancel that the merchant must answer. */
  cancellationsToAnswer: number;
}

/** Pieces that are neither in a warehouse's shipment, nor gone, nor taken back, as `openLines` has them. */
const hasOpenPieces = sql`EXISTS (
  SELECT FROM ${orderLines} l CROSS JOIN LATERAL (SELECT ${orders.progress} -> l.line_no::text AS done) p
  WHERE l.order_no = ${orders.orderNo} AND l.quantity > coalesce((p.done ->> 'planned')::int, 0)
    + coalesce((p.done ->> 'shipped')::int, 0) + coalesce((p.done ->> 'reversed')::int, 0)
    - coalesce((p.done ->> 'returned')::int, 0))`;

/** Counts a merchant's tasks (FU-1, FU-7), in one statement. */
export async function countTasks(db: Database, merchantId: string, now: Date): Promise<TaskCounts> {
  const [row] = await db
    .select({
      toReview: countWhere(sql`${orders.review} <> 'confirmed'`),
      toShip: countWhere(
        sql`${orders.review} = 'confirmed' AND ${orders.dispatch} <> 'due' AND ${orders.cancellationNo} IS NULL AND ${hasOpenPieces}`,
      ),
      shipOverdue: countWhere(isShipOverdue(now)),
      reviewOverdue: countWhere(isReviewOverdue(now)),
      cancellationsToAnswer: sql<number>`(
        SELECT count(*)::int FROM ${cancellations} c JOIN ${orders} o ON o.order_no = c.order_no
        WHERE o.merchant_id = ${merchantId} AND c.decided_at IS NULL AND c.answer_due_at IS NOT NULL)`,
    })
    .from(orders)
    .where(and(eq(orders.merchantId, merchantId), isAwaitingShipment));
  if (!row) throw new Error('counting answers one row');
  return row;
}

const countWhere = (condition: ReturnType<typeof isShipOverdue>) =>
  sql<number>`count(*) FILTER (WHERE ${condition})::int`;

/** A merchant's open work items, most urgent first. */
export async function merchantWorkItems(db: Database, merchantId: string) {
  return await db
    .select(getTableColumns(workItems))
    .from(workItems)
    .innerJoin(orders, eq(orders.orderNo, workItems.orderNo))
    .where(
      and(isNull(workItems.closedAt), eq(workItems.ownerRole, 'merchant'), eq(orders.merchantId, merchantId)),
    )
    .orderBy(asc(workItems.dueAt))
    .limit(500);
}
