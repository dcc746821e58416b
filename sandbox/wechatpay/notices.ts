import { type App, tradeFields } from './fields.ts';
import { type Refund, refundStateOf, type Trade } from './trade.ts';
import { type Keys, rfc3339, seal, signedHeaders } from './wire.ts';

/** What a notification tells, before it is sealed. */
export interface NoticeContent {
  event: string;
  resource: Record<string, unknown>;
  createdMs: number;
}

export function paymentContent(trade: Trade, app: App): NoticeContent {
  return { event: 'TRANSACTION.SUCCESS', resource: tradeFields(trade, app), createdMs: Date.now() };
}

/** A refund's notification names no application. */
export function refundContent(trade: Trade, refund: Refund, { mchId }: App): NoticeContent {
  const status = refundStateOf(refund);
  const paidFen = trade.paid?.fen ?? trade.totalFen;
  const resource = {
    mchid: mchId,
    out_trade_no: trade.outTradeNo,
    transaction_id: trade.paid?.tradeNo,
    out_refund_no: refund.refundNo,
    refund_id: refund.refundId,
    refund_status: status,
    ...(refund.done?.status === 'SUCCESS' && { success_time: rfc3339(refund.done.atMs) }),
    user_received_account: '支付用户零钱',
    amount: { total: paidFen, refund: refund.fen, payer_total: paidFen, payer_refund: refund.fen },
  };
  return { event: `REFUND.${status}`, resource, createdMs: Date.now() };
}

interface Signing {
  atMs: number;
  forged: boolean;
  serial?: string;
}

/** One delivery: sealed anew and signed now, under the same id. */
export function composeNotice(
  notifyId: string,
  { event, resource, createdMs }: NoticeContent,
  keys: Keys,
  signing: Signing,
): { headers: Record<string, string>; body: string } {
  const type = event.startsWith('REFUND.') ? 'refund' : 'transaction';
  const body = JSON.stringify({
    id: notifyId,
    create_time: rfc3339(createdMs),
    resource_type: 'encrypt-resource',
    event_type: event,
    summary: event.endsWith('.SUCCESS') ? '成功' : '状态变更',
    resource: {
      original_type: type,
      algorithm: 'AEAD_AES_256_GCM',
      associated_data: type,
      ...seal(JSON.stringify(resource), keys.apiV3Key, type),
    },
  });
  const headers = signedHeaders(body, keys.platform, signing);
  return { headers: { ...headers, 'Content-Type': 'application/json' }, body };
}
