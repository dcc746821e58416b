import { z } from 'zod';
import { Refusal } from '../shared/control.ts';
import type { BillFiles } from './bill.ts';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import type { WechatpayFaults } from './faults.ts';
import { type App, refundFields, tradeFields } from './fields.ts';
import { wrongParameter } from './refusal.ts';
import type { Trade } from './trade.ts';
import { beijingDay } from './wire.ts';

export interface MethodContext {
  books: Books;
  bills: BillFiles;
  desk: Desk;
  faults: WechatpayFaults;
  app: App;
  /** Where buyers and the merchant reach the sandbox. */
  publicUrl: () => string;
}

export interface Request {
  /** The number in the path; empty where it has none. */
  no: string;
  query: Record<string, string>;
  /** Parsed JSON; null on GET. */
  body: unknown;
}

export interface Reply {
  /** The trade it is about, for faults that strike one trade. */
  outTradeNo: string;
  /** Null: 204, no body. */
  json: object | null;
}

export type Method = (context: MethodContext, request: Request) => Promise<Reply>;

/** WeChat Pay counts the bytes of a field. */
const bytes = (most: number) =>
  z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= most, `字节数大于最大值 ${most}`);
const currency = z.literal('CNY').default('CNY');
const fen = z.int().min(1).max(10_000_000_000);
const notifyUrl = z
  .url({ protocol: /^https?$/ })
  .max(255)
  .regex(/^[^?#]*$/, 'must have no query string');

const order = z.object({
  appid: z.string().min(1).max(32),
  mchid: z.string().min(1).max(32),
  description: bytes(127),
  out_trade_no: z.string().regex(/^[\w\-*|]{6,32}$/),
  time_expire: z.iso.datetime({ offset: true }).optional(),
  notify_url: notifyUrl,
  amount: z.object({ total: fen, currency }),
});
const payer = z.object({ payer: z.object({ openid: z.string().min(1).max(128) }) });

const refundRequest = z
  .object({
    transaction_id: z.string().max(32).optional(),
    out_trade_no: z.string().max(32).optional(),
    out_refund_no: z.string().regex(/^[\w\-*|@]{1,64}$/),
    reason: bytes(80).optional(),
    notify_url: notifyUrl.optional(),
    amount: z.object({ refund: fen, total: fen, currency: z.literal('CNY') }),
  })
  .refine((biz) => biz.transaction_id ?? biz.out_trade_no, 'transaction_id or out_trade_no');

const billRequest = z.object({
  bill_date: z.iso.date(),
  bill_type: z.literal('ALL', 'the sandbox makes bills of type ALL').default('ALL'),
  tar_type: z.never('the sandbox sends files as they are').optional(),
});

function parse<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw wrongParameter(`${issue?.path.join('.')} ${issue?.message}`);
}

/** A request names the merchant that signs it. */
function checkMerchant(mchid: unknown, { mchId }: App): void {
  if (mchid !== mchId) throw wrongParameter('mchid is not the one of Authorization');
}

function existing(trade: Trade | undefined): Trade {
  if (!trade) throw new Refusal('ORDER_NOT_EXIST', '订单不存在');
  return trade;
}

/** Without `time_expire` a trade can be paid for a week. */
const DEFAULT_EXPIRY_MS = 7 * 24 * 3600_000;

async function place(
  { desk, app }: MethodContext,
  body: unknown,
  kind: Trade['kind'],
): Promise<{ outTradeNo: string; token: string }> {
  const biz = parse(order, body);
  const openid = kind === 'jsapi' ? parse(payer, body).payer.openid : null;
  if (biz.mchid === app.mchId && biz.appid !== app.appId)
    throw new Refusal('APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配');
  checkMerchant(biz.mchid, app);
  const expiresMs = biz.time_expire ? Date.parse(biz.time_expire) : Date.now() + DEFAULT_EXPIRY_MS;
  if (expiresMs <= Date.now()) throw wrongParameter('time_expire is over');
  const outTradeNo = biz.out_trade_no;
  const token = await desk.place({
    outTradeNo,
    kind,
    description: biz.description,
    totalFen: biz.amount.total,
    notifyUrl: biz.notify_url,
    openid,
    expiresMs,
  });
  return { outTradeNo, token };
}

export const native: Method = async (context, { body }) => {
  const { outTradeNo, token } = await place(context, body, 'native');
  return { outTradeNo, json: { code_url: `${context.publicUrl()}/wechatpay/qr/${token}` } };
};

export const jsapi: Method = async (context, { body }) => {
  const { outTradeNo, token } = await place(context, body, 'jsapi');
  return { outTradeNo, json: { prepay_id: token } };
};

async function shown({ desk, app }: MethodContext, trade: Trade): Promise<Reply> {
  await desk.expire(trade);
  return { outTradeNo: trade.outTradeNo, json: tradeFields(trade, app) };
}

export const queryByNo: Method = (context, { no, query }) => {
  checkMerchant(query.mchid, context.app);
  return shown(context, existing(context.books.find(no)));
};

export const queryById: Method = (context, { no, query }) => {
  checkMerchant(query.mchid, context.app);
  return shown(context, existing(context.books.findByTradeNo(no)));
};

export const close: Method = async ({ books, desk, app }, { no, body }) => {
  checkMerchant(parse(z.object({ mchid: z.string() }), body).mchid, app);
  const trade = existing(books.find(no));
  await desk.close(trade);
  return { outTradeNo: trade.outTradeNo, json: null };
};

export const refund: Method = async ({ books, desk }, { body }) => {
  const biz = parse(refundRequest, body);
  const trade = biz.transaction_id
    ? books.findByTradeNo(biz.transaction_id)
    : books.find(biz.out_trade_no ?? '');
  if (!trade) throw new Refusal('RESOURCE_NOT_EXISTS', '订单不存在');
  const accepted = await desk.refund(trade, {
    refundNo: biz.out_refund_no,
    fen: biz.amount.refund,
    totalFen: biz.amount.total,
    notifyUrl: biz.notify_url ?? null,
  });
  return { outTradeNo: trade.outTradeNo, json: refundFields(trade, accepted) };
};

export const queryRefund: Method = async ({ books }, { no }) => {
  const found = books.findRefund(no);
  if (!found) throw new Refusal('RESOURCE_NOT_EXISTS', '退款单不存在');
  return { outTradeNo: found.trade.outTradeNo, json: refundFields(found.trade, found.refund) };
};

/** The provider makes a day's bill on the next morning. The sandbox does so at once, for today too. */
export const tradeBill: Method = async (context, { query }) => {
  const { bill_date: day } = parse(billRequest, query);
  if (day > beijingDay(Date.now())) throw new Refusal('NO_STATEMENT_EXIST', '账单文件不存在');
  const { token, sha1 } = context.bills.make(day, context);
  const address = `${context.publicUrl()}/v3/billdownload/file?token=${token}`;
  return { outTradeNo: '', json: { hash_type: 'SHA1', hash_value: sha1, download_url: address } };
};
