import { randomBytes } from 'node:crypto';
import type { Trade } from './trade.ts';
import { BUYER, refundedFen, stateOf } from './trade.ts';
import { beijing, yuan } from './wire.ts';

export interface Attempt {
  atMs: number;
  /** HTTP status, or null when nobody answered. */
  status: number | null;
  body: string;
  accepted: boolean;
}

/** One event told to the merchant, with every attempt at telling it: the delivery log. */
export interface Notice {
  notifyId: string;
  outTradeNo: string;
  url: string;
  params: Record<string, string>;
  createdMs: number;
  state: 'pending' | 'held' | 'dropped' | 'delivered' | 'exhausted';
  attempts: Attempt[];
  /** Attempts that count for the retry schedule; duplicates and manual ones do not. */
  scheduledAttempts: number;
  nextMs: number | null;
}

/** Waits between the scheduled attempts, before the clock multiplier. */
export const RETRY_MINUTES = [4, 10, 10, 60, 120, 360, 900] as const;

/**
 * The fields of `trade_status_sync` for the trade as it stands. `refund_fee` is all that was refunded so far;
 * `out_biz_no` is the refund that caused this one.
 */
export function noticeParams(
  trade: Trade,
  app: { appId: string; sellerId: string },
  outRequestNo?: string,
): Record<string, string> {
  const refund = trade.refunds.find((one) => one.outRequestNo === outRequestNo);
  const state = stateOf(trade);
  const closedMs = trade.closed?.atMs ?? (state === 'TRADE_CLOSED' ? refund?.doneMs : undefined);
  const total = yuan(trade.paid?.fen ?? trade.totalFen);
  return {
    notify_type: 'trade_status_sync',
    app_id: app.appId,
    charset: 'utf-8',
    version: '1.0',
    trade_no: trade.opened?.tradeNo ?? '',
    out_trade_no: trade.outTradeNo,
    seller_id: app.sellerId,
    trade_status: state,
    total_amount: total,
    subject: trade.subject,
    gmt_create: beijing(trade.opened?.atMs ?? trade.createdMs),
    ...(trade.paid && {
      buyer_id: BUYER.userId,
      buyer_logon_id: BUYER.logonId,
      receipt_amount: total,
      invoice_amount: total,
      buyer_pay_amount: total,
      point_amount: '0.00',
      fund_bill_list: JSON.stringify([{ amount: total, fundChannel: 'ALIPAYACCOUNT' }]),
      gmt_payment: beijing(trade.paid.atMs),
    }),
    ...(refundedFen(trade) > 0 && { refund_fee: yuan(refundedFen(trade)) }),
    ...(refund?.doneMs && { out_biz_no: refund.outRequestNo, gmt_refund: `${beijing(refund.doneMs)}.000` }),
    ...(closedMs && { gmt_close: beijing(closedMs) }),
  };
}

export function newNotice(trade: Trade, url: string, params: Record<string, string>): Notice {
  const now = Date.now();
  return {
    notifyId: `${beijing(now).replace(/\D/g, '')}${randomBytes(10).toString('hex')}`,
    outTradeNo: trade.outTradeNo,
    url,
    params,
    createdMs: now,
    state: 'pending',
    attempts: [],
    scheduledAttempts: 0,
    nextMs: now,
  };
}
