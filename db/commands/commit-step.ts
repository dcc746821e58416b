import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import { fenToJson } from '../../domain/fen-json.ts';
import type { Effects, Verdict } from '../../domain/order/effects.ts';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';

/** Everything one step writes: its effects, its log rows (which are its stored results), the message it consumed. */
export interface StepCommit {
  at: Date;
  effects: Effects;
  newOrders?: readonly (typeof t.orders.$inferInsert)[];
  newLines?: readonly (typeof t.orderLines.$inferInsert)[];
  log: readonly (typeof t.orderLog.$inferInsert)[];
  inbox?: { inboxId: string; verdict: Verdict } | undefined;
}

/** Why the database refused a step; nothing of it was written. */
export type CommitRefusal =
  | 'quote_used'
  | 'stale'
  | 'repeated'
  | 'insufficient_stock'
  | 'coupon_unavailable'
  | 'points_insufficient';
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';
  readonly reason: CommitRefusal;
  constructor(reason: CommitRefusal) {
    super(`the step was refused: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Writes a whole step in one statement, so in one transaction and one round trip (P3). Every guarded row must still be
 * as the decision saw it (`must` raises otherwise); the constraints of stock, coupons and points have the last word.
 * Throws `CommitRefused`; on any other error nothing was written either, or the log row tells at the next try.
 */
export async function commitStep(db: Database, step: StepCommit): Promise<void> {
  try {
    statementParts ??= partsOf(statement(''));
    await db.execute(sql`${statementParts.before}${documentOf(step)}${statementParts.after}`);
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** The statement is always the same but for the document: its text is built once. */
let statementParts: { before: SQL; after: SQL } | undefined;

function partsOf(query: SQL): { before: SQL; after: SQL } {
  const [before, after] = new PgDialect().sqlToQuery(query).sql.split('$1') as [string, string];
  return { before: sql.raw(before), after: sql.raw(after) };
}

function statement(document: string): SQL {
  return sql`
WITH doc AS MATERIALIZED (SELECT ${document}::jsonb AS d),
new_orders AS (${insertFrom(t.orders, 'newOrders')} RETURNING 1),
new_lines AS (${insertFrom(t.orderLines, 'newLines')} RETURNING 1),
changed AS (
  UPDATE orders o SET state = c.to_state, version = o.version + 1,
    review = coalesce(c.review, o.review), review_reason = coalesce(c.review_reason, o.review_reason),
    contract_id = coalesce(c.contract_id, o.contract_id), paid_at = coalesce(c.paid_at, o.paid_at),
    shipped_at = coalesce(c.shipped_at, o.shipped_at), auto_receipt_at = coalesce(c.auto_receipt_at, o.auto_receipt_at),
    holds = coalesce(c.holds, o.holds), clock_left_ms = coalesce(c.clock_left_ms, o.clock_left_ms), receipt_extended = coalesce(c.receipt_extended, o.receipt_extended),
    given_back_fen = coalesce(c.given_back_fen, o.given_back_fen),
    price_cut_fen = coalesce(c.price_cut_fen, o.price_cut_fen), freight_cut_fen = coalesce(c.freight_cut_fen, o.freight_cut_fen),
    ended_at = coalesce(c.ended_at, o.ended_at), end_reason = coalesce(c.end_reason, o.end_reason)
  FROM doc, jsonb_to_recordset(doc.d -> 'nodes') AS c(order_no text, expected_version int, from_state text, to_state text,
    review text, review_reason text, contract_id text, paid_at timestamptz, shipped_at timestamptz,
    auto_receipt_at timestamptz, holds int, clock_left_ms bigint, receipt_extended boolean, given_back_fen bigint, price_cut_fen bigint,
    freight_cut_fen bigint, ended_at timestamptz, end_reason text)
  WHERE o.order_no = c.order_no AND o.version = c.expected_version AND o.state = c.from_state RETURNING 1),
stock_delta AS MATERIALIZED (
  SELECT sku_id, warehouse_id, sum(on_hand_delta)::int AS on_hand, sum(reserved_delta)::int AS reserved
  FROM doc, jsonb_populate_recordset(NULL::stock_movements, doc.d -> 'stock') GROUP BY 1, 2),
stock_locked AS MATERIALIZED (
  SELECT l.sku_id, l.warehouse_id FROM stock_levels l JOIN stock_delta USING (sku_id, warehouse_id)
  ORDER BY 1, 2 FOR NO KEY UPDATE OF l),
stock AS (
  UPDATE stock_levels l SET on_hand = l.on_hand + s.on_hand, reserved = l.reserved + s.reserved
  FROM stock_delta s JOIN stock_locked USING (sku_id, warehouse_id)
  WHERE l.sku_id = s.sku_id AND l.warehouse_id = s.warehouse_id RETURNING 1),
movements AS (${insertFrom(t.stockMovements, 'stock')} RETURNING 1),
points_delta AS (
  SELECT buyer_id, sum(balance_delta)::int AS balance, sum(frozen_delta)::int AS frozen, bool_or(cause = 'freeze') AS freezes
  FROM doc, jsonb_populate_recordset(NULL::points_movements, doc.d -> 'points') GROUP BY 1),
points AS (
  UPDATE points_accounts a SET balance = a.balance + p.balance, frozen = a.frozen + p.frozen FROM points_delta p
  WHERE a.buyer_id = p.buyer_id AND (NOT p.freezes OR a.balance - a.frozen >= p.frozen - p.balance) RETURNING 1),
points_moved AS (${insertFrom(t.pointsMovements, 'points')} RETURNING 1),
coupons_changed AS (
  UPDATE coupons k SET state = c.to_state, order_no = CASE WHEN c.to_state = 'available' THEN NULL ELSE c.order_no END
  FROM doc, jsonb_to_recordset(doc.d -> 'coupons') AS c(coupon_id text, order_no text, from_state text, to_state text)
  WHERE k.coupon_id = c.coupon_id AND k.state = c.from_state
    AND (c.from_state = 'available' OR k.order_no = c.order_no) RETURNING 1),
payments_changed AS (
  UPDATE payments p SET state = c.state, ended_at = c.at, provider_trade_no = coalesce(c.provider_trade_no, p.provider_trade_no),
    paid_at = coalesce(c.paid_at, p.paid_at), received_fen = coalesce(c.received_fen, p.received_fen)
  FROM doc, jsonb_to_recordset(doc.d -> 'payments') AS c(out_trade_no text, state text, at timestamptz,
    provider_trade_no text, paid_at timestamptz, received_fen bigint)
  WHERE p.out_trade_no = c.out_trade_no AND p.state <> 'succeeded' RETURNING 1),
new_refunds AS (${insertFrom(t.refunds, 'refunds')} RETURNING 1),
new_shipments AS (${insertFrom(t.shipments, 'shipments')} RETURNING 1),
shipments_corrected AS (
  UPDATE shipments s SET carrier = c.to_carrier, tracking_no = c.to_tracking_no, track_state = 'handed_over', track_ended = false,
    track_salt = NULL, watched_at = NULL, asked_at = NULL, failed_asks = 0, last_event_at = NULL, last_event_text = NULL
  FROM doc, jsonb_to_recordset(doc.d -> 'corrections') AS c(shipment_no text, from_carrier text, from_tracking_no text,
    to_carrier text, to_tracking_no text)
  WHERE s.shipment_no = c.shipment_no AND s.carrier = c.from_carrier AND s.tracking_no = c.from_tracking_no
    AND s.track_state <> 'signed' RETURNING 1),
new_vouchers AS (${insertFrom(t.vouchers, 'vouchers')} RETURNING 1),
new_postings AS (${insertFrom(t.postings, 'postings')} RETURNING 1),
new_settlement_lines AS (${insertFrom(t.settlementLines, 'settlementLines')} RETURNING 1),
new_notices AS (${insertFrom(t.notices, 'notices')} ON CONFLICT DO NOTHING RETURNING 1),
new_holds AS (${insertFrom(t.orderHolds, 'holdsPlaced')} RETURNING 1),
released AS (
  UPDATE order_holds h SET released_at = c.released_at
  FROM doc, jsonb_populate_recordset(NULL::order_holds, doc.d -> 'holdsReleased') c
  WHERE h.hold_id = c.hold_id AND h.order_no = c.order_no AND h.released_at IS NULL RETURNING 1),
logged AS (${insertFrom(t.orderLog, 'log')} RETURNING 1),
consumed AS (
  UPDATE inbox i SET verdict = doc.d -> 'inbox' -> 'verdict', applied_at = (doc.d -> 'inbox' ->> 'at')::timestamptz
  FROM doc WHERE i.inbox_id = doc.d -> 'inbox' ->> 'inboxId' AND i.applied_at IS NULL RETURNING 1)
SELECT
  must((SELECT count(*) FROM changed) = length_of(d, 'nodes'), 'stale'),
  must((SELECT count(*) FROM payments_changed) = length_of(d, 'payments'), 'stale'),
  must((SELECT count(*) FROM shipments_corrected) = length_of(d, 'corrections'), 'stale'),
  must((SELECT count(*) FROM released) = length_of(d, 'holdsReleased'), 'stale'),
  must((SELECT count(*) FROM coupons_changed) = length_of(d, 'coupons'), 'coupon_unavailable'),
  must((SELECT count(*) FROM points) = (SELECT count(*) FROM points_delta), 'points_insufficient'),
  must((SELECT count(*) FROM stock) = (SELECT count(*) FROM stock_delta), 'insufficient_stock')
FROM doc`;
}

/** `INSERT … SELECT` of the rows under `key`, columns by name; identity columns are the database's. */
function insertFrom(table: PgTable, key: string): SQL {
  const columns = Object.values(getTableColumns(table)).filter(
    (column) => column.generatedIdentity === undefined,
  );
  const names = sql.join(
    columns.map((column) => sql.identifier(column.name)),
    sql.raw(', '),
  );
  return sql`INSERT INTO ${table} (${names}) SELECT ${names} FROM doc, jsonb_populate_recordset(NULL::${table}, doc.d -> ${sql.raw(`'${key}'`)})`;
}

function documentOf({ at, effects, newOrders = [], newLines = [], log, inbox }: StepCommit): string {
  const { nodes, coupons, payments, vouchers, holds } = effects;
  const dated = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ ...row, at }));
  const filled = {
    newOrders: rowsOf(t.orders, newOrders),
    newLines: rowsOf(t.orderLines, newLines),
    nodes: nodes.map(({ orderNo, expectedVersion, from, to, set }) => ({
      ...rowOf(t.orders, set),
      order_no: orderNo,
      expected_version: expectedVersion,
      from_state: from,
      to_state: to,
    })),
    stock: rowsOf(t.stockMovements, dated(effects.stock)),
    points: rowsOf(t.pointsMovements, dated(effects.points)),
    coupons: coupons.map(({ couponId, orderNo, from, to }) => ({
      coupon_id: couponId,
      order_no: orderNo,
      from_state: from,
      to_state: to,
    })),
    payments: rowsOf(t.payments, payments).map((row) => ({ ...row, at })),
    refunds: rowsOf(
      t.refunds,
      effects.refunds.map((refund) => ({ ...refund, state: 'requested', createdAt: at })),
    ),
    shipments: rowsOf(
      t.shipments,
      effects.shipments.map((shipment) => ({
        ...shipment,
        shippedAt: at,
        trackState: 'handed_over',
        failedAsks: 0,
        trackEnded: false,
      })),
    ),
    corrections: effects.corrections.map(({ shipmentNo, from, to }) => ({
      shipment_no: shipmentNo,
      from_carrier: from.carrier,
      from_tracking_no: from.trackingNo,
      to_carrier: to.carrier,
      to_tracking_no: to.trackingNo,
    })),
    vouchers: rowsOf(t.vouchers, vouchers),
    postings: rowsOf(
      t.postings,
      vouchers.flatMap(({ voucherNo, postings }) =>
        postings.map((posting, seq) => ({ voucherNo, seq, ...posting })),
      ),
    ),
    settlementLines: rowsOf(
      t.settlementLines,
      effects.settlementLines.map((line) => ({ ...line, state: 'due' })),
    ),
    notices: rowsOf(t.notices, dated(effects.notices)),
    holdsPlaced: rowsOf(
      t.orderHolds,
      holds.filter((hold) => hold.placed).map((hold) => ({ ...hold, placedAt: at })),
    ),
    holdsReleased: rowsOf(
      t.orderHolds,
      holds.filter((hold) => !hold.placed).map((hold) => ({ ...hold, releasedAt: at })),
    ),
    log: rowsOf(t.orderLog, log),
    inbox: inbox ? { ...inbox, at } : undefined,
  };
  return JSON.stringify(fenToJson(filled));
}

function rowsOf(table: PgTable, values: readonly object[]): Record<string, unknown>[] {
  return values.map((value) => rowOf(table, value));
}

/** A value under the table's column names; bytes in PostgreSQL's hex form. */
function rowOf(table: PgTable, value: object): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  const given = value as Record<string, unknown>;
  for (const [property, column] of Object.entries(getTableColumns(table))) {
    const item = given[property];
    if (item !== undefined) row[column.name] = Buffer.isBuffer(item) ? `\\x${item.toString('hex')}` : item;
  }
  return row;
}

function refusalOf(error: unknown): CommitRefused | undefined {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const { code, message, constraint_name } = cause as {
    code?: string;
    message?: string;
    constraint_name?: string;
  };
  if (code === 'DD001') return new CommitRefused(message as CommitRefusal);
  if (code === '23514' && constraint_name === 'stock_levels_available')
    return new CommitRefused('insufficient_stock');
  if (code === '23505' && constraint_name === 'order_log_step') return new CommitRefused('repeated');
  if (code === '23505' && constraint_name === 'orders_quote_once') return new CommitRefused('quote_used');
  if (code === 'DD003') return new CommitRefused('stale'); // another child's refund of the same payment came first
  if (code === '23505' && constraint_name === 'refunds_pkey') return new CommitRefused('stale'); // … took its number
  if (code === '40P01') return new CommitRefused('stale'); // a deadlock's victim: look again
  return undefined;
}
