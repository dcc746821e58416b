import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import type { Operation } from './faults.ts';
import {
  close,
  jsapi,
  type Method,
  type MethodContext,
  native,
  queryById,
  queryByNo,
  queryRefund,
  refund,
  tradeBill,
} from './methods.ts';
import { statusOf, wrongParameter } from './refusal.ts';
import { type Keys, requestVerified, signedHeaders } from './wire.ts';

/** A request may have been signed this long ago or ahead. */
const FRESH_SECONDS = 300;
/** How long an answer is withheld by `timeoutAfterSuccess`: past any client's patience. */
const WITHHELD_MS = 10_000;

export interface GatewayContext extends MethodContext {
  keys: Keys;
  closing: AbortSignal;
}

/** `/v3/…`: checks a request as WeChat Pay does, performs it, and signs the answer. */
export function createGateway(context: GatewayContext): Hono {
  const serve = (method: Method, operation?: Operation) => (c: Context) =>
    answer(c, context, method, operation);
  return new Hono()
    .post('/v3/pay/transactions/native', serve(native, 'native'))
    .post('/v3/pay/transactions/jsapi', serve(jsapi, 'jsapi'))
    .get('/v3/pay/transactions/out-trade-no/:no', serve(queryByNo, 'query'))
    .get('/v3/pay/transactions/id/:no', serve(queryById, 'query'))
    .post('/v3/pay/transactions/out-trade-no/:no/close', serve(close, 'close'))
    .post('/v3/refund/domestic/refunds', serve(refund, 'refund'))
    .get('/v3/refund/domestic/refunds/:no', serve(queryRefund, 'queryRefund'))
    .get('/v3/bill/tradebill', serve(tradeBill))
    .get('/v3/billdownload/file', (c) => download(c, context));
}

async function answer(
  c: Context,
  context: GatewayContext,
  method: Method,
  operation: Operation | undefined,
): Promise<Response> {
  try {
    const text = await authorizedBody(c, context);
    const request = {
      no: c.req.param('no') ?? '',
      query: c.req.query(),
      body: c.req.method === 'POST' ? parseJson(text) : null,
    };
    const { json, outTradeNo } = await method(context, request);
    const strikes = (operations: readonly Operation[]) =>
      operation !== undefined && operations.includes(operation);
    if (context.faults.take('timeoutAfterSuccess', outTradeNo, strikes)) await withhold(context.closing);
    if (json === null) return c.body(null, 204, signedHeaders('', context.keys.platform));
    return signedJson(c, context.keys, json, 200);
  } catch (error) {
    return refused(c, context.keys, error);
  }
}

/** A bill's file is not signed: the hash in the answer that told its address is. */
async function download(c: Context, context: GatewayContext): Promise<Response> {
  try {
    await authorizedBody(c, context);
    const text = context.bills.read(c.req.query('token') ?? '');
    if (text === undefined) throw new Refusal('RESOURCE_NOT_EXISTS', '账单文件不存在或下载地址已过期');
    return c.body(text, 200, { 'Content-Type': 'text/plain; charset=utf-8' });
  } catch (error) {
    return refused(c, context.keys, error);
  }
}

function refused(c: Context, keys: Keys, error: unknown): Response {
  if (!(error instanceof Refusal)) throw error;
  return signedJson(c, keys, { code: error.code, message: error.message }, statusOf(error));
}

function signedJson(
  c: Context,
  keys: Keys,
  json: object,
  status: ReturnType<typeof statusOf> | 200,
): Response {
  const body = JSON.stringify(json);
  const headers = signedHeaders(body, keys.platform);
  return c.body(body, status, { ...headers, 'Content-Type': 'application/json; charset=utf-8' });
}

/** The raw body of a request that its merchant signed. Throws a Refusal for any other. */
async function authorizedBody(c: Context, { keys, app }: GatewayContext): Promise<string> {
  const body = await c.req.text();
  const fields = authorization(c.req.header('authorization') ?? '');
  const { mchid, serial_no: serial, timestamp = '', nonce_str: nonce = '', signature = '' } = fields;
  const fail = (problem: string) => new Refusal('SIGN_ERROR', `签名错误: ${problem}`);
  if (mchid !== app.mchId) throw fail('商户号不存在');
  if (serial !== keys.merchant.serial) throw fail('商户证书序列号有误');
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > FRESH_SECONDS)
    throw fail('Http头Authorization中的timestamp与发起请求的时间不得超过5分钟');
  if (!/^\w{1,32}$/.test(nonce)) throw fail('nonce_str');
  const { pathname, search } = new URL(c.req.url);
  const request = { method: c.req.method, path: pathname + search, timestamp, nonce, body };
  if (!requestVerified(request, signature, keys.merchant.key)) throw fail('验签失败');
  return body;
}

/** The fields behind `WECHATPAY2-SHA256-RSA2048`; none under another scheme or when one comes twice. */
function authorization(header: string): Record<string, string> {
  const [scheme, rest = ''] = header.split(/ (.*)/s);
  if (scheme !== 'WECHATPAY2-SHA256-RSA2048') return {};
  const fields: Record<string, string> = {};
  for (const part of rest.split(',')) {
    const match = /^\s*(\w+)="([^"]*)"\s*$/.exec(part);
    if (!match?.[1] || match[1] in fields) return {};
    fields[match[1]] = match[2] ?? '';
  }
  return fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongParameter('the body is not JSON');
  }
}

async function withhold(closing: AbortSignal): Promise<void> {
  await delay(WITHHELD_MS, undefined, { signal: closing, ref: false }).catch(() => undefined);
}
