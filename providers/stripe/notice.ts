import { Stripe } from 'stripe';
import { z } from 'zod';
import type { NoticeDelivery, PaymentNotice, VerifiedNotice } from '../payments/port.ts';
import { buyerReasonOf } from './declines.ts';
import { CURRENCY } from './intents.ts';

/** How old a signature may be. Stripe signs every attempt anew, so a late repetition is not stale. */
const TOLERANCE_S = 300;

const event = z.object({
  id: z.string().min(1),
  type: z.string(),
  created: z.number().int(),
  data: z.object({ object: z.looseObject({ metadata: z.record(z.string(), z.string()).nullish() }) }),
});
const succeeded = z.object({
  id: z.string().min(1),
  amount_received: z.number().int().nonnegative(),
  currency: z.string(),
});
const failed = z.object({
  last_payment_error: z.object({ code: z.string().optional(), decline_code: z.string().optional() }),
});

type Event = z.infer<typeof event>;
const malformed: VerifiedNotice = { ok: false, reason: 'malformed' };

/**
 * Verifies an event by any of the webhook secrets and says what it reports (PY-2). `stale`: genuine, but its signature
 * is older than five minutes. `foreign`: genuine, and its object bears no number of ours.
 */
export function verifyEvent(secrets: readonly string[], delivery: NoticeDelivery): VerifiedNotice {
  const checks = new Set(secrets.map((secret) => check(secret, delivery)));
  if (!checks.has('genuine')) return { ok: false, reason: checks.has('stale') ? 'stale' : 'bad_signature' };
  const parsed = event.safeParse(parseJson(delivery.rawBody));
  if (!parsed.success) return malformed;
  const outTradeNo = parsed.data.data.object.metadata?.out_trade_no;
  if (outTradeNo === undefined || outTradeNo === '') return { ok: false, reason: 'foreign' };
  return read(parsed.data, outTradeNo);
}

function check(secret: string, delivery: NoticeDelivery): 'genuine' | 'stale' | 'bad_signature' {
  if (isSigned(secret, delivery, TOLERANCE_S)) return 'genuine';
  // 0 leaves the time out: what fails the first check alone is right but old.
  return isSigned(secret, delivery, 0) ? 'stale' : 'bad_signature';
}

function isSigned(secret: string, delivery: NoticeDelivery, toleranceS: number): boolean {
  const { rawBody, receivedAt } = delivery;
  const signature = delivery.header('stripe-signature') ?? '';
  try {
    Stripe.webhooks.constructEvent(rawBody, signature, secret, toleranceS, undefined, receivedAt.getTime());
    return true;
  } catch (error) {
    // Anything else is about the content, which is judged after the signature.
    return !(error instanceof Stripe.errors.StripeSignatureVerificationError);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read({ id, type, created, data: { object } }: Event, outTradeNo: string): VerifiedNotice {
  const occurredAt = new Date(created * 1000);
  const verified = (facts: Facts): VerifiedNotice => ({
    ok: true,
    notice: { eventKey: id, outTradeNo, ...facts },
  });
  switch (type) {
    case 'payment_intent.succeeded': {
      const intent = succeeded.safeParse(object);
      if (!intent.success) return malformed;
      if (intent.data.currency !== CURRENCY) return { ok: false, reason: 'wrong_currency' };
      return verified({
        outcome: 'paid',
        providerTradeNo: intent.data.id,
        amountFen: BigInt(intent.data.amount_received),
        paidAt: occurredAt,
        // The event shows the charge by its id only; a query tells.
        funding: null,
      });
    }
    case 'payment_intent.payment_failed': {
      const intent = failed.safeParse(object);
      if (!intent.success) return malformed;
      const { decline_code: declineCode, code = 'card_declined' } = intent.data.last_payment_error;
      const reason = declineCode ?? code;
      return verified({ outcome: 'declined', code: reason, buyerReason: buyerReasonOf(reason), occurredAt });
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated':
      return verified({ outcome: 'refund_changed', refundNo: object.metadata?.refund_no ?? null });
    case 'charge.refunded':
      return verified({ outcome: 'refund_changed', refundNo: null });
    default:
      return verified({ outcome: 'noted' });
  }
}

/** A notice without what every notice has. */
type Facts = PaymentNotice extends infer Notice
  ? Notice extends PaymentNotice
    ? Omit<Notice, 'eventKey' | 'outTradeNo'>
    : never
  : never;
