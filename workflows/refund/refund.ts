import { ActivityFailure, condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { RefundAnswer } from '../../activities/payments/refund.ts';
import { refundChanged } from '../order/messages.ts';
import { outsideForAWhile, steps } from '../shared/activities.ts';

export interface RefundInput {
  refundNo: string;
}

const LONGEST_WAIT_MS = 6 * 3_600_000;
const PATIENCE_MS = 7 * 24 * 3_600_000;

/**
 * Money on its way back (PY-8). The row exists before the first call; the provider is asked until it says done or no:
 * at growing intervals, and at once when it notifies us that something changed. A refusal, or a week without an end, goes to a person; the balance is untouched until the money has moved.
 */
export async function refund({
  refundNo,
}: RefundInput): Promise<{ refundNo: string; state: 'succeeded' | 'queued' }> {
  const started = Date.now();
  let changed = false;
  setHandler(refundChanged, () => {
    changed = true;
  });
  for (let waitMs = 60_000; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    setCurrentDetails(`**Refund ${refundNo}**: asking the provider.`);
    changed = false;
    const answer = await ask(refundNo);
    if (answer.state === 'succeeded') {
      await steps.finishRefund({ refundNo, atMs: Date.now() });
      return { refundNo, state: 'succeeded' };
    }
    if (answer.state === 'refused' || Date.now() - started > PATIENCE_MS) {
      const code = answer.state === 'refused' ? answer.code : 'no_end_in_a_week';
      await steps.queueRefund({ refundNo, code, atMs: Date.now() });
      // A person was quick: it is to be tried again before this run had ended.
      if (changed) continue;
      return { refundNo, state: 'queued' };
    }
    setCurrentDetails(
      `**Refund ${refundNo} is pending** at the provider; asked again in ${waitMs / 60_000} min.`,
    );
    await condition(() => changed, waitMs, { summary: 'ask the provider again' });
  }
}

/** A provider that does not answer is as good as one that says pending: the week counts for both. */
async function ask(refundNo: string): Promise<RefundAnswer> {
  try {
    return await outsideForAWhile.sendRefund(refundNo);
  } catch (error) {
    if (error instanceof ActivityFailure) return { state: 'pending' };
    throw error;
  }
}
