import type { NodeView, StepResult } from '../../domain/order/view.ts';
import { outside, steps } from '../shared/activities.ts';
import { adopt, publish, type Run } from './run.ts';

/** Until it is paid, cancelled, or its deadline passes. */
export async function collectPayment(run: Run, node: NodeView): Promise<NodeView> {
  if (node.state !== 'awaiting_payment') return node;
  const { orderNo, queue, beside } = run;
  while (node.state === 'awaiting_payment') {
    const message = await queue.next({ atMs: node.paymentDeadlineMs, summary: 'payment deadline' });
    const atMs = Math.max(Date.now(), message ? 0 : node.paymentDeadlineMs);
    const step = await (message ? message(atMs) : endUnpaid(orderNo, 'expire', atMs));
    node = await adopt(run, node, step);
    if (step.attemptsLeft) beside.push(closeOpenAttempts(run));
  }
  if (node.state === 'awaiting_shipment' || node.state === 'split') publish(node);
  return node;
}

/** Paid by one attempt while another is open: that one is closed at its provider, and money it has goes back. */
async function closeOpenAttempts({ orderNo, queue }: Run): Promise<void> {
  const inboxIds = await outside.closeOpenAttempts({ orderNo, atMs: Date.now() });
  for (const inboxId of inboxIds)
    queue.add(inboxId, (atMs) => steps.recordPayment({ orderNo, inboxId, atMs }));
}

/** Ends the unpaid order; where an attempt could still take money, only after the provider was asked and it is closed. */
export async function endUnpaid(
  orderNo: string,
  action: 'cancel_unpaid' | 'expire',
  atMs: number,
  inboxId?: string,
): Promise<StepResult> {
  const result = await steps.endUnpaid({ orderNo, action, inboxId, atMs });
  if (result.verdict.result !== 'refused' || result.verdict.code !== 'payment_open') return result;
  const closing = await outside.closeAndEnd({ orderNo, action, inboxId, atMs });
  if (closing.kind === 'ended') return closing.step;
  const paid = await steps.recordPayment({ orderNo, inboxId: closing.inboxId, atMs });
  if (!inboxId) return paid;
  // The cancel lost against the money and its verdict says so, or the sum was wrong and it ends the order after all.
  const ended = await endUnpaid(orderNo, action, atMs, inboxId);
  return { ...ended, refundNos: [...paid.refundNos, ...ended.refundNos] };
}
