import { type Charge, type Decline, heldFen, type Intent, type Refund, statusOf } from './intent.ts';

/** Stripe's objects as the API and the events show them. Shapes: https://docs.stripe.com/api. */

export const API_VERSION = '2026-10-28.endive';
const CURRENCY = 'cny';

/** Times are unix seconds on the wire. */
export const seconds = (atMs: number): number => Math.floor(atMs / 1000);

export interface Expansion {
  latestCharge?: boolean;
  /** Where a payer's browser goes for 3-D Secure. */
  publicUrl?: string;
}

export function paymentIntent(
  intent: Intent,
  { latestCharge = false, publicUrl = '' }: Expansion = {},
): object {
  const status = statusOf(intent);
  const failed = intent.paid ? undefined : intent.declines.at(-1);
  const failedCharge = failed?.chargeId ? chargeFailed(intent, failed) : null;
  const charge = intent.paid ? chargePaid(intent, intent.paid) : failedCharge;
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: ['card'],
    amount: intent.amountFen,
    amount_capturable: 0,
    amount_received: intent.paid?.fen ?? 0,
    canceled_at: intent.canceled ? seconds(intent.canceled.atMs) : null,
    cancellation_reason: intent.canceled?.reason ?? null,
    capture_method: 'automatic_async',
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    created: seconds(intent.createdMs),
    currency: CURRENCY,
    customer: null,
    description: intent.description,
    last_payment_error: failed ? paymentError(failed) : null,
    latest_charge: latestCharge ? charge : (intent.paid?.id ?? failed?.chargeId ?? null),
    livemode: false,
    metadata: intent.metadata,
    next_action:
      status === 'requires_action'
        ? {
            type: 'redirect_to_url',
            redirect_to_url: { url: `${publicUrl}/stripe/pay/${intent.clientSecret}`, return_url: null },
          }
        : null,
    payment_method: null,
    payment_method_types: ['card'],
    processing: null,
    receipt_email: null,
    status,
  };
}

/** The fields of a failed try, as they stand in `last_payment_error` and in the 402 of a confirmation. */
export function paymentError({ chargeId, code, declineCode, message }: Decline) {
  return {
    ...(chargeId !== null && { charge: chargeId }),
    code,
    ...(declineCode !== null && { decline_code: declineCode }),
    message,
    // A bank's refusal is a card error; a failed authentication is not one.
    type: declineCode === null ? ('invalid_request_error' as const) : ('card_error' as const),
  };
}

export function chargePaid(intent: Intent, charge: Charge): object {
  const { id, fen, atMs, card } = charge;
  const refunded = heldFen(intent);
  return {
    ...chargeBase(intent, id, card, atMs),
    amount: fen,
    amount_captured: fen,
    amount_refunded: refunded,
    balance_transaction: transactionId(id),
    captured: true,
    failure_code: null,
    failure_message: null,
    paid: true,
    refunded: refunded === fen,
    status: 'succeeded',
  };
}

function chargeFailed(intent: Intent, decline: Decline): object {
  return {
    ...chargeBase(intent, decline.chargeId, decline.card, decline.atMs),
    amount: intent.amountFen,
    amount_captured: 0,
    amount_refunded: 0,
    balance_transaction: null,
    captured: false,
    failure_code: decline.code,
    failure_message: decline.message,
    paid: false,
    refunded: false,
    status: 'failed',
  };
}

/** Metadata of the intent is copied to its charges. */
function chargeBase(intent: Intent, id: string | null, card: Charge['card'], atMs: number): object {
  return {
    id,
    object: 'charge',
    created: seconds(atMs),
    currency: CURRENCY,
    customer: null,
    description: intent.description,
    disputed: false,
    livemode: false,
    metadata: intent.metadata,
    payment_intent: intent.id,
    payment_method_details: {
      type: 'card',
      card: {
        brand: card.brand,
        country: 'CN',
        exp_month: 12,
        exp_year: 2034,
        funding: card.funding,
        last4: card.last4,
      },
    },
  };
}

export function refundObject(intent: Intent, refund: Refund): object {
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.fen,
    balance_transaction: refund.movedMs === null ? null : transactionId(refund.id),
    charge: intent.paid?.id ?? null,
    created: seconds(refund.createdMs),
    currency: CURRENCY,
    metadata: refund.metadata,
    payment_intent: intent.id,
    reason: refund.reason,
    receipt_number: null,
    status: refund.status,
    ...(refund.failureReason !== null && {
      failure_reason: refund.failureReason,
      failure_balance_transaction: transactionId(refund.id, 'f'),
    }),
  };
}

/** The balance transaction of a charge or refund. */
export function transactionId(sourceId: string, suffix = ''): string {
  return `txn_${sourceId.slice(sourceId.indexOf('_') + 1)}${suffix}`;
}

export function list(url: string, data: object[], hasMore: boolean): object {
  return { object: 'list', data, has_more: hasMore, url };
}
