import { createHmac } from 'node:crypto';
import type { Notice } from '../shared/notifier.ts';
import { API_VERSION, seconds } from './objects.ts';

/** What an event says; its id is the notice's. */
export interface EventContent {
  type: string;
  createdMs: number;
  /** `data.object`, as it was when the event happened. */
  object: object;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Stripe tells live endpoints "for up to three days with an exponential back off" and publishes no times; these are an
 * assumption within that: the last try comes 65.6 hours after the first.
 */
export const RETRY_MS: readonly number[] = [
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  12 * HOUR,
  12 * HOUR,
  12 * HOUR,
  12 * HOUR,
];

export const ANSWER_TIMEOUT_MS = 10_000;

/** An event as it goes over the wire. */
export function eventBody(id: string, { type, createdMs, object }: EventContent): string {
  return JSON.stringify({
    id,
    object: 'event',
    api_version: API_VERSION,
    created: seconds(createdMs),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  });
}

/** `Stripe-Signature`: https://docs.stripe.com/webhooks/signature. A forged one is well-formed, over something else. */
export function signatureHeader(body: string, secret: string, timestampS: number, forged = false): string {
  const signed = `${timestampS}.${forged ? `${body} ` : body}`;
  return `t=${timestampS},v1=${createHmac('sha256', secret).update(signed, 'utf8').digest('hex')}`;
}

/** One delivery: signed at every attempt anew, with the secret that is in force then. */
export function compose(secret: () => string) {
  return (notice: Notice<EventContent>, atMs: number, forged: boolean) => {
    const body = eventBody(notice.notifyId, notice.content);
    return { headers: deliveryHeaders(signatureHeader(body, secret(), seconds(atMs), forged)), body };
  };
}

export function deliveryHeaders(signature: string): Record<string, string> {
  return { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
}
