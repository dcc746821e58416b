import type { NodeView, StepResult } from '../../domain/order/view.ts';
import { steps } from '../shared/activities.ts';
import { adopt, publish, type Run } from './run.ts';

const DAY_MS = 24 * 3_600_000;

/** Until a leaf is shipped and received; the clock receives it if nobody does and nothing holds it. */
export async function fulfil(run: Run, node: NodeView): Promise<NodeView> {
  while (node.state === 'awaiting_shipment' || node.state === 'awaiting_receipt') {
    const before = node.state;
    if (node.toDispatch) {
      node = await adopt(run, node, steps.dispatch({ orderNo: run.orderNo, atMs: Date.now() }));
      continue;
    }
    const message = await run.queue.next(clockOf(node));
    node = await adopt(run, node, message ? message(Date.now()) : timeIsOver(run, node));
    if (before === 'awaiting_shipment' && node.state === 'awaiting_receipt') publish(node);
  }
  return node;
}

/** What a leaf waits for beside messages. */
function clockOf(node: NodeView): { atMs: number; summary: string } | null {
  if (node.state === 'awaiting_shipment')
    return node.cancellationDueAtMs
      ? { atMs: node.cancellationDueAtMs, summary: 'the merchant proves that it was handed over' }
      : null;
  if (node.autoReceiptAtMs === null) return null;
  // A release that was never heard of is found within a day.
  if (node.held) return { atMs: Date.now() + DAY_MS, summary: 'look whether the hold is over' };
  return { atMs: node.autoReceiptAtMs, summary: 'auto-receipt' };
}

/** The step itself refuses while a hold is open, and answers with the row: a hold nobody told us of is found here. */
function timeIsOver({ orderNo }: Run, node: NodeView): Promise<StepResult> {
  if (node.state === 'awaiting_shipment')
    return steps.agreeCancel({ orderNo, atMs: Math.max(Date.now(), node.cancellationDueAtMs ?? 0) });
  return node.held
    ? steps.loadOrder({ orderNo })
    : steps.autoReceive({ orderNo, atMs: Math.max(Date.now(), node.autoReceiptAtMs ?? 0) });
}
