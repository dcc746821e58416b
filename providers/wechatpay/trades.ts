import { Formatter, Rsa } from 'wechatpay-axios-plugin';
import { z } from 'zod';
import type { Keys, WechatpayKeys } from '../../config/keys.ts';
import {
  type CloseResult,
  type PaymentAction,
  ProviderError,
  type StartedPayment,
  type StartPayment,
  type TradeStatus,
} from '../payments/port.ts';
import type { WechatpayApi } from './api.ts';
import { refusal, refusedWith, unexpected } from './errors.ts';
import { formatRfc3339, parseRfc3339 } from './times.ts';

export interface Merchant {
  appId: string;
  mchId: string;
  keys: Keys<WechatpayKeys>;
  notifyUrl: string;
}

const trade = z.object({
  appid: z.string(),
  mchid: z.string(),
  out_trade_no: z.string(),
  trade_state: z.enum(['SUCCESS', 'REFUND', 'NOTPAY', 'USERPAYING', 'CLOSED', 'REVOKED', 'PAYERROR']),
  transaction_id: z.string().optional(),
  success_time: z.string().optional(),
  amount: z.object({ total: z.int().positive().optional(), currency: z.string().default('CNY') }).optional(),
});

/** Refusals to close that leave open what the trade is: paid, being paid, or closed by its own deadline. */
const ASK_INSTEAD = [
  'ORDER_PAID',
  'ORDERPAID',
  'USER_PAYING',
  'USERPAYING',
  'TRADE_ERROR',
  'INVALID_REQUEST',
];

const byNumber = (outTradeNo: string): string =>
  `v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}`;

/**
 * Places the order, by QR code (Native) or inside WeChat (JSAPI). The same number with the same parameters gives the
 * trade again; with others WeChat Pay refuses it.
 */
export async function startTrade(
  api: WechatpayApi,
  merchant: Merchant,
  request: StartPayment,
): Promise<StartedPayment> {
  const action =
    request.method === 'wechat_jsapi'
      ? await startJsapi(api, merchant, request)
      : await startNative(api, merchant, request);
  return { action, providerRef: null };
}

async function startNative(
  api: WechatpayApi,
  merchant: Merchant,
  request: StartPayment,
): Promise<PaymentAction> {
  const path = 'v3/pay/transactions/native';
  const answer = await api.post(path, order(merchant, request));
  const parsed = z.object({ code_url: z.string().min(1) }).safeParse(answer.data);
  if (!parsed.success) throw unexpected(path, 'no code_url');
  return { kind: 'qr', qrCode: parsed.data.code_url };
}

async function startJsapi(
  api: WechatpayApi,
  merchant: Merchant,
  request: StartPayment,
): Promise<PaymentAction> {
  const path = 'v3/pay/transactions/jsapi';
  if (!request.payerId) throw refusal(path, 'PARAM_ERROR', 'wechat_jsapi needs the payer’s openid');
  const answer = await api.post(path, { ...order(merchant, request), payer: { openid: request.payerId } });
  const parsed = z.object({ prepay_id: z.string().min(1) }).safeParse(answer.data);
  if (!parsed.success) throw unexpected(path, 'no prepay_id');
  const timeStamp = String(Formatter.timestamp());
  const nonceStr = Formatter.nonce();
  const prepay = `prepay_id=${parsed.data.prepay_id}`;
  const text = `${merchant.appId}\n${timeStamp}\n${nonceStr}\n${prepay}\n`;
  return {
    kind: 'wechat_jsapi',
    appId: merchant.appId,
    timeStamp,
    nonceStr,
    package: prepay,
    signType: 'RSA',
    paySign: Rsa.sign(text, merchant.keys().merchant.privateKey),
  };
}

function order(merchant: Merchant, request: StartPayment): object {
  return {
    appid: merchant.appId,
    mchid: merchant.mchId,
    description: withinBytes(request.subject, 127),
    out_trade_no: request.outTradeNo,
    time_expire: formatRfc3339(request.expiresAt),
    notify_url: merchant.notifyUrl,
    amount: { total: Number(request.amountFen), currency: 'CNY' },
  };
}

/** The beginning of a text, cut between characters: WeChat Pay counts the bytes of a field, not its characters. */
export function withinBytes(text: string, limit: number): string {
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    cut += character;
  }
  return cut;
}

/** `REFUND` is a trade that was paid and of which something went back since: paid. */
export async function queryTrade(
  api: WechatpayApi,
  merchant: Merchant,
  outTradeNo: string,
): Promise<TradeStatus> {
  const path = byNumber(outTradeNo);
  let data: unknown;
  try {
    ({ data } = await api.get(path, { mchid: merchant.mchId }));
  } catch (error) {
    if (refusedWith(error, 'ORDER_NOT_EXIST')) return { state: 'unknown_to_provider' };
    throw error;
  }
  const parsed = trade.safeParse(data);
  if (!parsed.success) throw unexpected(path, z.prettifyError(parsed.error));
  const answer = parsed.data;
  if (
    answer.out_trade_no !== outTradeNo ||
    answer.mchid !== merchant.mchId ||
    answer.appid !== merchant.appId
  )
    throw unexpected(
      path,
      `the answer is about ${answer.out_trade_no} of ${answer.mchid} and ${answer.appid}`,
    );
  switch (answer.trade_state) {
    case 'SUCCESS':
    case 'REFUND':
      return paid(path, answer);
    case 'NOTPAY':
    case 'USERPAYING':
      return { state: 'waiting' };
    case 'CLOSED':
    case 'REVOKED':
    case 'PAYERROR':
      return { state: 'closed' };
  }
}

function paid(path: string, answer: z.infer<typeof trade>): TradeStatus {
  const { transaction_id: providerTradeNo, amount, trade_state: state } = answer;
  const paidAt = parseRfc3339(answer.success_time);
  if (amount && amount.currency !== 'CNY')
    throw new ProviderError({
      provider: 'wechatpay',
      code: 'wrong_currency',
      message: `${path}: paid in ${amount.currency}`,
      retryable: false,
    });
  if (!providerTradeNo || !amount?.total || !paidAt)
    throw unexpected(path, `${state} without number, sum or time`);
  return { state: 'paid', providerTradeNo, amountFen: BigInt(amount.total), paidAt };
}

/**
 * Closes a trade. A trade exists at WeChat Pay from its start on, so one that it does not know was never placed and can
 * never be paid. Where the refusal leaves open whether money came in, the query decides.
 */
export async function closeTrade(
  api: WechatpayApi,
  merchant: Merchant,
  outTradeNo: string,
): Promise<CloseResult> {
  const path = `${byNumber(outTradeNo)}/close`;
  try {
    const { status, data } = await api.post(path, { mchid: merchant.mchId });
    if (status === 204) return { result: 'closed' };
    // 202 USER_PAYING is a success in HTTP's eyes.
    const code = (data as { code?: unknown } | null)?.code;
    if (!ASK_INSTEAD.includes(String(code))) throw unexpected(path, `HTTP ${status}`);
  } catch (error) {
    if (refusedWith(error, 'ORDER_CLOSED', 'ORDER_NOT_EXIST')) return { result: 'closed' };
    if (!refusedWith(error, ...ASK_INSTEAD)) throw error;
  }
  const found = await queryTrade(api, merchant, outTradeNo);
  if (found.state === 'paid') return { result: 'already_paid' };
  if (found.state !== 'waiting') return { result: 'closed' };
  throw refusal(path, 'SYSTEM_ERROR', 'would not close, yet still waits');
}
