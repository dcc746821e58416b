import { randomBytes } from 'node:crypto';
import type { Notice } from '../shared/notifier.ts';
import type { Trade } from './trade.ts';
import { BUYER, refundedFen, stateOf } from './trade.ts';
import { beijing, type Keys, signedForm, yuan } from './wire.ts';

const MINUTE_MS = 60_000;

/** When Alipay tells again, and how long it waits for an answer. */
export const RETRIES = {
  scheduleMs: [4, 10, 10, 60, 120, 360, 900].map((minutes) => minutes * MINUTE_MS),
  answerTimeoutMs: 5000,
} as const;

/** The fields of a notification but for its id and the time of its sending. */
export type NoticeParams = Record<string, string>;

/**
 * The fields of `trade_status_sync` for the trade as it stands. `refund_fee` is all that was refunded so far;
 * `out_biz_no` is the refund that caused this one.
 */
export function noticeParams(
  trade: Trade,
  app: { appId: string; sellerId: string },
  outRequestNo?: string,
): NoticeParams {
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

export function newNotifyId(): string {
  return `${beijing(Date.now()).replace(/\D/g, '')}${randomBytes(10).toString('hex')}`;
}

/** A notification as it goes over the wire, signed now. A forged one has a well-formed signature over something else. */
export function composer(keys: Keys) {
  return ({ content, notifyId }: Notice<NoticeParams>, atMs: number, forged: boolean) => {
    const form = (atMs: number) =>
      signedForm({ ...content, notify_id: notifyId, notify_time: beijing(atMs) }, keys.own);
    const body = new URLSearchParams(form(atMs));
    if (forged) body.set('sign', new URLSearchParams(form(0)).get('sign') ?? '');
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: body.toString(),
    };
  };
}

/** Only this word ends the telling. */
export function accepts(status: number, body: string): boolean {
  return status >= 200 && status < 300 && body === 'success';
}
