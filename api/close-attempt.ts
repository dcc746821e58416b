import { recordPaidTrade } from '../db/commands/inbox.ts';
import { attemptClosed, type PaymentRow } from '../db/commands/payment-attempts.ts';
import { closeOrFindPaid } from '../providers/payments/close.ts';
import { ProviderError } from '../providers/payments/port.ts';
import { signalQuietly } from './commands.ts';
import type { Deps } from './context.ts';
import { Problem } from './errors.ts';

/**
 * Closes an attempt at its provider before something else takes its place (decision 18). Throws the problem
 * `already_paid` when the provider has the money, which is recorded then, and `payment_unavailable` when it is silent.
 */
export async function closeAttempt(deps: Deps, attempt: PaymentRow): Promise<void> {
  const provider = deps.providers.get(attempt.provider);
  if (!provider) throw new Error(`no payment provider ${attempt.provider} is configured`);
  const closing = await closeOrFindPaid(provider, attempt).catch((error: unknown) => {
    throw error instanceof ProviderError ? new Problem('payment_unavailable') : error;
  });
  if (closing.kind === 'closed') return await attemptClosed(deps.db, attempt.outTradeNo, deps.now());
  const message = await recordPaidTrade(deps.db, attempt, closing.trade, deps.now());
  await signalQuietly(deps, message);
  throw new Problem('already_paid');
}
