import { type Fen, formatYuan, parseYuan } from '../../domain/money.ts';
import type { RefundRequest, RefundStatus } from '../payments/port.ts';
import { insistOn, succeeded } from './answers.ts';
import { refusal } from './errors.ts';
import type { Call } from './sdk.ts';
import { parseBeijing } from './times.ts';

/**
 * Asks for a refund, then for its proof: `fund_change` of the answer proves nothing, since a repeat of the same number
 * says N whether or not the money moved (PY-8). Accepted without proof is pending. A refusal is believed only when no
 * refund of this number exists, for a repeat may be refused because the first one emptied the trade.
 */
export async function refundTrade(call: Call, request: RefundRequest): Promise<RefundStatus> {
  const method = 'alipay.trade.refund';
  const { refundNo, amountFen, reason } = request;
  const { outTradeNo } = request.trade;
  const answer = await call(method, {
    outTradeNo,
    outRequestNo: refundNo,
    refundAmount: formatYuan(amountFen),
    refundReason: reason,
  });
  if (!succeeded(answer)) {
    const error = refusal(method, answer);
    if (error.retryable) throw error;
    const proof = await queryRefund(call, outTradeNo, refundNo, amountFen);
    if (proof.state !== 'not_found') return proof;
    return { state: 'refused', code: error.code, message: answer.subMsg ?? answer.msg ?? '' };
  }
  const proof = await queryRefund(call, outTradeNo, refundNo, amountFen);
  return proof.state === 'not_found' ? { state: 'pending' } : proof;
}

/**
 * `not_found` is Alipay's "not received or not done": ask again, or repeat the refund with the same number and amount.
 * It never means that another number may be tried. With `askedFen`, a refund of another sum under this number is no
 * proof of this one.
 */
export async function queryRefund(
  call: Call,
  outTradeNo: string,
  refundNo: string,
  askedFen?: Fen,
): Promise<RefundStatus> {
  const method = 'alipay.trade.fastpay.refund.query';
  const answer = await call(method, { outTradeNo, outRequestNo: refundNo, queryOptions: ['gmt_refund_pay'] });
  if (answer.subCode === 'ACQ.TRADE_NOT_EXIST') return { state: 'not_found' };
  if (!succeeded(answer)) throw refusal(method, answer);
  if (answer.refundStatus === undefined || answer.refundStatus === '') return { state: 'not_found' };
  insistOn(method, answer.outRequestNo, refundNo);
  insistOn(method, answer.outTradeNo, outTradeNo);
  if (answer.refundStatus !== 'REFUND_SUCCESS') return { state: 'pending' };
  if (askedFen !== undefined && parseYuan(String(answer.refundAmount)) !== askedFen) {
    return {
      state: 'refused',
      code: 'refund_no_reused',
      message: `${refundNo} refunded ${answer.refundAmount} yuan`,
    };
  }
  return { state: 'succeeded', refundedAt: parseBeijing(answer.gmtRefundPay as string | undefined) };
}
