import { and, eq } from 'drizzle-orm';
import type { Voucher } from '../../domain/ledger/voucher.ts';
import { WORK_ITEM_DUE_MS } from '../../domain/order/fulfilment-effects.ts';
import type { Database } from '../client.ts';
import { notices, orders, postings, refunds, vouchers, workItems } from '../schema/index.ts';

export const refundWorkItemId = (refundNo: string): string => `refund-${refundNo}`;

/**
 * The money is back: the refund's state, its voucher and the buyer's notice, once. From `requested` by the provider's
 * word; from `queued` by a person's, with what proves it, which closes the work item. False if it was in neither.
 */
export async function finishRefund(
  db: Database,
  refundNo: string,
  { postings: movements, ...voucher }: Voucher,
  byHand?: { proof: string; operator: string },
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [refund] = await tx
      .update(refunds)
      .set({ state: 'succeeded', endedAt: voucher.at, proof: byHand?.proof ?? null })
      .where(and(eq(refunds.refundNo, refundNo), eq(refunds.state, byHand ? 'queued' : 'requested')))
      .returning();
    if (!refund) return false;
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
    if (byHand)
      await tx
        .update(workItems)
        .set({ closedAt: voucher.at, outcome: 'paid_by_hand', closedBy: byHand.operator })
        .where(eq(workItems.workItemId, refundWorkItemId(refundNo)));
    return true;
  });
}

/** The refund needs a person: a work item for finance, due in 24 hours, opened anew if it was decided before. */
export async function queueRefund(
  db: Database,
  item: { refundNo: string; orderNo: string; code: string; message: string; at: Date },
): Promise<void> {
  const { refundNo, orderNo, code, message, at } = item;
  await db.transaction(async (tx) => {
    const [queued] = await tx
      .update(refunds)
      .set({ state: 'queued', failure: { code, message } })
      .where(and(eq(refunds.refundNo, refundNo), eq(refunds.state, 'requested')))
      .returning({ refundNo: refunds.refundNo });
    if (!queued) return;
    const opened = {
      reason: `${message} (${code})`,
      openedAt: at,
      dueAt: new Date(at.getTime() + WORK_ITEM_DUE_MS),
      closedAt: null,
      outcome: null,
      closedBy: null,
    };
    await tx
      .insert(workItems)
      .values({
        workItemId: refundWorkItemId(refundNo),
        kind: 'refund_refused',
        orderNo,
        ownerRole: 'finance',
        waysOut: ['retry', 'paid_by_hand'],
        ...opened,
      })
      .onConflictDoUpdate({ target: workItems.workItemId, set: opened });
  });
}

/** A person wants a queued refund tried again, under its own number. False if it is not queued any more. */
export async function retryRefund(
  db: Database,
  { refundNo, operator, at }: { refundNo: string; operator: string; at: Date },
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [retried] = await tx
      .update(refunds)
      .set({ state: 'requested', failure: null })
      .where(and(eq(refunds.refundNo, refundNo), eq(refunds.state, 'queued')))
      .returning({ refundNo: refunds.refundNo });
    if (!retried) return false;
    await tx
      .update(workItems)
      .set({ closedAt: at, outcome: 'retry', closedBy: operator })
      .where(eq(workItems.workItemId, refundWorkItemId(refundNo)));
    return true;
  });
}
