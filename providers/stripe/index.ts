import { Stripe } from 'stripe';
import type { Keys, StripeKeys } from '../../config/keys.ts';
import type { Acknowledgement, PaymentProvider } from '../payments/port.ts';
import { fetchBill } from './bill.ts';
import { closeIntent, queryIntent, startIntent } from './intents.ts';
import { verifyEvent } from './notice.ts';
import { queryRefund, refundIntent } from './refunds.ts';

export interface StripeConfig {
  /** `https://api.stripe.com`, or the sandbox's origin. */
  baseUrl: string;
  keys: Keys<StripeKeys>;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

/**
 * Cards by Stripe's PaymentIntents over its official SDK (PY-1). The card number goes from the browser to Stripe's own
 * form and never comes here; the bank's second factor happens there too (ADR 9).
 */
export function createStripe(config: StripeConfig): PaymentProvider {
  const client = clients(config);
  return {
    name: 'stripe',
    methods: ['card'],
    start: (request) => startIntent(client(), config.keys().publishableKey, request),
    query: (trade) => queryIntent(client(), trade),
    close: (trade) => closeIntent(client(), trade),
    refund: (request) => refundIntent(client(), request),
    queryRefund: (trade, refundNo) => queryRefund(client(), trade, refundNo),
    fetchBill: (day) => fetchBill(client(), day),
    verify: (delivery) => verifyEvent(config.keys().webhookSecrets, delivery),
    acknowledgement: (outcome) => ACKNOWLEDGEMENTS[outcome],
  };
}

/** A client for the keys as they are now: a new one once they were rotated. */
function clients({ baseUrl, keys, timeoutMs = 5000 }: StripeConfig): () => Stripe {
  const { protocol, hostname, port } = new URL(baseUrl);
  const secure = protocol === 'https:';
  let current: { keys: StripeKeys; client: Stripe } | undefined;
  return () => {
    const now = keys();
    if (current?.keys !== now) {
      const client = new Stripe(now.secretKey, {
        protocol: secure ? 'https' : 'http',
        host: hostname,
        port: port === '' ? (secure ? 443 : 80) : port,
        timeout: timeoutMs,
        // Who calls decides what is repeated, and when.
        maxNetworkRetries: 0,
        telemetry: false,
      });
      current = { keys: now, client };
    }
    return current.client;
  };
}

/** Other products may share the account, and Stripe would repeat their refused events for three days: unknown is taken. */
const ACKNOWLEDGEMENTS: Record<Parameters<PaymentProvider['acknowledgement']>[0], Acknowledgement> = {
  taken: answer(200, { received: true }),
  unknown: answer(200, { received: true }),
  refused: answer(400, { received: false }),
  failed: answer(503, { received: false }),
};

function answer(status: Acknowledgement['status'], body: object): Acknowledgement {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}
