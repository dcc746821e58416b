import { z } from 'zod';
import { Refusal } from '../shared/control.ts';
import type { BillDesk } from './bill-desk.ts';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import type { AlipayFaults } from './faults.ts';
import { BUYER, refundedFen, stateOf, type Trade } from './trade.ts';
import { beijing, beijingMs, fenOf, yuan } from './wire.ts';

export interface MethodContext {
  books: Books;
  desk: Desk;
  bills: BillDesk;
  faults: AlipayFaults;
  /** Where buyers reach the sandbox. */
  publicUrl: () => string;
}

export interface Request {
  biz: unknown;
  notifyUrl: string | null;
  returnUrl: string | null;
}

type Fields = Record<string, string>;
export type Method = (context: MethodContext, request: Request) => Promise<Fields>;

const amount = z.union([z.string(), z.number()]).transform((value, check) => {
  const fen = fenOf(String(value));
  if (fen !== null) return fen;
  check.addIssue('must be yuan between 0.01 and 100000000.00 with at most two decimals');
  return z.NEVER;
});

const time = z.string().transform((value, check) => {
  const atMs = beijingMs(value);
  if (atMs !== null) return atMs;
  check.addIssue('must be yyyy-MM-dd HH:mm:ss');
  return z.NEVER;
});

const newTrade = z.object({
  out_trade_no: z.string().regex(/^\w{1,64}$/),
  total_amount: amount,
  subject: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^/=&]*$/, 'must not hold / = &'),
  product_code: z.string().max(64).optional(),
  time_expire: time.optional(),
});

const named = z.object({
  out_trade_no: z.string().max(64).optional(),
  trade_no: z.string().max(64).optional(),
});
const refundRequest = named.extend({
  refund_amount: amount,
  out_request_no: z.string().min(1).max(64).optional(),
});
const refundQuery = named.extend({
  out_request_no: z.string().min(1),
  query_options: z.array(z.string()).optional(),
});

/** Bills of trades by the day; those of months and of the account's funds are not kept here. */
const billRequest = z.object({ bill_type: z.literal('trade'), bill_date: z.iso.date() });

function parse<Output>(schema: z.ZodType<Output>, biz: unknown): Output {
  const parsed = schema.safeParse(biz);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Refusal('ACQ.INVALID_PARAMETER', `参数无效: ${issue?.path.join('.')} ${issue?.message}`);
}

/** The trade a request names. One that nobody opened does not exist yet for the merchant. */
function existing(books: Books, biz: z.infer<typeof named>): Trade {
  const trade = biz.trade_no ? books.findByTradeNo(biz.trade_no) : books.find(biz.out_trade_no ?? '');
  if (!trade?.opened) throw new Refusal('ACQ.TRADE_NOT_EXIST', '交易不存在');
  return trade;
}

/** Creates the trade of a merchant's number, or finds it again when the request is the same. */
export async function placeTrade(
  context: MethodContext,
  request: Request,
  kind: Trade['kind'],
): Promise<Trade> {
  const biz = parse(newTrade, request.biz);
  const known = context.books.find(biz.out_trade_no);
  if (known?.paid) throw new Refusal('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
  if (known?.closed) throw new Refusal('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
  if (
    known &&
    (known.totalFen !== biz.total_amount || known.kind !== kind || known.subject !== biz.subject)
  ) {
    throw new Refusal('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
  }
  if (biz.time_expire !== undefined && biz.time_expire <= Date.now()) {
    throw new Refusal('ACQ.INVALID_PARAMETER', '参数无效: time_expire is over');
  }
  if (known) return known;
  const { trade, onFile } = context.books.create({
    outTradeNo: biz.out_trade_no,
    kind,
    subject: biz.subject,
    totalFen: biz.total_amount,
    notifyUrl: request.notifyUrl,
    returnUrl: request.returnUrl,
    expiresMs: biz.time_expire ?? null,
  });
  await onFile;
  return trade;
}

export function qrUrl(publicUrl: string, trade: Trade): string {
  return `${publicUrl}/alipay/qr/${trade.token}`;
}

const precreate: Method = async (context, request) => {
  const outTradeNo = parse(newTrade, request.biz).out_trade_no;
  const failure = context.faults.take('failPrecreate', outTradeNo);
  if (failure) throw new Refusal(failure, '下单失败');
  const trade = await placeTrade(context, request, 'qr');
  return { out_trade_no: trade.outTradeNo, qr_code: qrUrl(context.publicUrl(), trade) };
};

const query: Method = async ({ books, desk }, { biz }) => {
  const trade = existing(books, parse(named, biz));
  await desk.expire(trade);
  const total = yuan(trade.paid?.fen ?? trade.totalFen);
  return {
    ...numbers(trade),
    trade_status: stateOf(trade),
    total_amount: total,
    buyer_user_id: BUYER.userId,
    buyer_logon_id: BUYER.logonId,
    buyer_pay_amount: trade.paid ? total : '0.00',
    receipt_amount: trade.paid ? total : '0.00',
    point_amount: '0.00',
    invoice_amount: trade.paid ? total : '0.00',
    ...(trade.paid && { send_pay_date: beijing(trade.paid.atMs) }),
  };
};

const close: Method = async ({ books, desk }, { biz }) => {
  const trade = existing(books, parse(named, biz));
  await desk.close(trade);
  return numbers(trade);
};

const refund: Method = async ({ books, desk }, { biz }) => {
  const request = parse(refundRequest, biz);
  const trade = existing(books, request);
  if (request.out_request_no === undefined && request.refund_amount !== trade.paid?.fen) {
    throw new Refusal('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '部分退款需要 out_request_no');
  }
  const outRequestNo = request.out_request_no ?? trade.outTradeNo;
  const moved = await desk.refund(trade, { outRequestNo, fen: request.refund_amount });
  return {
    ...numbers(trade),
    buyer_logon_id: BUYER.logonId,
    fund_change: moved ? 'Y' : 'N',
    refund_fee: yuan(refundedFen(trade)),
  };
};

const queryRefund: Method = async ({ books }, { biz }) => {
  const request = parse(refundQuery, biz);
  const trade = existing(books, request);
  const found = trade.refunds.find((one) => one.outRequestNo === request.out_request_no);
  if (!found?.doneMs) return {};
  return {
    ...numbers(trade),
    out_request_no: found.outRequestNo,
    total_amount: yuan(trade.paid?.fen ?? trade.totalFen),
    refund_amount: yuan(found.fen),
    refund_status: 'REFUND_SUCCESS',
    ...(request.query_options?.includes('gmt_refund_pay') && { gmt_refund_pay: beijing(found.doneMs) }),
  };
};

const billAddress: Method = async ({ bills, publicUrl }, { biz }) => {
  const parsed = billRequest.safeParse(biz);
  if (!parsed.success) throw new Refusal('isv.invalid-arguments', '入参不合法');
  const token = bills.offer(parsed.data.bill_date);
  if (token === null) throw new Refusal('isp.bill_not_exist', '账单不存在');
  return { bill_download_url: `${publicUrl()}/alipay/bill?token=${token}` };
};

function numbers(trade: Trade): Fields {
  return { trade_no: trade.opened?.tradeNo ?? '', out_trade_no: trade.outTradeNo };
}

/** The methods answered with JSON; `alipay.trade.page.pay` is answered with a page. */
export const METHODS = new Map<string, Method>([
  ['alipay.trade.precreate', precreate],
  ['alipay.trade.query', query],
  ['alipay.trade.close', close],
  ['alipay.trade.refund', refund],
  ['alipay.trade.fastpay.refund.query', queryRefund],
  ['alipay.data.dataservice.bill.downloadurl.query', billAddress],
]);
