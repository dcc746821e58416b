import type { Card, Decline } from './intent.ts';

/**
 * The decline codes of card issuers, as Stripe lists them: https://docs.stripe.com/declines/codes. The last ones are
 * error codes of their own, not variants of `card_declined`.
 */
const ISSUER_CODES = [
  'approve_with_id',
  'authentication_required',
  'call_issuer',
  'card_not_supported',
  'card_velocity_exceeded',
  'currency_not_supported',
  'do_not_honor',
  'do_not_try_again',
  'duplicate_transaction',
  'fraudulent',
  'generic_decline',
  'incorrect_pin',
  'insufficient_funds',
  'invalid_account',
  'invalid_amount',
  'issuer_not_available',
  'lost_card',
  'merchant_blacklist',
  'new_account_information_available',
  'no_action_taken',
  'not_permitted',
  'pickup_card',
  'pin_try_exceeded',
  'reenter_transaction',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'security_violation',
  'service_not_allowed',
  'stolen_card',
  'stop_payment_order',
  'transaction_not_allowed',
  'try_again_later',
  'withdrawal_count_limit_exceeded',
] as const;
const OWN_CODES = [
  'expired_card',
  'incorrect_cvc',
  'incorrect_number',
  'incorrect_zip',
  'invalid_cvc',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'invalid_number',
  'processing_error',
] as const;

export const DECLINE_CODES = [...ISSUER_CODES, ...OWN_CODES] as const;
export type DeclineCode = (typeof DECLINE_CODES)[number];

const MESSAGES: Partial<Record<DeclineCode, string>> = {
  insufficient_funds: 'Your card has insufficient funds.',
  expired_card: 'Your card has expired.',
  incorrect_cvc: "Your card's security code is incorrect.",
  incorrect_number: 'Your card number is incorrect.',
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  authentication_required: 'Your card was declined. This transaction requires authentication.',
};

/** What a bank's refusal looks like in the API. */
export function declineBy(declineCode: DeclineCode): Pick<Decline, 'code' | 'declineCode' | 'message'> {
  const own = (OWN_CODES as readonly string[]).includes(declineCode);
  const code = own || declineCode === 'authentication_required' ? declineCode : 'card_declined';
  return { code, declineCode, message: MESSAGES[declineCode] ?? 'Your card was declined.' };
}

/** A 3-D Secure step that the payer failed or left. */
export const AUTHENTICATION_FAILED = {
  code: 'payment_intent_authentication_failure',
  declineCode: null,
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
};

export interface TestCard {
  card: Card;
  /** What happens to a payment with it. */
  outcome: 'pays' | 'challenges' | DeclineCode;
  label: { zh: string; en: string };
}

const VISA: Card = { brand: 'visa', funding: 'credit', last4: '4242' };

const declined = (outcome: DeclineCode, last4: string, zh: string, en: string): TestCard => ({
  card: { ...VISA, last4 },
  outcome,
  label: { zh, en },
});

/** The named test cards, by payment method id: https://docs.stripe.com/testing. */
export const TEST_CARDS: ReadonlyMap<string, TestCard> = new Map<string, TestCard>([
  ['pm_card_visa', { card: VISA, outcome: 'pays', label: { zh: '信用卡', en: 'Credit card' } }],
  [
    'pm_card_visa_debit',
    {
      card: { brand: 'visa', funding: 'debit', last4: '5556' },
      outcome: 'pays',
      label: { zh: '借记卡', en: 'Debit card' },
    },
  ],
  [
    'pm_card_unionpay',
    {
      card: { brand: 'unionpay', funding: 'credit', last4: '0005' },
      outcome: 'pays',
      label: { zh: '银联信用卡', en: 'UnionPay credit card' },
    },
  ],
  [
    'pm_card_mastercard_prepaid',
    {
      card: { brand: 'mastercard', funding: 'prepaid', last4: '5100' },
      outcome: 'pays',
      label: { zh: '预付卡', en: 'Prepaid card' },
    },
  ],
  [
    'pm_card_authenticationRequired',
    {
      card: { ...VISA, last4: '3184' },
      outcome: 'challenges',
      label: { zh: '需短信验证的卡', en: 'Card with an SMS code' },
    },
  ],
  ['pm_card_chargeDeclined', declined('generic_decline', '0002', '银行拒绝', 'Declined')],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    declined('insufficient_funds', '9995', '余额不足', 'Insufficient funds'),
  ],
  ['pm_card_chargeDeclinedExpiredCard', declined('expired_card', '0069', '卡已过期', 'Expired card')],
  [
    'pm_card_chargeDeclinedIncorrectCvc',
    declined('incorrect_cvc', '0127', '安全码错误', 'Wrong security code'),
  ],
  ['pm_card_chargeDeclinedLostCard', declined('lost_card', '9987', '挂失卡', 'Lost card')],
  ['pm_card_chargeDeclinedStolenCard', declined('stolen_card', '9979', '被盗卡', 'Stolen card')],
  ['pm_card_chargeDeclinedFraudulent', declined('fraudulent', '0019', '疑似欺诈', 'Suspected fraud')],
  [
    'pm_card_chargeDeclinedVelocityLimitExceeded',
    declined('card_velocity_exceeded', '6975', '超过限额', 'Over the limit'),
  ],
  [
    'pm_card_chargeDeclinedProcessingError',
    declined('processing_error', '0119', '处理出错', 'Processing error'),
  ],
]);

/** The first of the test cards with this funding. */
export function cardOf(funding: Card['funding']): Card {
  const cards = [...TEST_CARDS.values()].map(({ card }) => card);
  return cards.find((card) => card.funding === funding) ?? VISA;
}
