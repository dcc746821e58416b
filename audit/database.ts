import postgres from 'postgres';
import type { Amounts, Books, Voucher } from './facts.ts';

/** Reads all that the auditor looks at in one snapshot, with nothing of the server's in between. */
export async function readBooks(databaseUrl: string): Promise<Books> {
  const sql = postgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    types: { bigint: postgres.BigInt },
    connection: { application_name: 'audit' },
  });
  try {
    return await sql.begin('isolation level repeatable read read only', readAll);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Columns of `Amounts` under their own names; points are counted, not money, and no bigint in the table. */
const AMOUNTS = `goods_fen AS "goodsFen", discount_fen AS "discountFen", shop_discount_fen AS "shopDiscountFen",
  freight_fen AS "freightFen", points::bigint AS points, points_fen AS "pointsFen", payable_fen AS "payableFen"`;

const COUNTS = ['planned', 'shipped', 'reversed', 'returned']
  .map((count) => `coalesce((p.done ->> '${count}')::int, 0) AS ${count}`)
  .join(', ');

async function readAll(sql: postgres.TransactionSql): Promise<Books> {
  const rows = async <Row>(statement: string): Promise<Row[]> =>
    [...(await sql.unsafe(statement))] as unknown as Row[];
  const withAmounts = async <Row>(statement: string): Promise<(Row & { amounts: Amounts })[]> =>
    (await rows<Row & Amounts>(statement)).map((row) => ({ ...row, amounts: amountsOf(row) }));
  return {
    orders: await withAmounts(`
      SELECT order_no AS "orderNo", kind, root_no AS "rootNo", parent_no AS "parentNo", state, ${AMOUNTS},
        price_cut_fen AS "priceCutFen", freight_cut_fen AS "freightCutFen", given_back_fen AS "givenBackFen",
        coalesce((goodwill ->> 'platformFen')::bigint, 0) AS "goodwillFen",
        exchange_of IS NOT NULL AS "isReplacement", credit_fen AS "creditFen",
        (SELECT coalesce(sum(r.credit_fen), 0)::bigint FROM after_sales a JOIN orders r ON r.exchange_of = a.case_no
          WHERE a.order_no = o.order_no) AS "movedOutFen",
        paid_at IS NOT NULL AS "isPaid", review, dispatch, cancellation_no AS "cancellationNo" FROM orders o`),
    lines: await withAmounts(`
      SELECT l.order_no AS "orderNo", line_no AS "lineNo", sku_id AS "skuId", warehouse_id AS "warehouseId", quantity,
        inventory_mode AS "inventoryMode", ${AMOUNTS}, ${COUNTS}
      FROM order_lines l, LATERAL (SELECT progress -> l.line_no::text AS done FROM orders o WHERE o.order_no = l.order_no) p`),
    payments: await rows(`
      SELECT out_trade_no AS "outTradeNo", order_no AS "orderNo", provider, amount_fen AS "amountFen", state,
        received_fen AS "receivedFen" FROM payments`),
    refunds: await rows(`
      SELECT refund_no AS "refundNo", out_trade_no AS "outTradeNo", order_no AS "orderNo", amount_fen AS "amountFen",
        source, state, proof IS NOT NULL AS "byHand" FROM refunds`),
    vouchers: withPostings(
      await rows(`
        SELECT voucher_no AS "voucherNo", kind, order_no AS "orderNo", root_no AS "rootNo", cause, reverses FROM vouchers`),
      await rows(`
        SELECT voucher_no AS "voucherNo", debit, credit, amount_fen AS "amountFen" FROM postings ORDER BY voucher_no, seq`),
    ),
    inbox: await rows(`
      SELECT inbox_id AS "inboxId", kind, order_no AS "orderNo", applied_at IS NOT NULL AS applied,
        (extract(epoch FROM clock_timestamp() - received_at) * 1000)::float8 AS "ageMs" FROM inbox`),
    workItems: await rows(`
      SELECT work_item_id AS "workItemId", order_no AS "orderNo", owner_role AS "ownerRole", due_at AS "dueAt",
        closed_at IS NULL AS open FROM work_items`),
    stockLevels: await rows(`
      SELECT sku_id AS "skuId", warehouse_id AS "warehouseId", on_hand AS "onHand", reserved FROM stock_levels`),
    stockMovements: await rows(`
      SELECT sku_id AS "skuId", warehouse_id AS "warehouseId", order_no AS "orderNo", cause,
        on_hand_delta AS "onHandDelta", reserved_delta AS "reservedDelta" FROM stock_movements`),
    shipments: await rows(`
      SELECT shipment_no AS "shipmentNo", order_no AS "orderNo", stage, warehouse_id AS "warehouseId",
        part_of AS "partOf", carrier, tracking_no AS "trackingNo",
        (extract(epoch FROM clock_timestamp() - planned_at) * 1000)::float8 AS "ageMs",
        (SELECT coalesce(jsonb_agg(jsonb_build_object('lineNo', line_no, 'quantity', quantity)), '[]')
          FROM shipment_lines l WHERE l.shipment_no = s.shipment_no AND quantity > 0) AS lines FROM shipments s WHERE order_no IS NOT NULL`),
    reversals: await rows(`
      SELECT order_no AS "orderNo", line_no AS "lineNo", quantity, cash_fen AS "cashFen", points_fen AS "pointsFen" FROM line_reversals`),
    cancellations: await rows(`
      SELECT cancellation_no AS "cancellationNo", order_no AS "orderNo", decided_at IS NULL AS open FROM cancellations`),
    waybills: await rows(`
      SELECT waybill_no AS "waybillNo", state, tracking_no AS "trackingNo" FROM waybills`),
  };
}

/** The amounts alone: their names are what is compared. */
function amountsOf(row: Amounts): Amounts {
  const { goodsFen, discountFen, shopDiscountFen, freightFen, points, pointsFen, payableFen } = row;
  return { goodsFen, discountFen, shopDiscountFen, freightFen, points, pointsFen, payableFen };
}

type Posting = Voucher['postings'][number] & { voucherNo: string };

function withPostings(heads: Omit<Voucher, 'postings'>[], postings: Posting[]): Voucher[] {
  const vouchers = new Map(heads.map((head) => [head.voucherNo, { ...head, postings: [] as Posting[] }]));
  for (const posting of postings) vouchers.get(posting.voucherNo)?.postings.push(posting);
  return [...vouchers.values()];
}
