/** A trade in the provider's books. Amounts are fen; times are milliseconds since 1970. */
export interface Trade {
  outTradeNo: string;
  /** One for each time the merchant placed it: they name QR codes, prepay ids and cashier pages. */
  tokens: string[];
  kind: 'native' | 'jsapi';
  description: string;
  totalFen: number;
  notifyUrl: string;
  /** The payer, who is fixed from the start for JSAPI. */
  openid: string | null;
  createdMs: number;
  expiresMs: number;
  /** The provider's number exists once it is paid. */
  paid: { tradeNo: string; fen: number; atMs: number } | null;
  closed: { by: 'timeout' | 'merchant'; atMs: number } | null;
  declines: { reason: DeclineReason; atMs: number }[];
  refunds: Refund[];
  updatedMs: number;
}

export interface Refund {
  refundNo: string;
  refundId: string;
  fen: number;
  /** Where its end is told; null: where the trade's payment was told. */
  notifyUrl: string | null;
  requestedMs: number;
  /** How it will end, decided when it is accepted; a stuck one waits until it is released. */
  fate: 'success' | 'abnormal' | 'stuck';
  done: { status: 'SUCCESS' | 'ABNORMAL'; atMs: number } | null;
  /** The share of the payment's fee that is given back; 0 until money went back. */
  feeFen: number;
}

export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED';

export function stateOf(trade: Trade): TradeState {
  if (trade.paid) return trade.refunds.length > 0 ? 'REFUND' : 'SUCCESS';
  return trade.closed ? 'CLOSED' : 'NOTPAY';
}

export type RefundState = 'PROCESSING' | 'SUCCESS' | 'ABNORMAL';

export function refundStateOf(refund: Refund): RefundState {
  return refund.done?.status ?? 'PROCESSING';
}

/** What went back to the buyer. */
export function refundedFen(trade: Trade): number {
  return sum(trade.refunds.filter((refund) => refund.done?.status === 'SUCCESS'));
}

/** What may still be refunded; a refund that is under way or went wrong holds its share. */
export function refundableFen(trade: Trade): number {
  return (trade.paid?.fen ?? 0) - sum(trade.refunds);
}

const sum = (refunds: readonly Refund[]): number => refunds.reduce((total, { fen }) => total + fen, 0);

/** Whether `time_expire` is over. */
export function overdue(trade: Trade, atMs = Date.now()): boolean {
  return trade.expiresMs <= atMs;
}

/** 0.60 %, in hundredths of a percent. */
const FEE_RATE = 60;
export const FEE_RATE_TEXT = '0.60%';

/** The fee of a payment, rounded half up. */
export function feeOf(fen: number): number {
  return Math.floor((fen * FEE_RATE + 5_000) / 10_000);
}

/**
 * The part of the fee that goes back with the next `fen`: the difference of two rounded shares, so that the parts of a
 * trade that is refunded in full add up to its fee.
 */
export function feeBack(trade: Trade, fen: number): number {
  const paidFen = trade.paid?.fen ?? 0;
  const share = (refunded: number): number =>
    Math.floor((feeOf(paidFen) * refunded * 2 + paidFen) / (2 * paidFen));
  const before = refundedFen(trade);
  return share(before + fen) - share(before);
}

export const DECLINE_REASONS = ['insufficient_balance', 'wrong_password', 'limit', 'risk'] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** What the cashier tells the buyer. The merchant hears nothing of it. */
export const DECLINE_TEXTS: Record<DeclineReason, { zh: string; en: string }> = {
  insufficient_balance: { zh: '零钱余额不足', en: 'Insufficient balance' },
  wrong_password: { zh: '支付密码错误', en: 'Wrong payment password' },
  limit: { zh: '超过支付限额', en: 'Payment limit exceeded' },
  risk: { zh: '交易存在风险，已被拦截', en: 'Stopped by risk control' },
};

/** The one buyer who scans codes in this sandbox. */
export const BUYER_OPENID = 'oSandboxBuyer0000000000000001';
