import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { isReviewOverdue, isShipOverdue, shipBy } from '../queries/overdue.ts';
import { notices, orders, workItems } from '../schema/index.ts';

/** Reminders are notices: one per order, event and recipient, however often a round runs and in how many workers. */

/** Tells merchant and buyer of orders that missed their promised time (FU-7), at most `limit` notices; their number. */
export function remindShipOverdue(db: Database, now: Date, limit: number): Promise<number> {
  return write(
    db,
    sql`
    SELECT ${orders.orderNo} AS order_no, 'ship_overdue' AS event, r.recipient, jsonb_build_object('shipBy', ${iso(shipBy)}) AS params
    FROM ${orders} CROSS JOIN LATERAL (VALUES ('merchant:' || ${orders.merchantId}), ('buyer:' || ${orders.buyerId})) r (recipient)
    WHERE ${isShipOverdue(now)}`,
    { now, limit },
  );
}

/** Tells merchants of orders that wait too long for their review (FU-1), at most `limit` notices; their number. */
export function remindReviewOverdue(db: Database, now: Date, limit: number): Promise<number> {
  return write(
    db,
    sql`
    SELECT ${orders.orderNo} AS order_no, 'review_overdue' AS event, 'merchant:' || ${orders.merchantId} AS recipient,
      jsonb_build_object('paidAt', ${iso(sql`${orders.paidAt}`)}) AS params
    FROM ${orders} WHERE ${isReviewOverdue(now)}`,
    { now, limit },
  );
}

/** Tells the owners of open work items that are past their due time, at most `limit` notices; their number. */
export function remindWorkItems(db: Database, now: Date, limit: number): Promise<number> {
  return write(
    db,
    sql`
    SELECT coalesce(${workItems.orderNo}, '') AS order_no, 'work_item_overdue:' || ${workItems.workItemId} AS event,
      CASE WHEN ${workItems.ownerRole} = 'merchant' AND ${orders.merchantId} IS NOT NULL
        THEN 'merchant:' || ${orders.merchantId} ELSE 'platform:' || ${workItems.ownerRole} END AS recipient,
      jsonb_build_object('workItemId', ${workItems.workItemId}, 'kind', ${workItems.kind}, 'dueAt', ${iso(sql`${workItems.dueAt}`)}) AS params
    FROM ${workItems} LEFT JOIN ${orders} ON ${orders.orderNo} = ${workItems.orderNo}
    WHERE ${workItems.closedAt} IS NULL AND ${workItems.dueAt} < ${now.toISOString()}::timestamptz`,
    { now, limit },
  );
}

/** Writes those of the reminders that were not written yet, in one statement. */
async function write(
  db: Database,
  reminders: SQL,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  const { count } = await db.execute(sql`
    INSERT INTO ${notices} (order_no, event, recipient, params, at)
    SELECT d.order_no, d.event, d.recipient, d.params, ${now.toISOString()}::timestamptz FROM (${reminders}) d
    WHERE NOT EXISTS (SELECT FROM ${notices} n WHERE (n.order_no, n.event, n.recipient) = (d.order_no, d.event, d.recipient))
    LIMIT ${limit} ON CONFLICT DO NOTHING`);
  return count;
}

/** A moment as JSON has it elsewhere: ISO 8601 in UTC with milliseconds. */
const iso = (at: SQL): SQL => sql`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
