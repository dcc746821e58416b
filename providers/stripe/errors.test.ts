import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { REASONS } from '../payments/reasons.ts';
import { buyerReasonOf } from './declines.ts';
import { failedCall } from './errors.ts';

const { errors } = Stripe;

const answered = (statusCode: number, raw: object) =>
  errors.StripeError.generate({ statusCode, message: 'refused', ...raw } as never);

describe('PY-7 what may be sent again', () => {
  it.each([
    ['network', new errors.StripeConnectionError({ message: 'timeout' } as never)],
    ['rate_limit', answered(429, { type: 'invalid_request_error', code: 'rate_limit' })],
    ['lock_timeout', answered(429, { type: 'invalid_request_error', code: 'lock_timeout' })],
    ['idempotency_key_in_use', answered(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' })],
    ['api_error', answered(500, { type: 'api_error' })],
    ['api_error', answered(503, { type: 'api_error' })],
    ['api_key_expired', answered(401, { type: 'invalid_request_error', code: 'api_key_expired' })],
    ['unreadable_answer', new TypeError('no such field')],
  ])('%s is retryable', (code, error) => {
    expect(failedCall('test', error)).toMatchObject({
      provider: 'stripe',
      code,
      retryable: true,
      buyerReason: null,
    });
  });

  it.each([
    ['parameter_unknown', answered(400, { type: 'invalid_request_error', code: 'parameter_unknown' })],
    ['resource_missing', answered(404, { type: 'invalid_request_error', code: 'resource_missing' })],
    ['idempotency_error', answered(400, { type: 'idempotency_error' })],
    ['invalid_request_error', answered(403, { type: 'invalid_request_error' })],
  ])('%s is final', (code, error) => {
    expect(failedCall('test', error)).toMatchObject({ code, retryable: false, buyerReason: null });
  });
});

describe('PY-4 a declined card', () => {
  it('has words for the buyer, by the bank’s code before Stripe’s', () => {
    const error = answered(402, {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
    });
    expect(failedCall('test', error)).toMatchObject({
      code: 'insufficient_funds',
      retryable: false,
      buyerReason: REASONS.insufficient_balance,
    });
    expect(failedCall('test', answered(402, { type: 'card_error', code: 'expired_card' }))).toMatchObject({
      code: 'expired_card',
      buyerReason: REASONS.card_expired,
    });
  });

  it.each([
    ['insufficient_funds', 'insufficient_balance'],
    ['expired_card', 'card_expired'],
    ['incorrect_address', 'card_details'],
    ['incorrect_cvc', 'card_details'],
    ['incorrect_number', 'card_details'],
    ['incorrect_zip', 'card_details'],
    ['invalid_cvc', 'card_details'],
    ['invalid_expiry_month', 'card_details'],
    ['invalid_expiry_year', 'card_details'],
    ['invalid_number', 'card_details'],
    ['card_decline_rate_limit_exceeded', 'limit'],
    ['card_velocity_exceeded', 'limit'],
    ['withdrawal_count_limit_exceeded', 'limit'],
    ['authentication_required', 'wrong_password'],
    ['incorrect_pin', 'wrong_password'],
    ['invalid_pin', 'wrong_password'],
    ['payment_intent_authentication_failure', 'wrong_password'],
    ['issuer_not_available', 'payment_failed'],
    ['processing_error', 'payment_failed'],
    ['reenter_transaction', 'payment_failed'],
    ['try_again_later', 'payment_failed'],
    ['card_declined', 'card_refused'],
    ['do_not_honor', 'card_refused'],
    ['fraudulent', 'card_refused'],
    ['generic_decline', 'card_refused'],
    ['lost_card', 'card_refused'],
    ['merchant_blacklist', 'card_refused'],
    ['pickup_card', 'card_refused'],
    ['restricted_card', 'card_refused'],
    ['stolen_card', 'card_refused'],
    ['a_code_of_tomorrow', 'card_refused'],
    ['toString', 'card_refused'],
  ])('%s is told as %s', (code, reason) => {
    expect(buyerReasonOf(code)).toMatchObject({ code: reason });
  });

  it('is never told as lost, stolen or suspected of fraud', () => {
    for (const { zh, en } of Object.values(REASONS)) {
      expect(zh).not.toMatch(/挂失|被盗|丢失|欺诈/);
      expect(en).not.toMatch(/lost|stolen|fraud/i);
    }
  });
});
