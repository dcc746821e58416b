import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Kuaidi100Settings } from '../config.ts';
import { Refusal } from '../shared/control.ts';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import type { Kuaidi100Faults, Operation } from './faults.ts';
import { only, parse } from './form.ts';
import { lastResult } from './notices.ts';
import { type Carrier, isCarrier, type Parcel } from './parcel.ts';
import { noResult, refused } from './refusal.ts';
import { signatureOf } from './wire.ts';

/** How long an answer is withheld by `timeoutAfterSuccess`: past any client's patience. */
const WITHHELD_MS = 10_000;

/**
 * The customer's account, and those it has at carriers; key and secret can be replaced while it runs, and a restart goes
 * back to the settings.
 */
export type Account = Kuaidi100Settings;

export interface GatewayContext {
  books: Books;
  desk: Desk;
  faults: Kuaidi100Faults;
  account: Account;
  closing: AbortSignal;
}

interface Reply {
  trackingNo: string;
  json: object;
}

const number = z.string().regex(/^[\w-]{6,32}$/);
/** Codes come with '4', names of states and areas with the lower levels. */
const detail = z.string().regex(/^\d?$/).default('');
const phone = z.string().min(1).optional();

const subscription = z.object({
  company: z.string(),
  number,
  key: z.string(),
  parameters: z.object({
    callbackurl: z.url({ protocol: /^https?$/ }),
    salt: z.string().default(''),
    resultv2: detail,
    phone,
  }),
});
const question = z.object({ com: z.string(), num: number, resultv2: detail, phone });

/** `POST /poll` and `POST /poll/query.do`: forms in, JSON out, refusals too, always with HTTP 200. */
export function createGateway(context: GatewayContext): Hono {
  return new Hono()
    .post('/poll', (c) => answer(c, context, 'poll', subscribe))
    .post('/poll/query.do', (c) => answer(c, context, 'query', query));
}

async function answer(
  c: Context,
  context: GatewayContext,
  operation: Operation,
  perform: (context: GatewayContext, form: URLSearchParams) => Promise<Reply>,
): Promise<Response> {
  try {
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded');
    const { json, trackingNo } = await perform(
      context,
      new URLSearchParams(isForm ? await c.req.text() : ''),
    );
    await withhold(context, operation, trackingNo);
    return c.json(json);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return c.json({ result: false, returnCode: error.code, message: error.message });
  }
}

/** Waits before an answer that a fault withholds. */
export async function withhold(
  { faults, closing }: Pick<GatewayContext, 'faults' | 'closing'>,
  operation: Operation,
  no: string,
): Promise<void> {
  if (faults.take('timeoutAfterSuccess', no, (operations) => operations.includes(operation)))
    await delay(WITHHELD_MS, undefined, { signal: closing, ref: false }).catch(() => undefined);
}

async function subscribe({ books, desk, account }: GatewayContext, form: URLSearchParams): Promise<Reply> {
  if (only(form, 'schema') !== 'json') throw refused('700', 'schema');
  const { company, number: trackingNo, key, parameters } = parse(subscription, only(form, 'param'), '700');
  if (key !== account.key) throw refused('600');
  if (!isCarrier(company)) throw refused('700', 'company');
  checkPhone(company, books.find(company, trackingNo), parameters.phone);
  await desk.subscribe({
    carrier: company,
    trackingNo,
    callbackUrl: parameters.callbackurl,
    salt: parameters.salt,
    resultv2: parameters.resultv2,
    phone: parameters.phone ?? null,
  });
  return { trackingNo, json: { result: true, returnCode: '200', message: '提交成功' } };
}

async function query({ books, faults, account }: GatewayContext, form: URLSearchParams): Promise<Reply> {
  const [customer, sign, param] = ['customer', 'sign', 'param'].map((name) => only(form, name));
  if (!customer || !sign || !param) throw refused('400');
  if (customer !== account.customer || sign !== signatureOf(param, account.key, account.customer))
    throw refused('503');
  const { com, num: trackingNo, resultv2, phone } = parse(question, param, '400');
  if (!isCarrier(com)) throw new Refusal('400', '找不到对应公司');
  const parcel = books.find(com, trackingNo);
  checkPhone(com, parcel, phone);
  if (!parcel || parcel.events.length === 0 || faults.take('silentQuery', trackingNo)) throw noResult();
  return { trackingNo, json: lastResult(parcel, resultv2) };
}

/** SF tells a track only to who knows the receiver's phone, or its last four digits. */
function checkPhone(carrier: Carrier, parcel: Parcel | undefined, phone: string | undefined): void {
  if (carrier !== 'shunfeng') return;
  const ending = (digits: string) => digits.slice(-4);
  const fits = phone !== undefined && /\d{4}$/.test(phone);
  if (!fits || (parcel?.phone && ending(parcel.phone) !== ending(phone))) throw refused('408');
}
