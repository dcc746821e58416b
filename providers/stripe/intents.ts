import type { Stripe } from 'stripe';
import {
  type CardFunding,
  type CloseResult,
  ProviderError,
  type StartedPayment,
  type StartPayment,
  type TradeRef,
  type TradeStatus,
} from '../payments/port.ts';
import { attempt, refusedBy } from './errors.ts';

/** The one currency of this installation's payments. */
export const CURRENCY = 'cny';

/** Opens the intent of an attempt; its client secret is what the browser's form needs. */
export async function startIntent(
  stripe: Stripe,
  publishableKey: string,
  request: StartPayment,
): Promise<StartedPayment> {
  const intent = await openIntent(stripe, request);
  if (!intent.client_secret) throw unreadable(`${intent.id} has no client secret`);
  return {
    action: { kind: 'card_form', publishableKey, clientSecret: intent.client_secret },
    providerRef: intent.id,
  };
}

/**
 * Stripe finds nothing by a merchant's number at once, so a start whose answer was lost is found by repeating it under
 * its idempotency key. That takes the very same parameters, at a time when only the trade is known: they are all made
 * from the number and the amount, and the subject is not among them. Should the key be forgotten (after a day), this
 * opens another intent: harmless, for nobody has the client secret of either, and closing the trade cancels it.
 */
async function openIntent(
  stripe: Stripe,
  { outTradeNo, amountFen }: Pick<TradeRef, 'outTradeNo' | 'amountFen'>,
): Promise<Stripe.PaymentIntent> {
  const intent = await attempt('paymentIntents.create', () =>
    stripe.paymentIntents.create(
      {
        amount: Number(amountFen),
        currency: CURRENCY,
        allowed_payment_method_types: ['card'],
        description: `付款 ${outTradeNo}`,
        metadata: { out_trade_no: outTradeNo },
      },
      { idempotencyKey: `${outTradeNo}:start` },
    ),
  );
  // The SDK takes any JSON for an answer that does not say `error`, whatever its status.
  if (intent?.object !== 'payment_intent' || !intent.id) throw unreadable(`no intent came for ${outTradeNo}`);
  return intent;
}

/** The id of the trade's intent. Null if its start was refused: then there is none. */
export async function intentIdOf(stripe: Stripe, trade: TradeRef): Promise<string | null> {
  if (trade.providerRef !== null) return trade.providerRef;
  try {
    return (await openIntent(stripe, trade)).id;
  } catch (error) {
    if (refusedBy(error)) return null;
    throw error;
  }
}

/** What became of the intent, and by which kind of card it was paid. */
export async function queryIntent(stripe: Stripe, trade: TradeRef): Promise<TradeStatus> {
  const id = await intentIdOf(stripe, trade);
  if (id === null) return { state: 'unknown_to_provider' };
  try {
    return await statusOf(stripe, trade, id);
  } catch (error) {
    if (refusedBy(error, 'resource_missing')) return { state: 'unknown_to_provider' };
    throw error;
  }
}

async function statusOf(stripe: Stripe, trade: TradeRef, id: string): Promise<TradeStatus> {
  const intent = await attempt('paymentIntents.retrieve', () =>
    stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] }),
  );
  insistOn(intent, trade);
  if (intent.status === 'canceled') return { state: 'closed' };
  if (intent.status !== 'succeeded') return { state: 'waiting' };
  const charge = intent.latest_charge;
  if (charge === null || typeof charge === 'string') throw unreadable(`${id} succeeded without a charge`);
  return {
    state: 'paid',
    // What refunds are asked with is the intent, not its charge.
    providerTradeNo: intent.id,
    amountFen: BigInt(intent.amount_received),
    paidAt: new Date(charge.created * 1000),
    funding: fundingOf(charge),
  };
}

const FUNDINGS: readonly string[] = ['debit', 'credit', 'prepaid'] satisfies CardFunding[];

function fundingOf(charge: Stripe.Charge): CardFunding {
  const funding = charge.payment_method_details?.card?.funding ?? '';
  return FUNDINGS.includes(funding) ? (funding as CardFunding) : 'unknown';
}

/** An intent of another number or currency is no answer to what was asked. */
function insistOn({ id, currency, metadata }: Stripe.PaymentIntent, { outTradeNo }: TradeRef): void {
  const wrong = (code: string, message: string) =>
    new ProviderError({ provider: 'stripe', code, message, retryable: false });
  if (metadata.out_trade_no !== outTradeNo)
    throw wrong(
      'wrong_trade',
      `${id} belongs to ${metadata.out_trade_no ?? 'nothing of ours'}, not ${outTradeNo}`,
    );
  if (currency !== CURRENCY) throw wrong('wrong_currency', `${id} is in ${currency}`);
}

const UNEXPECTED_STATE = 'payment_intent_unexpected_state';

/** Cancels the intent, or finds that the buyer was faster. Retryable while the bank still decides. */
export async function closeIntent(stripe: Stripe, trade: TradeRef): Promise<CloseResult> {
  const id = await intentIdOf(stripe, trade);
  if (id === null) return { result: 'closed' };
  try {
    await attempt('paymentIntents.cancel', () =>
      stripe.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' }),
    );
    return { result: 'closed' };
  } catch (error) {
    if (!refusedBy(error, UNEXPECTED_STATE)) throw error;
    const { state } = await statusOf(stripe, trade, id);
    if (state === 'paid') return { result: 'already_paid' };
    if (state === 'closed') return { result: 'closed' };
    throw new ProviderError({
      provider: 'stripe',
      code: UNEXPECTED_STATE,
      message: `${id} can be neither canceled nor found ended`,
      retryable: true,
      cause: error,
    });
  }
}

function unreadable(message: string): ProviderError {
  return new ProviderError({ provider: 'stripe', code: 'unreadable_answer', message, retryable: true });
}
