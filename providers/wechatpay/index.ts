import type { Keys, WechatpayKeys } from '../../config/keys.ts';
import type { Acknowledgement, PaymentProvider } from '../payments/port.ts';
import { WechatpayApi } from './api.ts';
import { fetchTradeBill } from './fetch-bill.ts';
import { verifyNotice } from './notice.ts';
import { queryRefund, refundTrade } from './refunds.ts';
import { closeTrade, queryTrade, startTrade } from './trades.ts';

export interface WechatpayConfig {
  /** `https://api.mch.weixin.qq.com`, or the sandbox's origin. */
  baseUrl: string;
  appId: string;
  mchId: string;
  keys: Keys<WechatpayKeys>;
  /** Without a query string: WeChat Pay refuses one. */
  notifyUrl: string;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * WeChat Pay v3 over its SDK (PY-1): QR code (Native) and inside WeChat (JSAPI). A trade is known by our number, so it
 * needs no reference of theirs.
 */
export function createWechatpay(config: WechatpayConfig): PaymentProvider {
  const { baseUrl, mchId, keys, timeoutMs = DEFAULT_TIMEOUT_MS } = config;
  const api = new WechatpayApi({ baseUrl, mchId, keys, timeoutMs });
  return {
    name: 'wechatpay',
    methods: ['wechat_native', 'wechat_jsapi'],
    start: (request) => startTrade(api, config, request),
    query: ({ outTradeNo }) => queryTrade(api, config, outTradeNo),
    close: ({ outTradeNo }) => closeTrade(api, config, outTradeNo),
    refund: (request) => refundTrade(api, config, request),
    queryRefund: ({ outTradeNo }, refundNo) => queryRefund(api, outTradeNo, refundNo),
    fetchBill: (day) => fetchTradeBill(api, mchId, day),
    verify: (delivery) => verifyNotice(keys(), config, delivery),
    acknowledgement: (outcome) => ACKNOWLEDGEMENTS[outcome],
  };
}

const failure = (status: Acknowledgement['status'], message: string): Acknowledgement => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify({ code: 'FAIL', message }),
});

/** WeChat Pay reads the status: 2xx ends the telling, anything else is told again. */
const ACKNOWLEDGEMENTS: Record<Parameters<PaymentProvider['acknowledgement']>[0], Acknowledgement> = {
  taken: { status: 204, contentType: null, body: '' },
  refused: failure(401, '验签失败'),
  unknown: failure(404, '订单不存在'),
  failed: failure(503, '系统繁忙，请稍后重试'),
};
