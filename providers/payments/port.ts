import type { Fen } from '../../domain/money.ts';

/** The payment methods a shop can offer. Each belongs to one provider. */
export const PAYMENT_METHODS = ['alipay_qr', 'alipay_page'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** What the buyer's client needs to go on, by method. */
export type PaymentAction = { kind: 'qr'; qrCode: string } | { kind: 'redirect'; url: string };

export interface StartPayment {
  method: PaymentMethod;
  /** Our number of this attempt, new for each one, at most 32 characters. */
  outTradeNo: string;
  amountFen: Fen;
  /** Shown in the provider's cashier. */
  subject: string;
  expiresAt: Date;
  /** Where the cashier sends the buyer back to, for page methods. */
  returnUrl?: string | undefined;
}

/** A trade as the provider knows it, asked by our number. `paid` stays true whatever was refunded since. */
export type TradeStatus =
  | { state: 'unknown_to_provider' }
  | { state: 'waiting' }
  | { state: 'paid'; providerTradeNo: string; amountFen: Fen; paidAt: Date }
  | { state: 'closed' };

export type CloseResult = { result: 'closed' } | { result: 'already_paid' };

export interface RefundRequest {
  outTradeNo: string;
  /** Our stable refund number; the same one again never refunds twice. */
  refundNo: string;
  amountFen: Fen;
  totalFen: Fen;
  reason: string;
}

/**
 * A refund as the provider knows it. `not_found` is not a failure: ask again or repeat it under the same number, never
 * under a new one. Only `refused` is final.
 */
export type RefundStatus =
  | { state: 'succeeded'; refundedAt: Date | null }
  | { state: 'pending' }
  | { state: 'not_found' }
  | { state: 'refused'; code: string; message: string };

/**
 * What a verified notification says: facts only, in our words. `eventKey` is the provider's id of the event.
 * `amountFen` is the trade's amount; of a refund it is what was refunded of the trade so far, in total.
 */
export interface PaymentNotice {
  eventKey: string;
  outTradeNo: string;
  providerTradeNo: string;
  outcome: 'paid' | 'closed' | 'refunded' | 'waiting';
  amountFen: Fen;
  occurredAt: Date | null;
  raw: Record<string, string>;
}

export type VerifiedNotice =
  | { ok: true; notice: PaymentNotice }
  | { ok: false; reason: 'bad_signature' | 'wrong_app' | 'wrong_seller' | 'malformed' };

/**
 * One payment provider (PY-1). Every method may throw a `ProviderError`; an unknown result is `retryable` and is
 * resolved by `query` with our number, never by a second charge (PY-7).
 */
export interface PaymentProvider {
  readonly name: 'alipay';
  readonly methods: readonly PaymentMethod[];
  start(request: StartPayment): Promise<PaymentAction>;
  query(outTradeNo: string): Promise<TradeStatus>;
  close(outTradeNo: string): Promise<CloseResult>;
  refund(request: RefundRequest): Promise<RefundStatus>;
  queryRefund(outTradeNo: string, refundNo: string): Promise<RefundStatus>;
  /** Verifies a notification over its raw body. */
  verify(rawBody: string): VerifiedNotice;
  /** What the provider wants to read in answer to a notification, by whether we took it. */
  acknowledgement(accepted: boolean): { body: string; contentType: string };
}

/** A provider's refusal or silence. `buyerReason` is set only where the provider itself reports a coded reason (PY-4). */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly provider: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly buyerReason: { code: string; zh: string; en: string } | null;

  constructor(details: {
    provider: string;
    code: string;
    message: string;
    retryable: boolean;
    buyerReason?: { code: string; zh: string; en: string } | null;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.provider = details.provider;
    this.code = details.code;
    this.retryable = details.retryable;
    this.buyerReason = details.buyerReason ?? null;
  }
}
