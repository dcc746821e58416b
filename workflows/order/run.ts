import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ToDo } from '../../domain/order/effects.ts';
import { waitingFor } from '../../domain/order/prose.ts';
import type { NodeView, StepResult } from '../../domain/order/view.ts';
import { startAfterSale } from '../after-sale/start.ts';
import { startRefund } from '../refund/start.ts';
import { steps } from '../shared/activities.ts';
import type { MessageQueue } from '../shared/message-queue.ts';
import { hasSearchAttributes, searchAttributes } from '../shared/search-attributes.ts';
import { interceptShipments, pushShipments } from './outbound.ts';

/** What one run of an order works with: its messages, and what goes on beside its course. */
export interface Run {
  orderNo: string;
  queue: MessageQueue<StepResult>;
  beside: Promise<void>[];
}

/** Takes the row over from a step, starts the refunds it wrote and what it left to do outside. */
export async function adopt(
  run: Run,
  node: NodeView,
  step: StepResult | Promise<StepResult>,
): Promise<NodeView> {
  const result = await step;
  await Promise.all(result.refundNos.map(startRefund));
  if (result.toDo) begin(run, result.toDo);
  const next = result.node ?? node;
  describe(next);
  return next;
}

/** Outside work goes on beside the order, which hears messages meanwhile; what comes of it is a step of the queue. */
function begin({ orderNo, queue, beside }: Run, { push, stop, startCase }: ToDo): void {
  if (startCase) beside.push(startAfterSale(startCase));
  if (push && push.length > 0) beside.push(pushShipments(push));
  if (!stop) return;
  const { cancellationNo, shipmentNos } = stop;
  const decide = async () => {
    const shipments = await interceptShipments(shipmentNos);
    queue.nudge((atMs) => steps.decideCancel({ orderNo, cancellationNo, answers: { shipments }, atMs }));
  };
  beside.push(decide());
}

export function describe(node: NodeView): void {
  setCurrentDetails(waitingFor(node));
}

/** Paid and shipped are told to the search attributes; other states can be read in the row. */
export function publish(node: NodeView): void {
  if (!hasSearchAttributes(workflowInfo().typedSearchAttributes)) return;
  upsertSearchAttributes([{ key: searchAttributes.state, value: node.state }]);
}
