import { randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { Refusal } from '../shared/control.ts';
import type { Books } from './books.ts';
import type { Kuaidi100Faults, Operation } from './faults.ts';
import { only, parse } from './form.ts';
import { type Account, withhold } from './gateway.ts';
import { type Carrier, isCarrier } from './parcel.ts';
import { refused } from './refusal.ts';
import { labelPath, type Person, type Waybill, type WaybillBooks } from './waybill.ts';
import { signatureOf } from './wire.ts';

/** How far the time of a call may be off; Kuaidi100 publishes no limit, this is the sandbox's own. */
const FRESH_MS = 10 * 60_000;
/** How long an order number gets its first answer again. */
const REPEATED_MS = 48 * 3600_000;

export interface LabelContext {
  books: Books;
  waybills: WaybillBooks;
  faults: Kuaidi100Faults;
  account: Account;
  publicUrl: () => string;
  closing: AbortSignal;
}

interface Reply {
  /** By which faults name it. */
  orderId: string;
  code: number;
  data: object | null;
}

const text = z.string().trim().min(1);
const mobile = z.string().regex(/^1\d{10}$/);
const tel = z.string().regex(/^(0\d{2,3}-?\d{7,8}|[48]00-?\d{3}-?\d{4})(-\d{1,6})?$/);
const person = z
  .object({ name: text, mobile: mobile.optional(), tel: tel.optional(), printAddr: text })
  .transform(({ name, mobile, tel, printAddr }, check): Person => {
    const phone = mobile ?? tel;
    if (phone !== undefined) return { name, phone, address: printAddr };
    check.addIssue({ code: 'custom', path: ['mobile'], message: 'mobile or tel' });
    return z.NEVER;
  });
const partner = {
  partnerId: text,
  partnerKey: z.string().optional(),
  partnerSecret: z.string().optional(),
  net: z.string().optional(),
  code: z.string().optional(),
  kuaidicom: z.string().refine(isCarrier),
};
const order = z.object({
  ...partner,
  printType: z.literal('HTML'),
  recMan: person,
  sendMan: person,
  cargo: text,
  count: z.literal(1),
  weight: z.number().positive().optional(),
  payType: z.literal('MONTHLY'),
  expType: z.literal('标准快递'),
  tempId: text,
  orderId: z.string().min(1).max(64),
  reorder: z.boolean().default(true),
  needSubscribe: z.literal(false),
});
const cancellation = z.object({
  ...partner,
  kuaidinum: text,
  orderId: text.optional(),
  reason: text,
});

/** `POST /label/order`: waybills by `method` order and cancel; forms in, JSON out, always with HTTP 200. */
export function createLabels(context: LabelContext): Hono {
  return new Hono().post('/label/order', (c) => answer(c, context));
}

async function answer(c: Context, context: LabelContext): Promise<Response> {
  const begunMs = Date.now();
  const reply = (code: number, message: string, data: object | null) =>
    c.json({ success: code === 200 || code === 30011, code, message, time: Date.now() - begunMs, data });
  try {
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded');
    const form = new URLSearchParams(isForm ? await c.req.text() : '');
    const operation = only(form, 'method');
    if (operation !== 'order' && operation !== 'cancel') throw refused('30001', 'method');
    const param = verified(context, form);
    const { orderId, code, data } = await PERFORM[operation](context, param);
    await withhold(context, operation satisfies Operation, orderId);
    return reply(code, code === 200 ? '成功' : '订单号重复，返回首次下单结果', data);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return reply(Number(error.code), error.message, null);
  }
}

const PERFORM = { order: issue, cancel };

/** The text of `param`, once it is known who signed it, and when. */
function verified({ account }: LabelContext, form: URLSearchParams): string {
  const [key, t, sign, param] = ['key', 't', 'sign', 'param'].map((name) => only(form, name));
  if (!key || !t || !sign || !param) throw refused('30001', '缺少 key, t, sign 或 param');
  if (key !== account.key) throw refused('30003');
  if (sign !== signatureOf(param, t, key, account.secret)) throw refused('30002');
  if (!/^\d{13}$/.test(t) || Math.abs(Date.now() - Number(t)) > FRESH_MS) throw refused('30002', 't');
  return param;
}

async function issue(context: LabelContext, param: string): Promise<Reply> {
  const { books, waybills, faults, publicUrl } = context;
  const asked = parse(order, param, '30001');
  const { orderId, kuaidicom: carrier, partnerId } = asked;
  checkPartner(context, asked);
  const first = waybills.byOrder(orderId);
  const reply = (code: number, waybill: Waybill): Reply => ({
    orderId,
    code,
    data: orderData(waybill, publicUrl()),
  });
  if (!asked.reorder && first && Date.now() - first.createdMs < REPEATED_MS) return reply(30011, first);
  const refusal = faults.take('refuseLabel', orderId);
  if (refusal) throw refused(refusal);
  const waybill = await waybills.add({
    ...{ orderId, carrier, partnerId },
    trackingNo: waybills.numberOf(carrier, (trackingNo) => books.find(carrier, trackingNo) !== undefined),
    labelId: randomBytes(18).toString('base64url'),
    sender: asked.sendMan,
    receiver: asked.recMan,
    goods: asked.cargo,
    weightKg: asked.weight ?? null,
    createdMs: Date.now(),
  });
  return reply(200, waybill);
}

async function cancel(context: LabelContext, param: string): Promise<Reply> {
  const { books, waybills } = context;
  const asked = parse(cancellation, param, '30001');
  checkPartner(context, asked);
  const waybill = waybills.find(asked.kuaidicom, asked.kuaidinum);
  if (!waybill || waybill.partnerId !== asked.partnerId || waybill.cancelledMs !== null)
    throw refused('30009');
  const { carrier, trackingNo, carrierOrderNo, orderId } = waybill;
  if (carrierOrderNo !== null && asked.orderId !== carrierOrderNo) throw refused('30001', 'orderId');
  if (books.find(carrier, trackingNo)?.events.length) throw refused('30020');
  await waybills.cancel(waybill, asked.reason);
  return { orderId, code: 200, data: null };
}

/** The carrier must know the account, and everything that belongs to it must be right. */
function checkPartner({ account }: LabelContext, asked: Record<string, unknown> & { kuaidicom: Carrier }) {
  const known = account.accounts.find(
    ({ carrier, partnerId }) => carrier === asked.kuaidicom && partnerId === asked['partnerId'],
  );
  if (!known) throw refused('30001', 'partnerId');
  const wrong = (['partnerKey', 'partnerSecret', 'net', 'code'] as const).find(
    (name) => known[name] !== asked[name],
  );
  if (wrong) throw refused('30001', wrong);
}

function orderData(waybill: Waybill, publicUrl: string): object {
  return {
    taskId: waybill.labelId,
    kuaidinum: waybill.trackingNo,
    childNum: '',
    returnNum: '',
    label: publicUrl + labelPath(waybill),
    bulkpen: '',
    kdComOrderNum: waybill.carrierOrderNo ?? '',
  };
}
