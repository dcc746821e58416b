import type { AlipayKeys, Keys } from '../../config/keys.ts';
import { formatYuan, parseYuan } from '../../domain/money.ts';
import type {
  Acknowledgement,
  CloseResult,
  PaymentProvider,
  StartedPayment,
  StartPayment,
  TradeStatus,
} from '../payments/port.ts';
import { insistOn, succeeded } from './answers.ts';
import { fetchBill } from './bill-file.ts';
import { refusal } from './errors.ts';
import { verifyNotice } from './notice.ts';
import { queryRefund, refundTrade } from './refunds.ts';
import { type Call, callsBy, type StrictAlipaySdk, sdkOf } from './sdk.ts';
import { formatBeijing, parseBeijing } from './times.ts';

export interface AlipayConfig {
  gateway: string;
  appId: string;
  sellerId: string;
  keys: Keys<AlipayKeys>;
  notifyUrl: string;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

/** Answers of `alipay.trade.close` that mean "not waiting for payment": ask what it is instead. */
const NOT_WAITING = new Set([
  'ACQ.TRADE_STATUS_ERROR',
  'ACQ.REASON_TRADE_STATUS_INVALID',
  'ACQ.REASON_ILLEGAL_STATUS',
  'ACQ.TRADE_HAS_CLOSE',
]);

/** Alipay reads the body: exactly `success` ends its telling, anything else is told again. */
const ACKNOWLEDGEMENTS: Record<
  Parameters<PaymentProvider['acknowledgement']>[0],
  Pick<Acknowledgement, 'status' | 'body'>
> = {
  taken: { status: 200, body: 'success' },
  refused: { status: 401, body: 'fail' },
  unknown: { status: 404, body: 'fail' },
  failed: { status: 503, body: 'fail' },
};

/**
 * Alipay over its official SDK (PY-1): QR by `alipay.trade.precreate`, web page by `alipay.trade.page.pay`. Every
 * answer's signature is verified before it is believed. Alipay finds a trade by our number alone.
 */
export function createAlipay(config: AlipayConfig): PaymentProvider {
  const sdk = sdkOf(config);
  const call = callsBy(sdk);
  return {
    name: 'alipay',
    methods: ['alipay_qr', 'alipay_page'],
    start: (request) =>
      request.method === 'alipay_qr'
        ? startQr(call, config, request)
        : Promise.resolve(startPage(sdk(), config, request)),
    query: ({ outTradeNo }) => queryTrade(call, outTradeNo),
    close: ({ outTradeNo }) => closeTrade(call, outTradeNo),
    refund: (request) => refundTrade(call, request),
    queryRefund: ({ outTradeNo }, refundNo) => queryRefund(call, outTradeNo, refundNo),
    fetchBill: (day) => fetchBill(call, day),
    verify: ({ rawBody }) => verifyNotice(sdk(), config, rawBody),
    acknowledgement: (outcome) => ({ ...ACKNOWLEDGEMENTS[outcome], contentType: 'text/plain' }),
  };
}

async function startQr(
  call: Call,
  { notifyUrl }: AlipayConfig,
  request: StartPayment,
): Promise<StartedPayment> {
  const method = 'alipay.trade.precreate';
  const answer = await call(method, { ...order(request), productCode: 'QR_CODE_OFFLINE' }, { notifyUrl });
  if (!succeeded(answer)) throw refusal(method, answer);
  return { action: { kind: 'qr', qrCode: String(answer.qrCode) }, providerRef: null };
}

/** A signed address that the buyer's browser opens; nothing is sent from here, and the trade exists once it is open. */
function startPage(sdk: StrictAlipaySdk, config: AlipayConfig, request: StartPayment): StartedPayment {
  const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', {
    notifyUrl: config.notifyUrl,
    timestamp: formatBeijing(new Date()),
    ...(request.returnUrl === undefined ? {} : { returnUrl: request.returnUrl }),
    bizContent: { ...order(request), productCode: 'FAST_INSTANT_TRADE_PAY' },
  });
  return { action: { kind: 'redirect', url }, providerRef: null };
}

function order(request: StartPayment): Record<string, string> {
  return {
    outTradeNo: request.outTradeNo,
    totalAmount: formatYuan(request.amountFen),
    subject: plainSubject(request.subject),
    timeExpire: formatBeijing(request.expiresAt),
  };
}

/** Alipay's rule for a subject: at most 256 characters, without `/`, `=` and `&`. */
function plainSubject(subject: string): string {
  return [...subject.replace(/[/=&]/g, ' ')].slice(0, 256).join('');
}

/**
 * Alipay calls a trade closed both when nobody paid and when all was refunded. Only the first is `closed` here: a trade
 * with a payment time was paid, whatever went back since.
 */
async function queryTrade(call: Call, outTradeNo: string): Promise<TradeStatus> {
  const method = 'alipay.trade.query';
  const answer = await call(method, { outTradeNo });
  if (answer.subCode === 'ACQ.TRADE_NOT_EXIST') return { state: 'unknown_to_provider' };
  if (!succeeded(answer)) throw refusal(method, answer);
  insistOn(method, answer.outTradeNo, outTradeNo);
  if (answer.tradeStatus === 'WAIT_BUYER_PAY') return { state: 'waiting' };
  const paidAt = parseBeijing(answer.sendPayDate as string | undefined);
  if (!paidAt && answer.tradeStatus === 'TRADE_CLOSED') return { state: 'closed' };
  if (!paidAt)
    throw refusal(method, {
      code: 'no_payment_time',
      subMsg: `${answer.tradeStatus} without a payment time`,
    });
  return {
    state: 'paid',
    providerTradeNo: String(answer.tradeNo),
    amountFen: parseYuan(String(answer.totalAmount)),
    paidAt,
  };
}

/** A trade that Alipay does not know counts as closed: a QR trade exists once it is scanned (decision 18). */
async function closeTrade(call: Call, outTradeNo: string): Promise<CloseResult> {
  const method = 'alipay.trade.close';
  const answer = await call(method, { outTradeNo });
  if (succeeded(answer) || answer.subCode === 'ACQ.TRADE_NOT_EXIST') return { result: 'closed' };
  if (answer.subCode === 'ACQ.TRADE_HAS_SUCCESS' || answer.subCode === 'ACQ.TRADE_HAS_FINISHED') {
    return { result: 'already_paid' };
  }
  if (!NOT_WAITING.has(answer.subCode ?? '')) throw refusal(method, answer);
  const trade = await queryTrade(call, outTradeNo);
  if (trade.state === 'paid') return { result: 'already_paid' };
  if (trade.state !== 'waiting') return { result: 'closed' };
  throw refusal(method, {
    ...answer,
    subCode: 'ACQ.SYSTEM_ERROR',
    subMsg: 'would not close, yet still waits',
  });
}
