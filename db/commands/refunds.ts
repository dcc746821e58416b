import { and, eq } from 'drizzle-orm';
import type { Voucher } from '../../domain/ledger/vouchers.ts';
import type { Database } from '../client.ts';
import { notices, orders, postings, refunds, vouchers, workItems } from '../schema/index.ts';

const DUE_MS = 24 * 3_600_000;

/** The refund succeeded: its state, its voucher and the buyer's notice, once. */
export async function finishRefund(
  db: Database,
  refundNo: string,
  { postings: movements, ...voucher }: Voucher,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [refund] = await tx
      .update(refunds)
      .set({ state: 'succeeded', endedAt: voucher.at })
      .where(and(eq(refunds.refundNo, refundNo), eq(refunds.state, 'requested')))
      .returning();
    if (!refund) return;
    await tx.insert(vouchers).values(voucher);
    if (movements.length > 0) {
      await tx
        .insert(postings)
        .values(movements.map((posting, seq) => ({ voucherNo: voucher.voucherNo, seq, ...posting })));
    }
    const [order] = await tx
      .select({ buyerId: orders.buyerId })
      .from(orders)
      .where(eq(orders.orderNo, refund.orderNo));
    const params = { amountFen: Number(refund.amountFen), reason: refund.reason };
    await tx
      .insert(notices)
      .values({
        orderNo: refund.orderNo,
        event: `refunded:${refundNo}`,
        recipient: `buyer:${order?.buyerId}`,
        params,
        at: voucher.at,
      })
      .onConflictDoNothing();
  });
}

/** The provider refused the refund: a work item for finance, due in 24 hours. */
export async function queueRefund(
  db: Database,
  item: { refundNo: string; orderNo: string; code: string; at: Date },
): Promise<void> {
  const { refundNo, orderNo, code, at } = item;
  await db.transaction(async (tx) => {
    const failure = { code, message: `the provider refused the refund: ${code}` };
    await tx
      .update(refunds)
      .set({ state: 'queued', failure })
      .where(and(eq(refunds.refundNo, refundNo), eq(refunds.state, 'requested')));
    await tx
      .insert(workItems)
      .values({
        workItemId: `refund-${refundNo}`,
        kind: 'refund_refused',
        orderNo,
        reason: failure.message,
        ownerRole: 'finance',
        waysOut: ['retry', 'pay_out_by_hand'],
        openedAt: at,
        dueAt: new Date(at.getTime() + DUE_MS),
      })
      .onConflictDoNothing();
  });
}
