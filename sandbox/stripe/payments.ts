import { z } from 'zod';
import { TEST_CARDS } from './cards.ts';
import { type Endpoint, endpoint, existing } from './endpoint.ts';
import { Failure, missing } from './failure.ts';
import { tradeNameOf } from './intent.ts';
import { paymentIntent } from './objects.ts';
import { amount, expand, listOf, metadata } from './params.ts';

const toCreate = z.strictObject({
  amount,
  currency: z.string().refine((currency) => currency.toLowerCase() === 'cny', {
    error: 'Invalid currency: this account takes cny.',
  }),
  allowed_payment_method_types: listOf(
    z.literal('card', { error: 'The payment method type provided is invalid.' }),
  ).refine((types) => types.length === 1),
  /** Gone since API version 2026-09-30.endive. */
  payment_method_types: z
    .custom<undefined>((given) => given === undefined, {
      error: 'Payment method types are chosen by allowed_payment_method_types.',
      params: { code: 'payment_method_types_no_longer_supported' },
    })
    .optional(),
  description: z.string().max(1000).optional(),
  metadata: metadata.default({}),
  expand: expand('latest_charge'),
});
const toRetrieve = z.strictObject({ expand: expand('latest_charge') });
const toConfirm = z.strictObject({
  client_secret: z.string(),
  payment_method: z.string(),
  expand: expand('latest_charge'),
});
const toCancel = z.strictObject({
  cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  expand: expand('latest_charge'),
});

const latestCharge = (fields: readonly string[]): boolean => fields.includes('latest_charge');

/** https://docs.stripe.com/api/payment_intents. A parameter that Stripe knows and the sandbox does not is refused too. */
export const PAYMENT_ENDPOINTS: readonly Endpoint[] = [
  endpoint(
    { method: 'POST', path: '/v1/payment_intents', operation: 'create' },
    toCreate,
    ({ desk }, { amount: amountFen, description = null, metadata: pairs, expand: fields }) => {
      const intent = desk.create({ amountFen, description, metadata: pairs });
      return {
        tradeName: tradeNameOf(intent),
        body: paymentIntent(intent, { latestCharge: latestCharge(fields) }),
      };
    },
  ),
  endpoint(
    { method: 'GET', path: '/v1/payment_intents/:id', operation: 'retrieve' },
    toRetrieve,
    ({ books, publicUrl }, { expand: fields }, id) => {
      const intent = existing(books, id);
      const expansion = { latestCharge: latestCharge(fields), publicUrl: publicUrl() };
      return { tradeName: tradeNameOf(intent), body: paymentIntent(intent, expansion) };
    },
  ),
  // What Stripe.js sends with the card in the browser; here it is one of the named test cards.
  endpoint(
    { method: 'POST', path: '/v1/payment_intents/:id/confirm', operation: null, key: 'publishable' },
    toConfirm,
    ({ books, desk, publicUrl }, { client_secret: secret, payment_method: method, expand: fields }, id) => {
      const intent = existing(books, id);
      if (intent.clientSecret !== secret)
        throw new Failure(400, 'The client_secret provided does not match this PaymentIntent.', {
          code: 'payment_intent_invalid_parameter',
          param: 'client_secret',
        });
      const card = TEST_CARDS.get(method);
      if (!card) throw missing('PaymentMethod', method, 'payment_method');
      desk.confirm(intent, card);
      const expansion = { latestCharge: latestCharge(fields), publicUrl: publicUrl() };
      return { tradeName: tradeNameOf(intent), body: paymentIntent(intent, expansion) };
    },
  ),
  endpoint(
    { method: 'POST', path: '/v1/payment_intents/:id/cancel', operation: 'cancel' },
    toCancel,
    ({ books, desk }, { cancellation_reason: reason = null, expand: fields }, id) => {
      const intent = existing(books, id);
      desk.cancel(intent, reason);
      return {
        tradeName: tradeNameOf(intent),
        body: paymentIntent(intent, { latestCharge: latestCharge(fields) }),
      };
    },
  ),
];
