import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import * as t from '../schema/index.ts';

/** A statement around its one parameter, the document. Its text is built once. */
export interface StatementText {
  before: SQL;
  after: SQL;
}

/** A common table expression that writes, and what must hold of it. */
interface Part {
  writes: SQL;
  /** `must(condition, reason)` in the final select, or none. */
  must?: [condition: string, reason: string];
}

const all = (name: string, key: string, reason = 'stale'): [string, string] => [
  `(SELECT count(*) FROM ${name}) = length_of(d, '${key}')`,
  reason,
];

/** What every step may write. */
const common = (): Part[] => [
  { writes: sql`new_orders AS (${insertFrom(t.orders, 'newOrders')} RETURNING 1)` },
  { writes: sql`new_lines AS (${insertFrom(t.orderLines, 'newLines')} RETURNING 1)` },
  {
    must: all('changed', 'nodes'),
    writes: sql`changed AS (
  UPDATE orders o SET state = c.to_state, version = o.version + 1,
    review = coalesce(c.review, o.review), review_reason = coalesce(c.review_reason, o.review_reason),
    dispatch = coalesce(c.dispatch, o.dispatch), progress = coalesce(c.progress, o.progress),
    shipments_made = coalesce(c.shipments_made, o.shipments_made),
    cancellation_no = CASE WHEN c.cancellation_no = '' THEN NULL ELSE coalesce(c.cancellation_no, o.cancellation_no) END,
    cancellation_due_at = CASE WHEN c.cancellation_no IS NULL THEN o.cancellation_due_at ELSE c.cancellation_due_at END,
    contract_id = coalesce(c.contract_id, o.contract_id), paid_at = coalesce(c.paid_at, o.paid_at),
    shipped_at = coalesce(c.shipped_at, o.shipped_at), auto_receipt_at = coalesce(c.auto_receipt_at, o.auto_receipt_at),
    holds = coalesce(c.holds, o.holds), clock_left_ms = coalesce(c.clock_left_ms, o.clock_left_ms), receipt_extended = coalesce(c.receipt_extended, o.receipt_extended),
    given_back_fen = coalesce(c.given_back_fen, o.given_back_fen),
    price_cut_fen = coalesce(c.price_cut_fen, o.price_cut_fen), freight_cut_fen = coalesce(c.freight_cut_fen, o.freight_cut_fen),
    goodwill = coalesce(c.goodwill, o.goodwill), earn_rate = coalesce(c.earn_rate, o.earn_rate),
    ended_at = coalesce(c.ended_at, o.ended_at), end_reason = coalesce(c.end_reason, o.end_reason)
  FROM doc, jsonb_to_recordset(doc.d -> 'nodes') AS c(order_no text, expected_version int, from_state text, to_state text,
    review text, review_reason text, dispatch text, progress jsonb, shipments_made int, cancellation_no text, cancellation_due_at timestamptz,
    contract_id text, paid_at timestamptz, shipped_at timestamptz,
    auto_receipt_at timestamptz, holds int, clock_left_ms bigint, receipt_extended boolean, given_back_fen bigint, price_cut_fen bigint,
    freight_cut_fen bigint, goodwill jsonb, earn_rate int, ended_at timestamptz, end_reason text)
  WHERE o.order_no = c.order_no AND o.version = c.expected_version AND o.state = c.from_state RETURNING 1)`,
  },
  {
    must: ['(SELECT count(*) FROM stock) = (SELECT count(*) FROM stock_delta)', 'insufficient_stock'],
    writes: sql`stock_delta AS MATERIALIZED (
  SELECT sku_id, warehouse_id, sum(on_hand_delta)::int AS on_hand, sum(reserved_delta)::int AS reserved
  FROM doc, jsonb_populate_recordset(NULL::stock_movements, doc.d -> 'stock') GROUP BY 1, 2),
stock_locked AS MATERIALIZED (
  SELECT l.sku_id, l.warehouse_id FROM stock_levels l JOIN stock_delta USING (sku_id, warehouse_id)
  ORDER BY 1, 2 FOR NO KEY UPDATE OF l),
stock AS (
  UPDATE stock_levels l SET on_hand = l.on_hand + s.on_hand, reserved = l.reserved + s.reserved
  FROM stock_delta s JOIN stock_locked USING (sku_id, warehouse_id)
  WHERE l.sku_id = s.sku_id AND l.warehouse_id = s.warehouse_id RETURNING 1)`,
  },
  { writes: sql`movements AS (${insertFrom(t.stockMovements, 'stock')} RETURNING 1)` },
  {
    must: [
      '(SELECT count(*) FROM points) + (SELECT count(*) FROM points_opened) = (SELECT count(*) FROM points_delta)',
      'points_insufficient',
    ],
    writes: sql`points_delta AS (
  SELECT buyer_id, sum(balance_delta)::int AS balance, sum(frozen_delta)::int AS frozen, bool_or(cause = 'freeze') AS freezes
  FROM doc, jsonb_populate_recordset(NULL::points_movements, doc.d -> 'points') GROUP BY 1),
points AS (
  UPDATE points_accounts a SET balance = a.balance + p.balance, frozen = a.frozen + p.frozen FROM points_delta p
  WHERE a.buyer_id = p.buyer_id AND (NOT p.freezes OR a.balance - a.frozen >= p.frozen - p.balance) RETURNING 1),
points_opened AS (
  INSERT INTO points_accounts AS a (buyer_id, balance, frozen) SELECT p.buyer_id, p.balance, p.frozen FROM points_delta p
  WHERE NOT p.freezes AND NOT EXISTS (SELECT FROM points_accounts o WHERE o.buyer_id = p.buyer_id)
  ON CONFLICT (buyer_id) DO UPDATE SET balance = a.balance + excluded.balance, frozen = a.frozen + excluded.frozen RETURNING 1)`,
  },
  { writes: sql`points_moved AS (${insertFrom(t.pointsMovements, 'points')} RETURNING 1)` },
  {
    must: all('coupons_changed', 'coupons', 'coupon_unavailable'),
    writes: sql`coupons_changed AS (
  UPDATE coupons k SET state = c.to_state, order_no = CASE WHEN c.to_state IN ('available', 'expired') THEN NULL ELSE c.order_no END
  FROM doc, jsonb_to_recordset(doc.d -> 'coupons') AS c(coupon_id text, order_no text, from_state text, to_state text)
  WHERE k.coupon_id = c.coupon_id AND k.state = c.from_state
    AND (c.from_state = 'available' OR k.order_no = c.order_no) RETURNING 1)`,
  },
  {
    writes: sql`coupons_reissued AS (
  INSERT INTO coupons (coupon_id, buyer_id, name, scope, issuer, threshold_fen, benefit, valid_from, valid_to)
  SELECT c.reissued_id, k.buyer_id, k.name, k.scope, k.issuer, k.threshold_fen, k.benefit, c.valid_from, c.valid_to
  FROM doc, jsonb_to_recordset(doc.d -> 'coupons') AS c(coupon_id text, reissued_id text, valid_from timestamptz, valid_to timestamptz)
  JOIN coupons k USING (coupon_id) WHERE c.reissued_id IS NOT NULL RETURNING 1)`,
  },
  {
    must: all('payments_changed', 'payments'),
    writes: sql`payments_changed AS (
  UPDATE payments p SET state = c.state, ended_at = c.at, provider_trade_no = coalesce(c.provider_trade_no, p.provider_trade_no),
    paid_at = coalesce(c.paid_at, p.paid_at), received_fen = coalesce(c.received_fen, p.received_fen)
  FROM doc, jsonb_to_recordset(doc.d -> 'payments') AS c(out_trade_no text, state text, at timestamptz,
    provider_trade_no text, paid_at timestamptz, received_fen bigint)
  WHERE p.out_trade_no = c.out_trade_no AND p.state <> 'succeeded' RETURNING 1)`,
  },
  { writes: sql`new_refunds AS (${insertFrom(t.refunds, 'refunds')} RETURNING 1)` },
  { writes: sql`new_vouchers AS (${insertFrom(t.vouchers, 'vouchers')} RETURNING 1)` },
  { writes: sql`new_postings AS (${insertFrom(t.postings, 'postings')} RETURNING 1)` },
  { writes: sql`new_settlement_lines AS (${insertFrom(t.settlementLines, 'settlementLines')} RETURNING 1)` },
  { writes: sql`new_notices AS (${insertFrom(t.notices, 'notices')} ON CONFLICT DO NOTHING RETURNING 1)` },
  { writes: sql`logged AS (${insertFrom(t.orderLog, 'log')} RETURNING 1)` },
  {
    writes: sql`consumed AS (
  UPDATE inbox i SET verdict = doc.d -> 'inbox' -> 'verdict', applied_at = (doc.d -> 'inbox' ->> 'at')::timestamptz
  FROM doc WHERE i.inbox_id = doc.d -> 'inbox' ->> 'inboxId' AND i.applied_at IS NULL RETURNING 1)`,
  },
];

/** What only steps after the payment write: shipments, holds, requests to stop, the human queue. */
const fulfilment = (): Part[] => [
  { writes: sql`new_shipments AS (${insertFrom(t.shipments, 'shipments')} RETURNING 1)` },
  { writes: sql`new_shipment_lines AS (${insertFrom(t.shipmentLines, 'shipmentLines')} RETURNING 1)` },
  {
    must: all('shipments_changed', 'shipmentChanges'),
    writes: sql`shipments_changed AS (
  UPDATE shipments s SET stage = c.to_stage, heard_at = c.at, carrier = coalesce(c.carrier, s.carrier),
    tracking_no = coalesce(c.tracking_no, s.tracking_no), weight_grams = coalesce(c.weight_grams, s.weight_grams),
    shipped_at = CASE WHEN c.to_stage = 'handed_over' THEN c.at ELSE s.shipped_at END
  FROM doc, jsonb_to_recordset(doc.d -> 'shipmentChanges') AS c(shipment_no text, from_stages jsonb, to_stage text,
    at timestamptz, carrier text, tracking_no text, weight_grams int)
  WHERE s.shipment_no = c.shipment_no AND c.from_stages ? s.stage RETURNING 1)`,
  },
  {
    must: all('packed_apart', 'packedApart'),
    writes: sql`packed_apart AS (
  UPDATE shipment_lines l SET quantity = l.quantity - c.quantity
  FROM doc, jsonb_populate_recordset(NULL::shipment_lines, doc.d -> 'packedApart') c
  WHERE l.shipment_no = c.shipment_no AND l.line_no = c.line_no RETURNING 1)`,
  },
  {
    must: all('shipments_corrected', 'corrections'),
    writes: sql`shipments_corrected AS (
  UPDATE shipments s SET carrier = c.to_carrier, tracking_no = c.to_tracking_no, track_state = 'handed_over', track_ended = false,
    track_salt = NULL, watched_at = NULL, asked_at = NULL, failed_asks = 0, last_event_at = NULL, last_event_text = NULL
  FROM doc, jsonb_to_recordset(doc.d -> 'corrections') AS c(shipment_no text, from_carrier text, from_tracking_no text,
    to_carrier text, to_tracking_no text, only_unheard boolean)
  WHERE s.shipment_no = c.shipment_no AND s.carrier = c.from_carrier AND s.tracking_no = c.from_tracking_no
    AND s.track_state <> 'signed' AND NOT (c.only_unheard AND s.last_event_at IS NOT NULL) RETURNING 1)`,
  },
  { writes: sql`new_reversals AS (${insertFrom(t.lineReversals, 'reversals')} RETURNING 1)` },
  { writes: sql`new_cancellations AS (${insertFrom(t.cancellations, 'cancellations')} RETURNING 1)` },
  {
    must: all('cancellations_decided', 'cancellationsDecided'),
    writes: sql`cancellations_decided AS (
  UPDATE cancellations k SET state = c.state, decided_at = c.decided_at
  FROM doc, jsonb_populate_recordset(NULL::cancellations, doc.d -> 'cancellationsDecided') c
  WHERE k.cancellation_no = c.cancellation_no AND k.decided_at IS NULL RETURNING 1)`,
  },
  {
    must: all('cancellations_chosen', 'cancellationsChosen'),
    writes: sql`cancellations_chosen AS (
  UPDATE cancellations k SET choice = c.choice
  FROM doc, jsonb_populate_recordset(NULL::cancellations, doc.d -> 'cancellationsChosen') c
  WHERE k.cancellation_no = c.cancellation_no AND k.choice IS NULL RETURNING 1)`,
  },
  { writes: sql`new_holds AS (${insertFrom(t.orderHolds, 'holdsPlaced')} RETURNING 1)` },
  {
    must: all('released', 'holdsReleased'),
    writes: sql`released AS (
  UPDATE order_holds h SET released_at = c.released_at
  FROM doc, jsonb_populate_recordset(NULL::order_holds, doc.d -> 'holdsReleased') c
  WHERE h.hold_id = c.hold_id AND h.order_no = c.order_no AND h.released_at IS NULL RETURNING 1)`,
  },
  { writes: sql`new_cases AS (${insertFrom(t.afterSales, 'cases')} RETURNING 1)` },
  { writes: sql`new_case_lines AS (${insertFrom(t.afterSaleLines, 'caseLines')} RETURNING 1)` },
  {
    must: all('cases_changed', 'caseChanges'),
    writes: sql`cases_changed AS (
  UPDATE after_sales a SET state = c.to_state, version = a.version + 1, due_at = c.due_at,
    offer_fen = coalesce(c.offer_fen, a.offer_fen), return_to = coalesce(c.return_to, a.return_to),
    instructions = coalesce(c.instructions, a.instructions), carrier = coalesce(c.carrier, a.carrier),
    tracking_no = coalesce(c.tracking_no, a.tracking_no), refunded_fen = coalesce(c.refunded_fen, a.refunded_fen),
    outcome = coalesce(c.outcome, a.outcome), ended_at = coalesce(c.ended_at, a.ended_at),
    replacement_no = coalesce(c.replacement_no, a.replacement_no)
  FROM doc, jsonb_to_recordset(doc.d -> 'caseChanges') AS c(case_no text, expected_version int, to_state text, due_at timestamptz,
    offer_fen bigint, return_to text, instructions text, carrier text, tracking_no text, refunded_fen bigint, outcome text,
    ended_at timestamptz, replacement_no text)
  WHERE a.case_no = c.case_no AND a.version = c.expected_version RETURNING 1)`,
  },
  { writes: sql`case_logged AS (${insertFrom(t.afterSaleLog, 'caseLog')} RETURNING 1)` },
  {
    must: all('goodwill_used', 'goodwillUsed', 'goodwill_limit'),
    writes: sql`goodwill_used AS (
  INSERT INTO goodwill_days AS g (operator, day, used_fen, limit_fen) SELECT c.operator, c.day, c.amount_fen, c.limit_fen
  FROM doc, jsonb_to_recordset(doc.d -> 'goodwillUsed') AS c(operator text, day date, amount_fen bigint, limit_fen bigint)
  WHERE c.amount_fen <= c.limit_fen
  ON CONFLICT (operator, day) DO UPDATE SET used_fen = g.used_fen + excluded.used_fen, limit_fen = excluded.limit_fen
  WHERE g.used_fen + excluded.used_fen <= excluded.limit_fen RETURNING 1)`,
  },
  { writes: sql`new_proposals AS (${insertFrom(t.refundProposals, 'proposals')} RETURNING 1)` },
  {
    must: all('proposals_decided', 'proposalsDecided'),
    writes: sql`proposals_decided AS (
  UPDATE refund_proposals p SET state = c.state, decided_by = c.decided_by, decided_at = c.decided_at, words = c.words
  FROM doc, jsonb_populate_recordset(NULL::refund_proposals, doc.d -> 'proposalsDecided') c
  WHERE p.proposal_no = c.proposal_no AND p.state = 'open' RETURNING 1)`,
  },
  {
    writes: sql`new_work_items AS (${insertFrom(t.workItems, 'workItems')} ON CONFLICT DO NOTHING RETURNING 1)`,
  },
  {
    writes: sql`work_items_done AS (
  UPDATE work_items w SET closed_at = c.closed_at, outcome = c.outcome, closed_by = c.closed_by
  FROM doc, jsonb_populate_recordset(NULL::work_items, doc.d -> 'workItemsDone') c
  WHERE w.work_item_id = c.work_item_id AND w.closed_at IS NULL RETURNING 1)`,
  },
];

/** The statement of steps that write the common things only, and that of the others. */
export const STATEMENTS = {
  common: textOf(() => common()),
  fulfilment: textOf(() => [...common(), ...fulfilment()]),
};

function textOf(parts: () => Part[]): () => StatementText {
  let text: StatementText | undefined;
  return () => {
    text ??= build(parts());
    return text;
  };
}

function build(parts: readonly Part[]): StatementText {
  const document = sql`doc AS MATERIALIZED (SELECT ${''}::jsonb AS d)`;
  const tables = sql.join([document, ...parts.map(({ writes }) => writes)], sql.raw(',\n'));
  const musts = parts.flatMap(({ must }) => (must ? [`must(${must[0]}, '${must[1]}')`] : []));
  const query = sql`WITH ${tables}\nSELECT ${sql.raw(musts.join(',\n  '))}\nFROM doc`;
  const [before, after] = new PgDialect().sqlToQuery(query).sql.split('$1') as [string, string];
  return { before: sql.raw(before), after: sql.raw(after) };
}

/** `INSERT … SELECT` of the rows under `key`, columns by name; identity columns are the database's. */
function insertFrom(table: PgTable, key: string): SQL {
  const columns = Object.values(getTableColumns(table)).filter(
    (column) => column.generatedIdentity === undefined,
  );
  const identifiers = columns.map((column) => sql.identifier(column.name));
  const names = sql.join(identifiers, sql.raw(', '));
  return sql`INSERT INTO ${table} (${names}) SELECT ${names} FROM doc, jsonb_populate_recordset(NULL::${table}, doc.d -> ${sql.raw(`'${key}'`)})`;
}
