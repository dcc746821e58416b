import type { AlipaySdk } from 'alipay-sdk';
import { type Fen, formatYuan, parseYuan } from '../../domain/money.ts';
import type {
  CloseResult,
  PaymentAction,
  PaymentProvider,
  RefundRequest,
  RefundStatus,
  StartPayment,
  TradeStatus,
} from '../payments/port.ts';
import { type AlipayAnswer, failedCall, refusal } from './errors.ts';
import { verifyNotice } from './notice.ts';
import { StrictAlipaySdk } from './sdk.ts';
import { formatBeijing, parseBeijing } from './times.ts';

export interface AlipayConfig {
  gateway: string;
  appId: string;
  sellerId: string;
  /** PKCS8 PEM of our application. */
  privateKey: string;
  /** SPKI PEM of Alipay's key, which signs answers and notifications. */
  alipayPublicKey: string;
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

type Call = (method: string, bizContent: Record<string, unknown>) => Promise<AlipayAnswer>;

/**
 * Alipay over its official SDK (PY-1): QR by `alipay.trade.precreate`, web page by `alipay.trade.page.pay`. Every
 * answer's signature is verified before it is believed.
 */
export function createAlipay(config: AlipayConfig): PaymentProvider {
  const sdk = new StrictAlipaySdk({
    gateway: config.gateway,
    appId: config.appId,
    privateKey: config.privateKey.trim(),
    alipayPublicKey: config.alipayPublicKey.trim(),
    keyType: 'PKCS8',
    timeout: config.timeoutMs ?? 5000,
  });
  const call: Call = (method, bizContent) => execute(sdk, method, { bizContent });
  return {
    name: 'alipay',
    methods: ['alipay_qr', 'alipay_page'],
    start: (request) =>
      request.method === 'alipay_qr'
        ? startQr(sdk, config, request)
        : Promise.resolve(startPage(sdk, config, request)),
    query: (outTradeNo) => queryTrade(call, outTradeNo),
    close: (outTradeNo) => closeTrade(call, outTradeNo),
    refund: (request) => refundTrade(call, request),
    queryRefund: (outTradeNo, refundNo) => queryRefund(call, outTradeNo, refundNo),
    verify: (rawBody) => verifyNotice(sdk, config, rawBody),
    acknowledgement: (accepted) => ({ body: accepted ? 'success' : 'fail', contentType: 'text/plain' }),
  };
}

/** Sends one request. The timestamp is set here because the SDK would write the zone of the process. */
async function execute(
  sdk: AlipaySdk,
  method: string,
  params: { bizContent: Record<string, unknown>; notifyUrl?: string },
): Promise<AlipayAnswer> {
  try {
    return await sdk.exec(
      method,
      { ...params, timestamp: formatBeijing(new Date()) },
      { validateSign: true },
    );
  } catch (error) {
    throw failedCall(method, error);
  }
}

const succeeded = (answer: AlipayAnswer): boolean => answer.code === '10000';

async function startQr(sdk: AlipaySdk, config: AlipayConfig, request: StartPayment): Promise<PaymentAction> {
  const method = 'alipay.trade.precreate';
  const answer = await execute(sdk, method, {
    notifyUrl: config.notifyUrl,
    bizContent: { ...order(request), productCode: 'QR_CODE_OFFLINE' },
  });
  if (!succeeded(answer)) throw refusal(method, answer);
  return { kind: 'qr', qrCode: String(answer.qrCode) };
}

/** A signed address that the buyer's browser opens; nothing is sent from here, and the trade exists once it is open. */
function startPage(sdk: AlipaySdk, config: AlipayConfig, request: StartPayment): PaymentAction {
  const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', {
    notifyUrl: config.notifyUrl,
    timestamp: formatBeijing(new Date()),
    ...(request.returnUrl === undefined ? {} : { returnUrl: request.returnUrl }),
    bizContent: { ...order(request), productCode: 'FAST_INSTANT_TRADE_PAY' },
  });
  return { kind: 'redirect', url };
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

/**
 * Asks for a refund, then for its proof: `fund_change` of the answer proves nothing, since a repeat of the same number
 * says N whether or not the money moved (PY-8). Accepted without proof is pending. A refusal is believed only when no
 * refund of this number exists, for a repeat may be refused because the first one emptied the trade.
 */
async function refundTrade(call: Call, request: RefundRequest): Promise<RefundStatus> {
  const method = 'alipay.trade.refund';
  const answer = await call(method, {
    outTradeNo: request.outTradeNo,
    outRequestNo: request.refundNo,
    refundAmount: formatYuan(request.amountFen),
    refundReason: request.reason,
  });
  if (!succeeded(answer)) {
    const error = refusal(method, answer);
    if (error.retryable) throw error;
    const proof = await queryRefund(call, request.outTradeNo, request.refundNo, request.amountFen);
    if (proof.state !== 'not_found') return proof;
    return { state: 'refused', code: error.code, message: answer.subMsg ?? answer.msg ?? '' };
  }
  const proof = await queryRefund(call, request.outTradeNo, request.refundNo, request.amountFen);
  return proof.state === 'not_found' ? { state: 'pending' } : proof;
}

/**
 * `not_found` is Alipay's "not received or not done": ask again, or repeat the refund with the same number and amount.
 * It never means that another number may be tried. With `askedFen`, a refund of another sum under this number is no
 * proof of this one.
 */
async function queryRefund(
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

/** A signed answer about another number is an answer to another question. */
function insistOn(method: string, answered: unknown, asked: string): void {
  if (answered !== asked)
    throw failedCall(method, new Error(`the answer is about ${String(answered)}, not ${asked}`));
}
