import { type SQL, sql } from 'drizzle-orm';
import { REVIEW_WITHIN_SECONDS } from '../../domain/order/overdue.ts';
import { orders, shops } from '../schema/index.ts';

/** What `domain/order/overdue.ts` decides, as conditions on a row of `orders`. */

/** Until when its shop promised to ship (FU-7); null before payment. */
export const shipBy = sql`(${orders.paidAt} + make_interval(secs => ${orders.shipWithinSeconds}))`;

/** A leaf that is paid and has not left. */
export const isAwaitingShipment = sql`(${orders.state} = 'awaiting_shipment' AND ${orders.merchantId} IS NOT NULL)`;

export const isShipOverdue = (now: Date): SQL =>
  sql`(${isAwaitingShipment} AND ${shipBy} < ${now.toISOString()}::timestamptz)`;

const reviewBy = sql`(${orders.paidAt} + make_interval(secs => coalesce(
  (SELECT (${shops.reviewRules} ->> 'withinSeconds')::float8 FROM ${shops} WHERE ${shops.shopId} = ${orders.shopId}),
  ${REVIEW_WITHIN_SECONDS}::float8)))`;

export const isReviewOverdue = (now: Date): SQL =>
  sql`(${isAwaitingShipment} AND ${orders.review} <> 'confirmed' AND ${reviewBy} < ${now.toISOString()}::timestamptz)`;
