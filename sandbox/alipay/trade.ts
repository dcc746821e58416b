/** A trade in the provider's books. Amounts are fen; times are milliseconds since 1970. */
export interface Trade {
  outTradeNo: string;
  /** Names the cashier page and the QR code. */
  token: string;
  kind: 'qr' | 'page';
  subject: string;
  totalFen: number;
  notifyUrl: string | null;
  returnUrl: string | null;
  createdMs: number;
  expiresMs: number | null;
  /** Set once a buyer scanned or opened it: from then on the trade exists for `query` and `close`. */
  opened: { tradeNo: string; atMs: number } | null;
  paid: { fen: number; atMs: number } | null;
  closed: { by: 'timeout' | 'merchant'; atMs: number } | null;
  declines: { reason: DeclineReason; atMs: number }[];
  refunds: Refund[];
  updatedMs: number;
}

export interface Refund {
  outRequestNo: string;
  fen: number;
  requestedMs: number;
  /** Null while it is stuck: accepted, money not moved. */
  doneMs: number | null;
}

export type TradeState = 'NOT_OPENED' | 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED';

export function stateOf(trade: Trade): TradeState {
  if (trade.paid) return refundedFen(trade) >= trade.paid.fen ? 'TRADE_CLOSED' : 'TRADE_SUCCESS';
  if (trade.closed) return 'TRADE_CLOSED';
  return trade.opened ? 'WAIT_BUYER_PAY' : 'NOT_OPENED';
}

/** What went back to the buyer. */
export function refundedFen(trade: Trade): number {
  return trade.refunds.reduce((sum, refund) => sum + (refund.doneMs === null ? 0 : refund.fen), 0);
}

/** What may still be refunded; a stuck refund holds its share. */
export function refundableFen(trade: Trade): number {
  return (trade.paid?.fen ?? 0) - trade.refunds.reduce((sum, refund) => sum + refund.fen, 0);
}

export const DECLINE_REASONS = ['insufficient_balance', 'wrong_password', 'limit', 'risk'] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** What the cashier tells the buyer. The merchant hears nothing of it. */
export const DECLINE_TEXTS: Record<DeclineReason, { zh: string; en: string }> = {
  insufficient_balance: { zh: '余额不足', en: 'Insufficient balance' },
  wrong_password: { zh: '支付密码错误', en: 'Wrong payment password' },
  limit: { zh: '超过支付限额', en: 'Payment limit exceeded' },
  risk: { zh: '交易存在风险，已被拦截', en: 'Stopped by risk control' },
};

/** The one buyer of the sandbox, as Alipay would name and mask him. */
export const BUYER = { userId: '2088100200300400', logonId: '138****0000' };
