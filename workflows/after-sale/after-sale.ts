import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { CaseResult, CaseView } from '../../activities/after-sales/case.ts';
import { caseCommanded } from '../order/messages.ts';
import { startRefund } from '../refund/start.ts';
import { outside, steps } from '../shared/activities.ts';
import { MessageQueue } from '../shared/message-queue.ts';

/** Whose turn it is in each state. */
const WAITS_FOR: Record<string, string> = {
  applied: 'the merchant to answer',
  countered: 'the buyer to answer the offer',
  rejected: 'either side to call the platform',
  intercepting: 'the carrier to say whether it brings the parcel back',
  awaiting_parcel: 'the buyer to send the goods back',
  returning: 'the merchant to inspect what comes back',
  inspection_failed: 'either side to call the platform',
  disputed: 'evidence of both sides',
  arbitration: 'the platform to decide',
};

/**
 * A buyer's case about a shipped order (RF-2, RT-1…RT-7), as long as it is open: it hears what each side does and holds
 * the deadline of whoever's turn it is. The row is the truth; what a silence means is decided by the step.
 */
export async function afterSale({ caseNo }: { caseNo: string }): Promise<{ caseNo: string; state: string }> {
  const queue = new MessageQueue<CaseResult>();
  setHandler(caseCommanded, ({ inboxId }) =>
    queue.add(inboxId, (atMs) => steps.commandCase({ caseNo, inboxId, atMs })),
  );
  let view = await steps.loadCase({ caseNo });
  if (view.state === 'intercepting') void askCarrier(caseNo);
  while (!view.over || !queue.isEmpty) {
    setCurrentDetails(
      `**Case ${caseNo}** is ${view.state}: waiting for ${WAITS_FOR[view.state] ?? 'nothing'}.`,
    );
    const message = await queue.next(clockOf(view));
    view = await adopt(message ? message(Date.now()) : timeOver(view));
  }
  setCurrentDetails(`**Case ${caseNo}** is over: ${view.state}.`);
  await condition(allHandlersFinished);
  return { caseNo, state: view.state };
}

/** Beside the case's course, as long as it waits for the carrier: without an answer its time passes. */
async function askCarrier(caseNo: string): Promise<void> {
  try {
    await outside.askCarrierIntercept({ caseNo });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
  }
}

const clockOf = ({ dueAtMs, state }: CaseView) =>
  dueAtMs === null ? null : { atMs: dueAtMs, summary: `waits for ${WAITS_FOR[state] ?? state}` };

const timeOver = ({ caseNo, dueAtMs }: CaseView): Promise<CaseResult> =>
  steps.caseTimeOver({ caseNo, atMs: Math.max(Date.now(), dueAtMs ?? 0) });

async function adopt(step: Promise<CaseResult>): Promise<CaseView> {
  const { refundNos, view } = await step;
  await Promise.all(refundNos.map(startRefund));
  return view;
}
