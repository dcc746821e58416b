import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';

/** By what cases are counted together; `outcome` is how they ended, or `open`. */
export const CASE_GROUPINGS = ['reason', 'merchant', 'category', 'kind', 'outcome'] as const;
export type CaseGrouping = (typeof CASE_GROUPINGS)[number];

/** How many groups are told, those with most cases first. */
const MOST_GROUPS = 200;

export interface CaseStatisticsQuery {
  /** Cases opened from `from` on and before `to`, and what was handed over meanwhile. */
  from: Date;
  to: Date;
  groupBy: CaseGrouping;
  /** Of one merchant; undefined: of all. */
  merchantId: string | undefined;
}

/** Durations in whole seconds; null where there is none to take them from. */
export interface CaseGroup {
  key: string;
  /** The merchant's, where cases are grouped by merchant. */
  name: string | null;
  cases: number;
  pieces: number;
  /** Handed over in the period; null where a grouping says nothing about what is shipped. */
  shippedPieces: number | null;
  open: number;
  refunded: number;
  /** Ended without a refund, by outcome. */
  closed: Record<string, number>;
  disputed: number;
  refundedFen: bigint;
  /** By the merchant, or by its silence. */
  answered: number;
  answeredBySilence: number;
  answerMedianSeconds: number | null;
  answerP90Seconds: number | null;
  /** From the opening to the end, of those that ended. */
  totalMedianSeconds: number | null;
  totalP90Seconds: number | null;
}

/**
 * What became of the cases opened in a period (NT-3), in one statement over the period's cases alone. A case about pieces
 * of several categories counts in each of them, with the refund divided among them by what the pieces were paid with.
 */
export async function caseStatistics(db: Database, query: CaseStatisticsQuery): Promise<CaseGroup[]> {
  const { groupBy, merchantId } = query;
  const from = sql`${query.from.toISOString()}::timestamptz`;
  const to = sql`${query.to.toISOString()}::timestamptz`;
  const ofMerchant = (column: SQL) => (merchantId === undefined ? sql`` : sql`AND ${column} = ${merchantId}`);
  const rows = await db.execute<Row>(sql`
WITH cases AS MATERIALIZED (
  SELECT a.case_no, a.order_no, a.merchant_id, a.kind, a.reason, a.state, a.outcome, a.opened_at, a.ended_at,
    coalesce(a.refunded_fen, 0) AS refunded_fen
  FROM after_sales a WHERE a.opened_at >= ${from} AND a.opened_at < ${to} ${ofMerchant(sql`a.merchant_id`)}),
said AS (
  SELECT case_no, min(l.at) FILTER (WHERE ${isAnswer}) AS answered_at,
    bool_or(${isAnswer} AND l.action = 'time_over') AS by_silence, bool_or(l.to_state = 'disputed') AS disputed
  FROM cases JOIN after_sale_log l USING (case_no) GROUP BY case_no),
parts AS (${groupBy === 'category' ? byCategory : byCase(groupBy)}),
shipped AS (${shippedBy(groupBy, sql`s.stage = 'handed_over' AND s.shipped_at >= ${from} AND s.shipped_at < ${to} ${ofMerchant(sql`o.merchant_id`)}`)}),
closed AS (
  SELECT key, jsonb_object_agg(outcome, count) AS closed FROM (
    SELECT p.key, coalesce(c.outcome, c.state) AS outcome, count(*)::int
    FROM parts p JOIN cases c USING (case_no) WHERE c.ended_at IS NOT NULL AND c.state <> 'refunded' GROUP BY 1, 2) x
  GROUP BY key),
groups AS (
  SELECT p.key, count(*)::int AS cases, sum(p.pieces)::int AS pieces,
    count(*) FILTER (WHERE c.ended_at IS NULL)::int AS open,
    count(*) FILTER (WHERE c.state = 'refunded')::int AS refunded,
    count(*) FILTER (WHERE s.disputed)::int AS disputed, sum(p.refunded_fen)::text AS refunded_fen,
    count(s.answered_at)::int AS answered, count(*) FILTER (WHERE s.by_silence)::int AS answered_by_silence,
    ${seconds(0.5, sql`s.answered_at`)} AS answer_median, ${seconds(0.9, sql`s.answered_at`)} AS answer_p90,
    ${seconds(0.5, sql`c.ended_at`)} AS total_median, ${seconds(0.9, sql`c.ended_at`)} AS total_p90
  FROM parts p JOIN cases c USING (case_no) LEFT JOIN said s USING (case_no) GROUP BY p.key)
SELECT g.*, closed.closed, shipped.pieces AS shipped_pieces, ${groupBy === 'merchant' ? sql`(SELECT m.name FROM merchants m WHERE m.merchant_id = g.key)` : sql`NULL::text`} AS name
FROM groups g LEFT JOIN closed USING (key) LEFT JOIN shipped USING (key)
ORDER BY g.cases DESC, g.key LIMIT ${MOST_GROUPS}`);
  const isAttributed = groupBy === 'merchant' || groupBy === 'category';
  return [...rows].map((row) => represent(row, isAttributed));
}

/** The step by which a case left the merchant's hands for the first time, other than by its buyer's withdrawal. */
const isAnswer = sql`l.from_state = 'applied' AND l.to_state <> 'applied' AND l.action <> 'withdraw'`;

const seconds = (share: number, until: SQL) =>
  sql`round(percentile_cont(${share}::float8) WITHIN GROUP (ORDER BY extract(epoch FROM ${until} - c.opened_at)))::int`;

const KEYS: Record<Exclude<CaseGrouping, 'category'>, SQL> = {
  reason: sql`c.reason`,
  merchant: sql`c.merchant_id`,
  kind: sql`c.kind`,
  outcome: sql`CASE WHEN c.ended_at IS NULL THEN 'open' ELSE coalesce(c.outcome, c.state) END`,
};

const byCase = (groupBy: Exclude<CaseGrouping, 'category'>) => sql`
  SELECT ${KEYS[groupBy]} AS key, c.case_no, c.refunded_fen, coalesce(l.pieces, 0) AS pieces
  FROM cases c LEFT JOIN (
    SELECT case_no, sum(l.quantity) AS pieces FROM cases JOIN after_sale_lines l USING (case_no) GROUP BY case_no) l
  USING (case_no)`;

/** The refund is divided by running totals, so that the parts sum to it exactly. */
const byCategory = sql`
  SELECT category AS key, case_no, pieces,
    coalesce(div(refunded_fen * upto, whole) - div(refunded_fen * (upto - worth), whole), 0) AS refunded_fen
  FROM (
    SELECT c.case_no, c.refunded_fen, k.category, sum(l.quantity) AS pieces,
      sum(div(k.payable_fen * l.quantity, k.quantity)) AS worth,
      sum(sum(div(k.payable_fen * l.quantity, k.quantity))) OVER (PARTITION BY c.case_no ORDER BY k.category) AS upto,
      nullif(sum(sum(div(k.payable_fen * l.quantity, k.quantity))) OVER (PARTITION BY c.case_no), 0) AS whole
    FROM cases c JOIN after_sale_lines l USING (case_no)
      JOIN order_lines k ON k.order_no = c.order_no AND k.line_no = l.line_no
    GROUP BY c.case_no, c.refunded_fen, k.category) x`;

function shippedBy(groupBy: CaseGrouping, inPeriod: SQL): SQL {
  if (groupBy === 'merchant')
    return sql`
  SELECT o.merchant_id AS key, sum(l.quantity)::int AS pieces
  FROM shipments s JOIN shipment_lines l USING (shipment_no) JOIN orders o ON o.order_no = s.order_no
  WHERE ${inPeriod} GROUP BY 1`;
  if (groupBy === 'category')
    return sql`
  SELECT k.category AS key, sum(l.quantity)::int AS pieces
  FROM shipments s JOIN shipment_lines l USING (shipment_no) JOIN orders o ON o.order_no = s.order_no
    JOIN order_lines k ON k.order_no = s.order_no AND k.line_no = l.line_no
  WHERE ${inPeriod} GROUP BY 1`;
  return sql`SELECT NULL::text AS key, NULL::int AS pieces WHERE false`;
}

type Row = {
  key: string;
  name: string | null;
  cases: number;
  pieces: number;
  shipped_pieces: number | null;
  open: number;
  refunded: number;
  closed: Record<string, number> | null;
  disputed: number;
  refunded_fen: string;
  answered: number;
  answered_by_silence: number;
  answer_median: number | null;
  answer_p90: number | null;
  total_median: number | null;
  total_p90: number | null;
};

function represent(row: Row, isAttributed: boolean): CaseGroup {
  const { key, name, cases, pieces, open, refunded, disputed, answered } = row;
  return {
    ...{ key, name, cases, pieces, open, refunded, disputed, answered },
    shippedPieces: isAttributed ? (row.shipped_pieces ?? 0) : null,
    closed: row.closed ?? {},
    refundedFen: BigInt(row.refunded_fen),
    answeredBySilence: row.answered_by_silence,
    answerMedianSeconds: row.answer_median,
    answerP90Seconds: row.answer_p90,
    totalMedianSeconds: row.total_median,
    totalP90Seconds: row.total_p90,
  };
}
