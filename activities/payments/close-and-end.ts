import type { Database } from '../../db/client.ts';
import { recordPaidTrade } from '../../db/commands/inbox.ts';
import { attemptClosed, openAttemptsOf } from '../../db/commands/payment-attempts.ts';
import type { StepResult } from '../../domain/order/view.ts';
import { closeOrFindPaid } from '../../providers/payments/close.ts';
import { type EndUnpaidStep, endUnpaid } from '../orders/payment-root.ts';
import { type PaymentProviders, providerOf } from './providers.ts';

/** The order ended, or the provider says that it was paid after all: then the message to apply. */
export type CloseAndEndResult = { kind: 'ended'; step: StepResult } | { kind: 'paid'; inboxId: string };

/**
 * Asks the provider about every open attempt and closes it there, then ends the order (PY-5, CN-1). Money that the
 * provider already has wins over the deadline and over the cancel: it becomes a message like its notification.
 */
export async function closeAndEnd(
  db: Database,
  providers: PaymentProviders,
  step: EndUnpaidStep,
): Promise<CloseAndEndResult> {
  const at = new Date(step.atMs);
  for (;;) {
    for (const attempt of await openAttemptsOf(db, step.orderNo)) {
      const closing = await closeOrFindPaid(providerOf(providers, attempt.provider), attempt);
      if (closing.kind === 'paid')
        return { kind: 'paid', inboxId: (await recordPaidTrade(db, attempt, closing.trade, at)).inboxId };
      await attemptClosed(db, attempt.outTradeNo, at);
    }
    const result = await endUnpaid(db, step);
    const opened = result.verdict.result === 'refused' && result.verdict.code === 'payment_open';
    if (!opened) return { kind: 'ended', step: result };
  }
}

/**
 * Closes what could still take money for an order that another attempt paid, as after late money (PY-6). What the
 * provider has of it by then becomes a message like its notification, to be refunded; the ids of those messages.
 */
export async function closeOpenAttempts(
  db: Database,
  providers: PaymentProviders,
  { orderNo, atMs }: { orderNo: string; atMs: number },
): Promise<string[]> {
  const at = new Date(atMs);
  const inboxIds: string[] = [];
  for (const attempt of await openAttemptsOf(db, orderNo)) {
    const closing = await closeOrFindPaid(providerOf(providers, attempt.provider), attempt);
    if (closing.kind === 'closed') await attemptClosed(db, attempt.outTradeNo, at);
    else inboxIds.push((await recordPaidTrade(db, attempt, closing.trade, at)).inboxId);
  }
  return inboxIds;
}
