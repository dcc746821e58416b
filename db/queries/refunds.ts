import { and, eq, sql } from 'drizzle-orm';
import type { RefundablePayment } from '../../domain/order/refund-plan.ts';
import type { Database } from '../client.ts';
import { orders, payments, refunds } from '../schema/index.ts';

/** A refund with the payment it gives back and the tree of its order; `isMoved` where that payment paid another order. */
export async function loadRefund(db: Database, refundNo: string) {
  const [row] = await db
    .select({
      refund: refunds,
      payment: payments,
      rootNo: orders.rootNo,
      isMoved: sql<boolean>`${payments.orderNo} <> ${orders.paymentRootNo}`,
    })
    .from(refunds)
    .innerJoin(payments, eq(payments.outTradeNo, refunds.outTradeNo))
    .innerJoin(orders, eq(orders.orderNo, refunds.orderNo))
    .where(eq(refunds.refundNo, refundNo));
  if (!row) throw new Error(`no refund ${refundNo}`);
  return row;
}

/** A payment root and, where it replaces something, the one whose payments came over by the exchange (RT-8), and on. */
const fundedBy = (paymentRootNo: string) => sql`${payments.orderNo} IN (
  WITH RECURSIVE funded AS (
    SELECT order_no, exchange_of FROM orders WHERE order_no = ${paymentRootNo}
    UNION
    SELECT r.order_no, r.exchange_of FROM funded f JOIN after_sales a ON a.case_no = f.exchange_of
      JOIN orders o ON o.order_no = a.order_no JOIN orders r ON r.order_no = o.payment_root_no)
  SELECT order_no FROM funded)`;

/** The payments that brought money for a payment root, each with every refund of it. */
export async function refundablePayments(
  db: Database,
  paymentRootNo: string,
): Promise<(RefundablePayment & { provider: string })[]> {
  const rows = await db
    .select({ payment: payments, refund: refunds })
    .from(payments)
    .leftJoin(refunds, eq(refunds.outTradeNo, payments.outTradeNo))
    .where(and(fundedBy(paymentRootNo), eq(payments.state, 'succeeded')));
  const byNumber = new Map(rows.map(({ payment }) => [payment.outTradeNo, payment]));
  return [...byNumber.values()].map(({ outTradeNo, provider, paidAt, receivedFen, createdAt }) => ({
    outTradeNo,
    provider,
    paidAt: paidAt ?? createdAt,
    receivedFen: receivedFen ?? 0n,
    refunds: rows.flatMap(({ refund }) => (refund?.outTradeNo === outTradeNo ? [refund] : [])),
  }));
}

/** The refunds of a trade that are under way; with `refundNo` that one only. */
export async function pendingRefunds(
  db: Database,
  { outTradeNo, refundNo }: { outTradeNo: string; refundNo: string | null },
): Promise<string[]> {
  const rows = await db
    .select({ refundNo: refunds.refundNo })
    .from(refunds)
    .where(
      and(
        eq(refunds.outTradeNo, outTradeNo),
        eq(refunds.state, 'requested'),
        ...(refundNo === null ? [] : [eq(refunds.refundNo, refundNo)]),
      ),
    );
  return rows.map((row) => row.refundNo);
}
