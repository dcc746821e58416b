/** Why a payment failed, in words for the buyer with what to do next (PY-4). */
export interface BuyerReason {
  code: string;
  zh: string;
  en: string;
}

/** The reasons that providers share; each adapter maps its provider's codes to these, or adds its own. */
export const REASONS = {
  insufficient_balance: {
    code: 'insufficient_balance',
    zh: '余额不足，请换一种付款方式或充值后再试。',
    en: 'The balance is not enough. Use another way to pay, or top up and try again.',
  },
  limit: {
    code: 'limit',
    zh: '超过付款限额，请换一种付款方式，或明天再试。',
    en: 'The payment limit is exceeded. Use another way to pay, or try again tomorrow.',
  },
  risk: {
    code: 'risk',
    zh: '支付渠道的安全检查未通过，请换一种付款方式。',
    en: 'The security check of the payment provider refused this payment. Use another way to pay.',
  },
  wrong_password: {
    code: 'wrong_password',
    zh: '密码或验证信息有误，请核对后再试。',
    en: 'The password or a security detail was wrong. Check it and try again.',
  },
  card_expired: {
    code: 'card_expired',
    zh: '银行卡已过期，请换一张卡。',
    en: 'The card has expired. Use another card.',
  },
  card_details: {
    code: 'card_details',
    zh: '卡片信息有误，请核对卡号、有效期和安全码。',
    en: 'A card detail was wrong. Check the number, the date and the security code.',
  },
  card_refused: {
    code: 'card_refused',
    zh: '发卡行拒绝了这笔付款，请换一张卡或联系发卡行。',
    en: 'The bank that issued the card refused. Use another card, or ask the bank.',
  },
  balance_disabled: {
    code: 'balance_disabled',
    zh: '您已关闭余额支付，请在支付宝中开启，或换一种付款方式。',
    en: 'Paying from the balance is turned off. Turn it on in Alipay, or use another way to pay.',
  },
  payment_failed: {
    code: 'payment_failed',
    zh: '支付失败，请再试一次或换一种付款方式。',
    en: 'The payment failed. Try again, or use another way to pay.',
  },
  own_shop: {
    code: 'own_shop',
    zh: '不能在自己的店铺付款，请换一个账户。',
    en: 'The payer and the shop are the same account. Use another account.',
  },
} as const satisfies Record<string, BuyerReason>;
