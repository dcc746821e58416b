import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { canTransition, type NodeState, type StepAction } from '../../domain/order/states.ts';

/** A row that breaks an invariant, as found. */
type Violation = Record<string, unknown>;

/** What must hold of the whole database at any moment (I1 to I4); each answers the rows that break it. */
export const INVARIANTS = {
  'IN-7 I1 on hand and reserved are what the movements say, and nothing is negative': (db) =>
    rows(
      db,
      sql`
      SELECT l.sku_id, l.warehouse_id, l.on_hand, l.reserved, m.on_hand AS moved, m.reserved AS moved_reserved
      FROM stock_levels l FULL JOIN (
        SELECT sku_id, warehouse_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved FROM stock_movements GROUP BY 1, 2
      ) m USING (sku_id, warehouse_id)
      WHERE l.on_hand IS DISTINCT FROM m.on_hand OR l.reserved IS DISTINCT FROM m.reserved
        OR l.on_hand < 0 OR l.reserved < 0 OR l.reserved > l.on_hand`,
    ),
  'IN-3 I1 reserved is what unpaid orders hold, no more and no less': (db) =>
    rows(
      db,
      sql`
      SELECT l.sku_id, l.warehouse_id, l.reserved, coalesce(o.held, 0) AS held
      FROM stock_levels l LEFT JOIN (
        SELECT sku_id, warehouse_id, sum(quantity) AS held FROM order_lines JOIN orders USING (order_no)
        WHERE state = 'awaiting_payment' AND inventory_mode = 'reserve' GROUP BY 1, 2
      ) o USING (sku_id, warehouse_id)
      WHERE l.reserved <> coalesce(o.held, 0)`,
    ),
  'IN-2 IN-3 I3 an order sells or releases what it reserved, once': (db) =>
    rows(
      db,
      sql`
      SELECT order_no, sku_id, warehouse_id, sum(reserved_delta) AS reserved, array_agg(cause) AS causes, state
      FROM stock_movements JOIN orders USING (order_no) GROUP BY order_no, sku_id, warehouse_id, state
      HAVING (sum(reserved_delta) <> 0 AND state <> 'awaiting_payment')
        OR count(*) FILTER (WHERE cause = 'sell') + count(*) FILTER (WHERE cause = 'release') > 1`,
    ),
  'FN-1 I2 every voucher balances and has postings unless nothing moved': (db) =>
    rows(
      db,
      sql`
      SELECT voucher_no, sum(amount_fen) AS difference FROM account_entries GROUP BY 1 HAVING sum(amount_fen) <> 0
      UNION ALL
      SELECT v.voucher_no, NULL FROM vouchers v
      WHERE v.kind IN ('money_in', 'refund', 'settlement') AND NOT EXISTS (SELECT FROM postings p WHERE p.voucher_no = v.voucher_no)`,
    ),
  'FN-2 I2 all accounts together are zero': (db) =>
    rows(db, sql`SELECT sum(amount_fen) AS difference FROM account_entries HAVING sum(amount_fen) <> 0`),
  'RT-8 I2 what leaves an order by an exchange arrives at its replacement': (db) =>
    rows(
      db,
      sql`SELECT sum(amount_fen) AS difference FROM account_entries WHERE account = 'exchange_clearing' HAVING sum(amount_fen) <> 0`,
    ),
  'FN-2 I2 per order the books’ money at the channels is what was received less what was refunded': (db) =>
    rows(
      db,
      sql`
      SELECT * FROM (
        SELECT o.root_no,
          (SELECT coalesce(sum(received_fen), 0) FROM payments p WHERE p.order_no = o.order_no AND p.state = 'succeeded')
          - (SELECT coalesce(sum(amount_fen), 0) FROM refunds r JOIN orders ro USING (order_no) WHERE ro.root_no = o.root_no AND r.state = 'succeeded') AS kept,
          (SELECT coalesce(sum(amount_fen), 0) FROM account_entries e WHERE e.root_no = o.root_no AND (e.account LIKE 'channel:%' OR e.account = 'paid_by_hand')) AS booked
        FROM orders o WHERE o.order_no = o.payment_root_no AND o.order_no = o.root_no
      ) m WHERE kept <> booked`,
    ),
  'PY-8 I3 refunds of a payment never pass what came in': (db) =>
    rows(
      db,
      sql`
      SELECT out_trade_no, received_fen, sum(r.amount_fen) AS refunded FROM refunds r JOIN payments p USING (out_trade_no)
      GROUP BY 1, 2 HAVING sum(r.amount_fen) > coalesce(received_fen, 0)`,
    ),
  'SP-9 I2 children sum to their parent in every amount': (db) =>
    rows(
      db,
      sql`
      SELECT p.order_no FROM orders p JOIN orders c ON c.parent_no = p.order_no
      GROUP BY p.order_no HAVING (p.goods_fen, p.discount_fen, p.shop_discount_fen, p.freight_fen, p.points, p.points_fen, p.payable_fen)
        <> (sum(c.goods_fen), sum(c.discount_fen), sum(c.shop_discount_fen), sum(c.freight_fen), sum(c.points), sum(c.points_fen), sum(c.payable_fen))`,
    ),
  'SP-9 CK-9 I2 lines sum to their order in every amount, and each line to its own': (db) =>
    rows(
      db,
      sql`
      SELECT o.order_no FROM orders o JOIN order_lines l USING (order_no)
      GROUP BY o.order_no HAVING (o.goods_fen, o.discount_fen, o.shop_discount_fen, o.freight_fen, o.points, o.points_fen, o.payable_fen)
        <> (sum(l.goods_fen), sum(l.discount_fen), sum(l.shop_discount_fen), sum(l.freight_fen), sum(l.points), sum(l.points_fen), sum(l.payable_fen))
      UNION ALL
      SELECT order_no FROM order_lines l
      WHERE goods_fen <> quantity * unit_price_fen OR payable_fen <> goods_fen - discount_fen + freight_fen - points_fen OR payable_fen < 0
        OR discount_fen <> (SELECT coalesce(sum((d ->> 'amountFen')::bigint), 0) FROM jsonb_array_elements(l.discounts) d)
        OR shop_discount_fen <> (SELECT coalesce(sum((d ->> 'amountFen')::bigint), 0) FROM jsonb_array_elements(l.discounts) d WHERE d ->> 'bearer' = 'shop')`,
    ),
  'CK-5 I3 a locked coupon has its unpaid order, a used one its paid order': (db) =>
    rows(
      db,
      sql`
      SELECT k.coupon_id, k.state, k.order_no, o.state AS order_state FROM coupons k LEFT JOIN orders o USING (order_no)
      WHERE (k.state IN ('available', 'expired')) <> (k.order_no IS NULL)
        OR (k.state = 'locked' AND (o.state IS DISTINCT FROM 'awaiting_payment' OR NOT k.coupon_id = ANY (o.coupon_ids)))
        OR (k.state = 'used' AND (o.paid_at IS NULL OR NOT k.coupon_id = ANY (o.coupon_ids)))`,
    ),
  'CK-6 I3 points are what their movements say, and frozen is what unpaid orders hold': (db) =>
    rows(
      db,
      sql`
      SELECT a.* FROM points_accounts a
      LEFT JOIN (SELECT buyer_id, sum(balance_delta) AS balance, sum(frozen_delta) AS frozen FROM points_movements GROUP BY 1) m USING (buyer_id)
      LEFT JOIN (SELECT buyer_id, sum(points) AS held FROM orders WHERE state = 'awaiting_payment' AND parent_no IS NULL AND exchange_of IS NULL GROUP BY 1) o USING (buyer_id)
      WHERE a.balance <> coalesce(m.balance, 0) OR a.frozen <> coalesce(m.frozen, 0) OR a.frozen <> coalesce(o.held, 0)`,
    ),
  'CK-12 RF-9 I2 what orders earned in points is what their vouchers owe for it': (db) =>
    rows(
      db,
      sql`
      SELECT coalesce(m.order_no, v.order_no) AS order_no, m.points, v.owed FROM (
        SELECT order_no, sum(balance_delta) AS points FROM points_movements WHERE cause IN ('earn', 'unearn') GROUP BY 1) m
      FULL JOIN (
        SELECT order_no, -sum(amount_fen) AS owed FROM account_entries
        WHERE account = 'points_liability' AND kind = 'points' GROUP BY 1) v USING (order_no)
      WHERE m.points IS DISTINCT FROM v.owed OR m.points < 0`,
    ),
  'RF-8 RT-3 a proposed refund is with finance until somebody else than its proposer decided it': (db) =>
    rows(
      db,
      sql`
      SELECT p.proposal_no, p.state, w.closed_at FROM refund_proposals p
      LEFT JOIN work_items w ON w.work_item_id = 'refund-approval-' || p.proposal_no
      WHERE w.work_item_id IS NULL OR (p.state = 'open') <> (w.closed_at IS NULL) OR (p.state = 'open') <> (p.decided_by IS NULL)
        OR substring(p.proposed_by FROM ':.*') = substring(p.decided_by FROM ':.*')`,
    ),
  'ST-1 I4 only transitions of the table happened, each from where the last one ended': forbiddenTransitions,
} satisfies Record<string, (db: Database) => Promise<Violation[]>>;

async function rows(db: Database, query: ReturnType<typeof sql>): Promise<Violation[]> {
  return [...(await db.execute(query))] as Violation[];
}

/** Walks every node's log; a refusal moves nothing, and money given back leaves the order where it is (PY-6). */
async function forbiddenTransitions(db: Database): Promise<Violation[]> {
  const log = await rows(
    db,
    sql`
    SELECT l.order_no, l.action, l.from_state, l.to_state, l.result, o.state FROM order_log l LEFT JOIN orders o USING (order_no) ORDER BY l.order_no, l.id`,
  );
  const last = new Map<unknown, { to: unknown; state: unknown }>();
  const wrong: Violation[] = [];
  for (const row of log) {
    const { outcome, refundNos } = row['result'] as { outcome: string; refundNos: string[] };
    if (outcome !== 'applied') {
      const moved = row['from_state'] !== row['to_state'] && row['to_state'] !== 'refused';
      if (moved || (row['to_state'] === 'refused' && row['state'] !== null)) wrong.push(row);
      continue;
    }
    const [from, to] = [row['from_state'] as NodeState | null, row['to_state'] as NodeState];
    const allowed =
      canTransition(row['action'] as StepAction, from, to) || (from === to && refundNos.length > 0);
    const continues = (last.get(row['order_no'])?.to ?? null) === from;
    if (!allowed || !continues) wrong.push(row);
    last.set(row['order_no'], { to, state: row['state'] });
  }
  const ended = [...last].filter(([, { to, state }]) => to !== state);
  return [...wrong, ...ended.map(([orderNo, end]) => ({ orderNo, ...end }))];
}
