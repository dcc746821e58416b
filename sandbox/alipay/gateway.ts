import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import { escapeHtml, renderPage } from '../shared/page.ts';
import { METHODS, type MethodContext, placeTrade, type Request } from './methods.ts';
import { beijingMs, type Keys, sign, signedText, verified } from './wire.ts';

/** Server calls must be this fresh. A page address lives on in the buyer's browser, so it may be a day old. */
const FRESH_MS = 15 * 60_000;
const PAGE_FRESH_MS = 24 * 3600_000;
/** How long an answer is withheld by `timeoutAfterSuccess`: past any client's patience. */
const WITHHELD_MS = 10_000;
const PAGE_PAY = 'alipay.trade.page.pay';

type Params = Record<string, string>;

export interface GatewayContext extends MethodContext {
  keys: Keys;
  app: { appId: string };
  closing: AbortSignal;
}

interface GateError {
  code: '40001' | '40002';
  subCode: string;
  subMsg: string;
}

/** `/gateway.do` checks a request as Alipay does, performs it, and signs the answer; `/bill` hands out bills. */
export function createGateway(context: GatewayContext): Hono {
  const gateway = new Hono();
  gateway.on(['GET', 'POST'], '/gateway.do', async (c) => {
    const params = await readParams(c);
    const fault = params
      ? check(params, context)
      : invalid('isv.invalid-parameter', 'a parameter comes twice');
    if (params?.method === PAGE_PAY) return payPage(c, context, params, fault);
    return answer(c, context, params ?? {}, fault);
  });
  // Whoever has the address gets the file: it is signed for when it is asked for.
  gateway.get('/bill', async (c) => {
    const bill = await context.bills.take(c.req.query('token') ?? '');
    if (!bill) return c.text('账单下载地址已失效 · This address is over', 404);
    const disposition = `attachment; filename="${bill.name}"`;
    return c.body(new Uint8Array(bill.zip), 200, {
      'content-type': 'application/zip',
      'content-disposition': disposition,
    });
  });
  return gateway;
}

/** Parameters of the address and the form together. Null if one comes twice. */
async function readParams(c: Context): Promise<Params | null> {
  const form = c.req.method === 'POST' ? new URLSearchParams(await c.req.text()) : [];
  const params = new Map<string, string>();
  for (const [name, value] of [...new URL(c.req.url).searchParams, ...form]) {
    if (params.has(name)) return null;
    params.set(name, value);
  }
  return Object.fromEntries(params);
}

const missing = (subCode: string): GateError => ({ code: '40001', subCode, subMsg: '缺少参数' });
const invalid = (subCode: string, subMsg: string): GateError => ({ code: '40002', subCode, subMsg });

/** What is wrong with the common parameters, by Alipay's gateway codes. */
function check(params: Params, { app, keys }: GatewayContext): GateError | null {
  if (!params.method) return missing('isv.missing-method');
  if (params.method !== PAGE_PAY && !METHODS.has(params.method))
    return invalid('isv.invalid-method', '不存在的方法名');
  if (!params.app_id) return missing('isv.missing-app-id');
  if (params.app_id !== app.appId) return invalid('isv.invalid-app-id', '无效的AppID参数');
  if (!params.version) return missing('isv.missing-version');
  if (params.version !== '1.0') return invalid('isv.invalid-parameter', '参数无效: version');
  if (params.format && params.format.toUpperCase() !== 'JSON')
    return invalid('isv.invalid-format', '无效的数据格式');
  if (params.charset?.toLowerCase() !== 'utf-8') return invalid('isv.invalid-charset', '字符集错误');
  if (!params.sign_type) return missing('isv.missing-signature-type');
  if (params.sign_type !== 'RSA2') return invalid('isv.invalid-signature-type', '无效的签名类型');
  if (!params.sign) return missing('isv.missing-signature');
  const text = signedText(params, ['sign']);
  if (!verified(text, params.sign, keys.app)) {
    return invalid('isv.invalid-signature', `验签出错，网关生成的验签字符串为：${text}`);
  }
  return checkTime(params);
}

function checkTime(params: Params): GateError | null {
  if (!params.timestamp) return missing('isv.missing-timestamp');
  const atMs = beijingMs(params.timestamp);
  const ageMs = atMs === null ? Number.NaN : Date.now() - atMs;
  const oldestMs = params.method === PAGE_PAY ? PAGE_FRESH_MS : FRESH_MS;
  if (ageMs >= -FRESH_MS && ageMs <= oldestMs) return null;
  return invalid('isv.invalid-timestamp', '非法的时间戳参数');
}

async function answer(
  c: Context,
  context: GatewayContext,
  params: Params,
  fault: GateError | null,
): Promise<Response> {
  if (fault) return c.body(refused(context.keys, params, fault), 200, JSON_TYPE);
  const method = params.method ?? '';
  const { body, succeeded, outTradeNo } = await perform(context, params, method);
  const strikes = (methods: readonly string[]) => succeeded && methods.includes(method);
  if (context.faults.take('timeoutAfterSuccess', outTradeNo, strikes)) await withhold(context.closing);
  return c.body(body, 200, JSON_TYPE);
}

async function withhold(closing: AbortSignal): Promise<void> {
  await delay(WITHHELD_MS, undefined, { signal: closing, ref: false }).catch(() => undefined);
}

const JSON_TYPE = { 'content-type': 'text/html;charset=utf-8' };

async function perform(
  context: GatewayContext,
  params: Params,
  method: string,
): Promise<{ body: string; succeeded: boolean; outTradeNo: string }> {
  const request = requestOf(params);
  const outTradeNo = String((request.biz as Params | null)?.out_trade_no ?? '');
  try {
    const fields = await METHODS.get(method)?.(context, request);
    return {
      body: signed(context.keys, method, { code: '10000', msg: 'Success', ...fields }),
      succeeded: true,
      outTradeNo,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const failure = {
      code: '40004',
      msg: 'Business Failed',
      sub_code: error.code,
      sub_msg: error.message,
    };
    return { body: signed(context.keys, method, failure), succeeded: false, outTradeNo };
  }
}

function requestOf(params: Params): Request {
  let biz: unknown = null;
  try {
    biz = JSON.parse(params.biz_content ?? 'null');
  } catch {
    // Not JSON: refused with the fields that are missing.
  }
  return { biz, notifyUrl: params.notify_url ?? null, returnUrl: params.return_url ?? null };
}

/** An application or method that Alipay does not know gets an unsigned `error_response`, for it has no key to sign for. */
function refused(keys: Keys, params: Params, fault: GateError): string {
  const msg = fault.code === '40001' ? 'Missing Required Arguments' : 'Invalid Arguments';
  const fields = { code: fault.code, msg, sub_code: fault.subCode, sub_msg: fault.subMsg };
  const nameless = !params.method || !METHODS.has(params.method) || /app-id/.test(fault.subCode);
  return nameless ? JSON.stringify({ error_response: fields }) : signed(keys, params.method ?? '', fields);
}

function signed(keys: Keys, method: string, fields: Params): string {
  const inner = JSON.stringify(fields);
  return `{"${method.replaceAll('.', '_')}_response":${inner},"sign":${JSON.stringify(sign(inner, keys.own))}}`;
}

/** Opening the page's address creates the trade and leads to the cashier. */
async function payPage(
  c: Context,
  context: GatewayContext,
  params: Params,
  fault: GateError | null,
): Promise<Response> {
  if (fault) return errorPage(c, fault.subCode, fault.subMsg);
  try {
    const trade = await placeTrade(context, requestOf(params), 'page');
    await context.desk.open(trade);
    return c.redirect(`${context.publicUrl()}/alipay/cashier/${trade.token}`, 302);
  } catch (error) {
    if (error instanceof Refusal) return errorPage(c, error.code, error.message);
    throw error;
  }
}

function errorPage(c: Context, subCode: string, subMsg: string): Response | Promise<Response> {
  const body = `<div class="card"><p class="notice bad">无法支付 · This payment cannot be made</p>
<p><code>${escapeHtml(subCode)}</code></p><p class="soft">${escapeHtml(subMsg)}</p></div>`;
  return c.html(renderPage('无法支付', body), 400);
}
