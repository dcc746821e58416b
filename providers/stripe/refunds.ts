import type { Stripe } from 'stripe';
import { ProviderError, type RefundRequest, type RefundStatus, type TradeRef } from '../payments/port.ts';
import { attempt, isKeyReused, isReplayed, refusedBy } from './errors.ts';
import { intentIdOf } from './intents.ts';

/**
 * Refunds a part of the intent, once per refund number (PY-8). The idempotency key does that for a day; the look for
 * the number before does it for ever.
 */
export async function refundIntent(stripe: Stripe, request: RefundRequest): Promise<RefundStatus> {
  const { trade, refundNo, amountFen } = request;
  const id = await intentIdOf(stripe, trade);
  if (id === null)
    return { state: 'refused', code: 'resource_missing', message: `${trade.outTradeNo} is unknown` };
  const known = await find(stripe, id, refundNo);
  if (known && BigInt(known.amount) !== amountFen)
    return reused(`${refundNo} refunded ${known.amount} fen, not ${amountFen}`);
  if (known) return statusOf(known);
  try {
    return statusOf(await create(stripe, id, request));
  } catch (error) {
    if (isKeyReused(error)) return reused((error as ProviderError).message);
    if (!(error instanceof ProviderError) || !refusedBy(error)) throw error;
    // A refusal is believed only when the refund is not there.
    const made = await find(stripe, id, refundNo);
    return made ? statusOf(made) : { state: 'refused', code: error.code, message: error.message };
  }
}

/** `not_found` where no refund of the intent bears the number. */
export async function queryRefund(stripe: Stripe, trade: TradeRef, refundNo: string): Promise<RefundStatus> {
  const id = await intentIdOf(stripe, trade);
  const refund = id === null ? undefined : await find(stripe, id, refundNo);
  return refund ? statusOf(refund) : { state: 'not_found' };
}

/**
 * Stripe keeps a refusal under its idempotency key for a day and repeats it without trying. Who asks again meanwhile
 * (the balance was filled up) is served under the next key of the number. That refunds nothing twice: a key is left
 * only after its refusal, and every caller takes the same keys in the same order.
 */
async function create(
  stripe: Stripe,
  id: string,
  { trade, refundNo, amountFen }: RefundRequest,
): Promise<Stripe.Refund> {
  for (let asked = 1; ; asked += 1) {
    const idempotencyKey = asked === 1 ? refundNo : `${refundNo}:${asked}`;
    try {
      return await attempt('refunds.create', () =>
        stripe.refunds.create(
          {
            payment_intent: id,
            amount: Number(amountFen),
            metadata: { refund_no: refundNo, out_trade_no: trade.outTradeNo },
          },
          { idempotencyKey },
        ),
      );
    } catch (error) {
      if (!refusedBy(error) || !isReplayed(error)) throw error;
    }
  }
}

/** The refund of a number among all refunds of its intent. */
async function find(stripe: Stripe, id: string, refundNo: string): Promise<Stripe.Refund | undefined> {
  return await attempt('refunds.list', async () => {
    for await (const refund of stripe.refunds.list({ payment_intent: id, limit: 100 }))
      if (refund.metadata?.refund_no === refundNo) return refund;
    return undefined;
  });
}

function statusOf({ id, status, created, failure_reason: reason }: Stripe.Refund): RefundStatus {
  switch (status) {
    case 'succeeded':
      return { state: 'succeeded', refundedAt: new Date(created * 1000) };
    case 'pending':
    case 'requires_action':
      return { state: 'pending' };
    case 'failed':
      return { state: 'abnormal', code: reason ?? 'unknown', message: `${id} did not reach the buyer` };
    case 'canceled':
      return { state: 'refused', code: 'canceled', message: `${id} was canceled` };
    default:
      throw new ProviderError({
        provider: 'stripe',
        code: 'unreadable_answer',
        message: `${id} has the status ${status}`,
        retryable: true,
      });
  }
}

function reused(message: string): RefundStatus {
  return { state: 'refused', code: 'refund_no_reused', message };
}
