import type { Fen } from '../../domain/money.ts';
import type { NoticeDelivery } from '../notice-delivery.ts';
import type { BuyerReason } from './reasons.ts';

export type { NoticeDelivery };

/** The payment methods a shop can offer. Each belongs to one provider. */
export const PAYMENT_METHODS = ['alipay_qr', 'alipay_page', 'wechat_native', 'wechat_jsapi', 'card'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** What the buyer's client needs to go on, by method. */
export type PaymentAction =
  /** A code to show; the wallet's app scans it. */
  | { kind: 'qr'; qrCode: string }
  /** An address the browser goes to. */
  | { kind: 'redirect'; url: string }
  /** Parameters of `WeixinJSBridge.invoke('getBrandWCPayRequest', …)` inside WeChat. */
  | {
      kind: 'wechat_jsapi';
      appId: string;
      timeStamp: string;
      nonceStr: string;
      package: string;
      signType: string;
      paySign: string;
    }
  /** For the card provider's own form (Stripe.js): the card number goes from the browser to the provider only. */
  | { kind: 'card_form'; publishableKey: string; clientSecret: string };

/** How the provider knows a payment attempt of ours. */
export interface TradeRef {
  /** Our number of this attempt, new for each one, at most 32 characters. */
  outTradeNo: string;
  /** The provider's handle of it, where it gave one at the start and finds nothing without it. */
  providerRef: string | null;
  amountFen: Fen;
}

export interface StartPayment {
  method: PaymentMethod;
  outTradeNo: string;
  amountFen: Fen;
  /** Shown in the provider's cashier. */
  subject: string;
  expiresAt: Date;
  /** Where the cashier sends the buyer back to, for page methods. */
  returnUrl?: string | undefined;
  /** The payer's id at the provider, where the method asks for one (WeChat JSAPI: `openid`). */
  payerId?: string | undefined;
}

/** What a started payment brings. Starting again under the same number opens no second trade. */
export interface StartedPayment {
  action: PaymentAction;
  providerRef: string | null;
}

/** The kind of card that paid, where the provider tells: debit and credit are two instruments of one method (PY-1). */
export type CardFunding = 'debit' | 'credit' | 'prepaid' | 'unknown';

/** A trade as the provider knows it, asked by our number. `paid` stays true whatever was refunded since. */
export type TradeStatus =
  | { state: 'unknown_to_provider' }
  | { state: 'waiting' }
  | { state: 'paid'; providerTradeNo: string; amountFen: Fen; paidAt: Date; funding?: CardFunding | null }
  | { state: 'closed' };

export type CloseResult = { result: 'closed' } | { result: 'already_paid' };

export interface RefundRequest {
  trade: TradeRef;
  /** Our stable refund number; the same one again never refunds twice. */
  refundNo: string;
  amountFen: Fen;
  /** What the trade took in all. */
  totalFen: Fen;
  reason: string;
}

/**
 * A refund as the provider knows it. `not_found` is not a failure: ask again or repeat it under the same number, never
 * under a new one. `refused` and `abnormal` are for a person: the first moved nothing, the second left the merchant and
 * did not reach the buyer.
 */
export type RefundStatus =
  | { state: 'succeeded'; refundedAt: Date | null }
  | { state: 'pending' }
  | { state: 'not_found' }
  | { state: 'refused'; code: string; message: string }
  | { state: 'abnormal'; code: string; message: string };

/** What a verified notification says: facts only, in our words. `eventKey` is the provider's id of the event. */
export type PaymentNotice = { eventKey: string; outTradeNo: string } & (
  | {
      outcome: 'paid';
      providerTradeNo: string;
      amountFen: Fen;
      paidAt: Date | null;
      /** Null where it was a card and the notice does not say which kind: a query does. */
      funding?: CardFunding | null;
    }
  /** The provider reports a failed try with its own code (cards; decision 19); the attempt may still be paid. */
  | { outcome: 'declined'; code: string; buyerReason: BuyerReason; occurredAt: Date | null }
  /** Something happened to a refund: ask the provider about it. `refundNo` is null where the notice names none. */
  | { outcome: 'refund_changed'; refundNo: string | null }
  /** Nothing to do: the trade waits or was closed. */
  | { outcome: 'noted' }
);

export type VerifiedNotice =
  | { ok: true; notice: PaymentNotice }
  | {
      ok: false;
      reason:
        | 'bad_signature'
        | 'stale'
        | 'unknown_key'
        | 'wrong_app'
        | 'wrong_seller'
        | 'wrong_currency'
        | 'malformed'
        /** Genuine, and about something that is no payment attempt of ours. */
        | 'foreign';
    };

/** A line of a provider's bill (PY-9), in our words. Amounts ≥ 0. */
export interface BillLine {
  kind: 'payment' | 'refund';
  outTradeNo: string;
  providerTradeNo: string;
  /** Our refund number; null on payments. */
  refundNo: string | null;
  amountFen: Fen;
  /** The provider's fee: what it keeps of a payment, or (negative) gives back at a refund. */
  feeFen: Fen;
  at: Date;
}

/** What the provider says it did on a day. `day` is a Beijing day, `2026-11-11`. */
export interface Bill {
  day: string;
  lines: BillLine[];
}

/** What a callback is answered with, in the provider's own words. */
export interface Acknowledgement {
  status: 200 | 204 | 400 | 401 | 404 | 500 | 503;
  contentType: string | null;
  body: string;
}

/**
 * One payment provider (PY-1). Every method may throw a `ProviderError`; an unknown result is `retryable` and is
 * resolved by `query` with our number, never by a second charge (PY-7).
 */
export interface PaymentProvider {
  readonly name: string;
  readonly methods: readonly PaymentMethod[];
  start(request: StartPayment): Promise<StartedPayment>;
  query(trade: TradeRef): Promise<TradeStatus>;
  close(trade: TradeRef): Promise<CloseResult>;
  refund(request: RefundRequest): Promise<RefundStatus>;
  queryRefund(trade: TradeRef, refundNo: string): Promise<RefundStatus>;
  /** The day's bill; `retryable` while the provider has not made it yet. Throws on a file it cannot read to the end. */
  fetchBill(day: string): Promise<Bill>;
  /** Verifies a notification over its raw body. */
  verify(delivery: NoticeDelivery): VerifiedNotice;
  /** `taken`: stored; `refused`: not believed; `unknown`: no payment of ours; `failed`: not stored, tell us again. */
  acknowledgement(outcome: 'taken' | 'refused' | 'unknown' | 'failed'): Acknowledgement;
}

/** A provider's refusal or silence. `buyerReason` is set only where the provider itself reports a coded reason (PY-4). */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly provider: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly buyerReason: BuyerReason | null;

  constructor(details: {
    provider: string;
    code: string;
    message: string;
    retryable: boolean;
    buyerReason?: BuyerReason | null;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.provider = details.provider;
    this.code = details.code;
    this.retryable = details.retryable;
    this.buyerReason = details.buyerReason ?? null;
  }
}
