import {
  allHandlersFinished,
  condition,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { waitingFor } from '../../domain/order/prose.ts';
import type { NodeView, StepResult } from '../../domain/order/view.ts';
import { startRefund } from '../refund/start.ts';
import { outside, steps } from '../shared/activities.ts';
import { MessageQueue } from '../shared/message-queue.ts';
import { hasSearchAttributes, searchAttributes } from '../shared/search-attributes.ts';
import { unlessStarted } from '../shared/unless-started.ts';
import * as messages from './messages.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * One node of an order tree, as long as it has something to do: it collects the money and holds the deadline (a
 * payment root), it ships and is received (a leaf), or both (a single order). The row is the truth: every step answers
 * with it and the workflow goes on from there, also when it is started from a row in the middle of its life.
 */
export async function order(input: messages.OrderInput): Promise<messages.OrderOutcome> {
  const { orderNo } = input;
  const queue = new MessageQueue<StepResult>();
  let verdict: StepResult | undefined;

  setHandler(messages.submitted, async () => {
    await condition(() => verdict !== undefined);
    return verdict as StepResult;
  });
  setHandler(messages.paymentReported, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.recordPayment({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.cancelRequested, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => endUnpaid(orderNo, 'cancel_unpaid', atMs, inboxId)),
  );
  setHandler(messages.reviewDecided, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.review({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.shipmentReported, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.ship({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.shipmentCorrected, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.correctShipment({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.receiptConfirmed, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.receive({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.receiptExtended, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.extendReceipt({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.parcelReported, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.reportParcel({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.priceChanged, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.changePrice({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.refundRequested, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.refundLeaf({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.afterSaleChanged, () => queue.nudge(() => steps.loadOrder({ orderNo })));

  verdict = await begin(input);
  let node = verdict.node;
  if (node) {
    const beside: Promise<void>[] = [];
    node = await collectPayment(node, queue, beside);
    node = await fulfil(node, queue);
    await startChildren(node);
    await Promise.all(beside);
    node = await finish(node, queue);
  }
  await condition(allHandlersFinished);
  return { orderNo, state: node?.state ?? 'refused' };
}

/** Makes the order, or finds it. */
async function begin({ orderNo, submit }: messages.OrderInput): Promise<StepResult> {
  const result = submit
    ? await steps.submit({ orderNo, ...submit, atMs: Date.now() })
    : await steps.loadOrder({ orderNo });
  if (result.node) describe(result.node);
  return result;
}

/** Until it is paid, cancelled, or its deadline passes. What need not be waited for goes on `beside`. */
async function collectPayment(
  node: NodeView,
  queue: MessageQueue<StepResult>,
  beside: Promise<void>[],
): Promise<NodeView> {
  if (node.state !== 'awaiting_payment') return node;
  const { orderNo } = node;
  while (node.state === 'awaiting_payment') {
    const message = await queue.next({ atMs: node.paymentDeadlineMs, summary: 'payment deadline' });
    const atMs = Math.max(Date.now(), message ? 0 : node.paymentDeadlineMs);
    const step = await (message ? message(atMs) : endUnpaid(orderNo, 'expire', atMs));
    node = await adopt(node, step);
    if (step.attemptsLeft) beside.push(closeOpenAttempts(orderNo, queue));
  }
  if (node.state === 'awaiting_shipment' || node.state === 'split') publish(node);
  return node;
}

/** Paid by one attempt while another is open: that one is closed at its provider, and money it has goes back. */
async function closeOpenAttempts(orderNo: string, queue: MessageQueue<StepResult>): Promise<void> {
  const inboxIds = await outside.closeOpenAttempts({ orderNo, atMs: Date.now() });
  for (const inboxId of inboxIds)
    queue.add(inboxId, (atMs) => steps.recordPayment({ orderNo, inboxId, atMs }));
}

/** Until a leaf is shipped and received; the clock receives it if nobody does and nothing holds it. */
async function fulfil(node: NodeView, queue: MessageQueue<StepResult>): Promise<NodeView> {
  while (node.state === 'awaiting_shipment' || node.state === 'awaiting_receipt') {
    const before = node.state;
    const message = await queue.next(receiptClock(node));
    node = await adopt(node, message ? message(Date.now()) : receiveOrLook(node));
    if (before === 'awaiting_shipment' && node.state === 'awaiting_receipt') publish(node);
  }
  return node;
}

function receiptClock(node: NodeView): { atMs: number; summary: string } | null {
  if (node.state !== 'awaiting_receipt' || node.autoReceiptAtMs === null) return null;
  // A release that was never heard of is found within a day.
  if (node.held) return { atMs: Date.now() + DAY_MS, summary: 'look whether the hold is over' };
  return { atMs: node.autoReceiptAtMs, summary: 'auto-receipt' };
}

/** The step itself refuses while a hold is open, and answers with the row: a hold nobody told us of is found here. */
function receiveOrLook(node: NodeView): Promise<StepResult> {
  const { orderNo } = node;
  return node.held
    ? steps.loadOrder({ orderNo })
    : steps.autoReceive({ orderNo, atMs: Math.max(Date.now(), node.autoReceiptAtMs ?? 0) });
}

/** Ends the unpaid order; where an attempt could still take money, only after the provider was asked and it is closed. */
async function endUnpaid(
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

/** A joint tree is paid: its leaves begin lives of their own; one that the reconciler was quicker to start has begun. */
async function startChildren(node: NodeView): Promise<void> {
  if (node.state !== 'split') return;
  const { typedSearchAttributes } = workflowInfo();
  const attributes = hasSearchAttributes(typedSearchAttributes);
  const start = (orderNo: string) =>
    startChild(order, {
      workflowId: messages.orderWorkflowId(orderNo),
      args: [{ orderNo }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Child order ${orderNo} of ${node.orderNo}`,
      ...(attributes
        ? {
            typedSearchAttributes: typedSearchAttributes.updateCopy([
              { key: searchAttributes.state, value: 'awaiting_shipment' },
            ]),
          }
        : {}),
    });
  await Promise.all(node.children.map((orderNo) => unlessStarted(start(orderNo))));
}

/** What arrived while the order was ending still gets its verdict: late money its refund, a late request its refusal. */
async function finish(node: NodeView, queue: MessageQueue<StepResult>): Promise<NodeView> {
  while (!queue.isEmpty) {
    const message = await queue.next(null);
    if (message) node = await adopt(node, message(Date.now()));
  }
  return node;
}

/** Takes the row over from a step and starts the refunds it wrote. */
async function adopt(node: NodeView, step: StepResult | Promise<StepResult>): Promise<NodeView> {
  const result = await step;
  await Promise.all(result.refundNos.map(startRefund));
  const next = result.node ?? node;
  describe(next);
  return next;
}

function describe(node: NodeView): void {
  setCurrentDetails(waitingFor(node));
}

/** Paid and shipped are told to the search attributes; other states can be read in the row. */
function publish(node: NodeView): void {
  if (!hasSearchAttributes(workflowInfo().typedSearchAttributes)) return;
  upsertSearchAttributes([{ key: searchAttributes.state, value: node.state }]);
}
