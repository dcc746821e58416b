import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import { type InboxRow, markApplied, unappliedMessages } from '../../db/commands/inbox.ts';
import { requireNode } from '../../db/queries/order-nodes.ts';
import { pendingRefunds } from '../../db/queries/refunds.ts';
import { isFinal } from '../../domain/order/states.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Activities } from '../index.ts';
import type { WorkflowStarter } from '../operations/starter.ts';

export interface Sweeper {
  db: Database;
  starter: WorkflowStarter;
  steps: Activities;
  logger: Pick<Logger, 'info' | 'error'>;
}

const BATCH = 200;

/**
 * Delivers again what was received before `before` and has no verdict: a signal that was lost or never sent. A message
 * whose order has ended is applied to the row directly: late money becomes a refund, a late request a refusal. One bad
 * row does not keep its neighbours waiting. Answers how many were looked at.
 */
export async function sweepInbox(sweeper: Sweeper, before: Date, now: Date): Promise<number> {
  const messages = await unappliedMessages(sweeper.db, before, BATCH);
  for (const message of messages) {
    try {
      await deliver(sweeper, message, now);
    } catch (error) {
      const { inboxId, orderNo, kind } = message;
      sweeper.logger.error({ inboxId, orderNo, kind, err: error }, 'an inbox message could not be delivered');
    }
  }
  return messages.length;
}

async function deliver({ db, starter, steps }: Sweeper, message: InboxRow, now: Date): Promise<void> {
  const { orderNo, kind, inboxId } = message;
  if (kind === 'refund_reported') return await nudgeRefunds({ db, starter }, message, now);
  if (kind === 'case_commanded') return await deliverToCase({ starter, steps }, message, now);
  if ((await starter.signalOrder(orderNo, kind, inboxId)) === 'sent') return;
  const node = await requireNode(db, orderNo);
  if (!isFinal(node.state)) {
    await starter.startOrder(node);
    await starter.signalOrder(orderNo, kind, inboxId);
    return;
  }
  const result = await applyToRow(steps, message, now.getTime());
  for (const refundNo of result.refundNos) await starter.startRefund(refundNo);
}

/** A side's command on a case: to its run, which is started where it is missing; on one that is over it is refused. */
async function deliverToCase(
  { starter, steps }: Pick<Sweeper, 'starter' | 'steps'>,
  { inboxId, payload }: InboxRow,
  now: Date,
): Promise<void> {
  const { caseNo } = payload as { caseNo: string };
  if ((await starter.signalCase(caseNo, inboxId)) === 'sent') return;
  if ((await steps.loadCase({ caseNo })).over) {
    await steps.commandCase({ caseNo, inboxId, atMs: now.getTime() });
    return;
  }
  await starter.startCase(caseNo);
  await starter.signalCase(caseNo, inboxId);
}

/** A provider's word about a refund: those it can mean ask the provider, and the message is done. */
async function nudgeRefunds(
  { db, starter }: Pick<Sweeper, 'db' | 'starter'>,
  { inboxId, payload }: InboxRow,
  now: Date,
): Promise<void> {
  const about = payload as { outTradeNo: string; refundNo: string | null };
  for (const refundNo of await pendingRefunds(db, about)) await starter.signalRefund(refundNo);
  await markApplied(db, inboxId, now);
}

function applyToRow(
  steps: Activities,
  { kind, orderNo, inboxId }: InboxRow,
  atMs: number,
): Promise<StepResult> {
  const step = { orderNo, inboxId, atMs };
  const apply: Record<string, () => Promise<StepResult>> = {
    payment_reported: () => steps.recordPayment(step),
    cancel_requested: () => steps.endUnpaid({ ...step, action: 'cancel_unpaid' }),
    review_decided: () => steps.review(step),
    shipment_reported: () => steps.ship(step),
    warehouse_reported: () => steps.takeWarehouseReport(step),
    cancellation_asked: () => steps.askCancel(step),
    cancellation_answered: () => steps.answerCancel(step),
    shipment_corrected: () => steps.correctShipment(step),
    receipt_confirmed: () => steps.receive(step),
    receipt_extended: () => steps.extendReceipt(step),
    parcel_reported: () => steps.reportParcel(step),
    price_changed: () => steps.changePrice(step),
    refund_requested: () => steps.refundLeaf(step),
  };
  const work = apply[kind];
  if (!work) throw new Error(`nothing consumes a message of kind ${kind}`);
  return work();
}
