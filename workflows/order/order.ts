import {
  allHandlersFinished,
  condition,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { NodeView, StepResult } from '../../domain/order/view.ts';
import { steps } from '../shared/activities.ts';
import { MessageQueue } from '../shared/message-queue.ts';
import { hasSearchAttributes, searchAttributes } from '../shared/search-attributes.ts';
import { unlessStarted } from '../shared/unless-started.ts';
import { fulfil } from './fulfil.ts';
import * as messages from './messages.ts';
import { collectPayment, endUnpaid } from './pay.ts';
import { adopt, type Run } from './run.ts';

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
  setHandler(messages.warehouseReported, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.takeWarehouseReport({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.stopRequested, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.askCancel({ orderNo, inboxId, atMs })),
  );
  setHandler(messages.stopAnswered, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.answerCancel({ orderNo, inboxId, atMs })),
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
    const run: Run = { orderNo, queue, beside: [] };
    node = await adopt(run, node, verdict);
    node = await collectPayment(run, node);
    node = await fulfil(run, node);
    await startChildren(node);
    await Promise.all(run.beside);
    node = await finish(run, node);
  }
  await condition(allHandlersFinished);
  return { orderNo, state: node?.state ?? 'refused' };
}

/** Makes the order, or finds it. */
function begin({ orderNo, submit }: messages.OrderInput): Promise<StepResult> {
  return submit ? steps.submit({ orderNo, ...submit, atMs: Date.now() }) : steps.loadOrder({ orderNo });
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
async function finish(run: Run, node: NodeView): Promise<NodeView> {
  while (!run.queue.isEmpty) {
    const message = await run.queue.next(null);
    if (message) node = await adopt(run, node, message(Date.now()));
  }
  return node;
}
