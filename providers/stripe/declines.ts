import { type BuyerReason, REASONS } from '../payments/reasons.ts';

/**
 * What the decline and error codes of cards mean for the buyer (PY-4). A code that is not listed is `card_refused`, and
 * so are all that speak of a card reported lost, stolen or suspected of fraud: Stripe asks not to tell that to whoever
 * holds the card. Source: https://docs.stripe.com/declines/codes, https://docs.stripe.com/error-codes.
 */
const REASON_BY_CODE: ReadonlyMap<string, BuyerReason> = new Map([
  ...to(REASONS.insufficient_balance, 'insufficient_funds'),
  ...to(REASONS.card_expired, 'expired_card'),
  ...to(
    REASONS.card_details,
    'incorrect_address',
    'incorrect_cvc',
    'incorrect_number',
    'incorrect_zip',
    'invalid_cvc',
    'invalid_expiry_month',
    'invalid_expiry_year',
    'invalid_number',
  ),
  ...to(
    REASONS.limit,
    'card_decline_rate_limit_exceeded',
    'card_velocity_exceeded',
    'withdrawal_count_limit_exceeded',
  ),
  ...to(
    REASONS.wrong_password,
    'authentication_required',
    'incorrect_pin',
    'invalid_pin',
    'payment_intent_authentication_failure',
  ),
  ...to(
    REASONS.payment_failed,
    'issuer_not_available',
    'processing_error',
    'reenter_transaction',
    'try_again_later',
  ),
]);

function to(reason: BuyerReason, ...codes: string[]): [string, BuyerReason][] {
  return codes.map((code) => [code, reason]);
}

/** The buyer's reason for a decline code, or for the error code where there is none. */
export function buyerReasonOf(code: string): BuyerReason {
  return REASON_BY_CODE.get(code) ?? REASONS.card_refused;
}
