import { BUYER_OPENID, type Refund, refundStateOf, stateOf, type Trade } from './trade.ts';
import { rfc3339 } from './wire.ts';

/** The one application and merchant of the sandbox. */
export interface App {
  appId: string;
  mchId: string;
}

const STATE_TEXTS = { NOTPAY: '订单未支付', SUCCESS: '支付成功', REFUND: '转入退款', CLOSED: '订单已关闭' };

/** A trade as queries and notifications show it. */
export function tradeFields(trade: Trade, { appId, mchId }: App): Record<string, unknown> {
  const state = stateOf(trade);
  const { paid } = trade;
  const total = paid?.fen ?? trade.totalFen;
  return {
    appid: appId,
    mchid: mchId,
    out_trade_no: trade.outTradeNo,
    trade_state: state,
    trade_state_desc: STATE_TEXTS[state],
    amount: {
      total,
      currency: 'CNY',
      ...(paid && { payer_total: total, payer_currency: 'CNY' }),
    },
    ...(paid && {
      transaction_id: paid.tradeNo,
      trade_type: trade.kind.toUpperCase(),
      bank_type: 'OTHERS',
      attach: '',
      success_time: rfc3339(paid.atMs),
      payer: { openid: trade.openid ?? BUYER_OPENID },
    }),
  };
}

/** A refund as its request and queries show it. */
export function refundFields(trade: Trade, refund: Refund): Record<string, unknown> {
  const total = trade.paid?.fen ?? trade.totalFen;
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.refundNo,
    transaction_id: trade.paid?.tradeNo,
    out_trade_no: trade.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    ...(refund.done?.status === 'SUCCESS' && { success_time: rfc3339(refund.done.atMs) }),
    create_time: rfc3339(refund.requestedMs),
    status: refundStateOf(refund),
    funds_account: 'AVAILABLE',
    amount: {
      total,
      refund: refund.fen,
      payer_total: total,
      payer_refund: refund.fen,
      settlement_total: total,
      settlement_refund: refund.fen,
      discount_refund: 0,
      currency: 'CNY',
    },
  };
}
