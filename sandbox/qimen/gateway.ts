import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import type { QimenFaults } from './faults.ts';
import { CALLS, type MethodContext } from './methods.ts';
import { type Connection, fromBeijing, signature, XML_TYPE } from './wire.ts';
import { readXml, type Written, writeXml, type Xml } from './xml.ts';

/** A request may have been signed this long ago or ahead. */
const FRESH_MS = 10 * 60_000;
/** How long the warehouse is silent under a fault: past any client's patience. */
const SILENCE_MS = 10_000;

export interface GatewayContext extends MethodContext {
  connection: Connection;
  faults: QimenFaults;
  closing: AbortSignal;
}

/** `POST /router`: checks a call as Qimen does and performs it. Refusals come with HTTP 200 and a flag of failure. */
export function createGateway(context: GatewayContext): Hono {
  return new Hono().post('/router', async (c) => {
    try {
      return await answer(c, context);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return respond(c, { flag: 'failure', code: error.code, message: error.message });
    }
  });
}

async function answer(c: Context, context: GatewayContext): Promise<Response> {
  const { faults, closing } = context;
  const body = await c.req.text();
  const method = authorizedMethod(c, context.connection, body);
  const call = CALLS.get(method);
  if (!call) throw new Refusal('invalid-method', 'Invalid method');
  const request = requestOf(body);
  const shipmentNo = call.shipmentNo(request);
  if (call.operation === 'cancel' && faults.take('silentOnCancel', shipmentNo)) {
    await silence(closing);
    return c.body(null, 504);
  }
  const answered = await call.perform(context, request);
  if (faults.take('timeoutAfterSuccess', shipmentNo, (operations) => operations.includes(call.operation)))
    await silence(closing);
  return respond(c, { flag: 'success', code: '0', message: '操作成功', ...answered });
}

function respond(c: Context, content: { [name: string]: Written }): Response {
  return c.body(writeXml('response', content), 200, { 'Content-Type': XML_TYPE });
}

/** The method of a call that its owner signed. Throws a Refusal for any other. */
function authorizedMethod(c: Context, { appKey, customerId, secret }: Connection, body: string): string {
  const query = new URL(c.req.url).searchParams;
  if (new Set(query.keys()).size !== query.size)
    throw new Refusal('invalid-parameter', 'a parameter comes twice');
  if (query.get('app_key') !== appKey) throw new Refusal('invalid-app-key', 'Invalid app Key');
  if (query.get('customerId') !== customerId) throw new Refusal('invalid-customer-id', 'Invalid customerId');
  if (query.get('v') !== '2.0') throw new Refusal('invalid-version', 'Invalid version');
  if (query.get('format') !== 'xml' || !/^(text|application)\/xml\b/.test(c.req.header('content-type') ?? ''))
    throw new Refusal('invalid-format', 'Invalid format');
  if (query.get('sign_method') !== 'md5') throw new Refusal('invalid-sign-method', 'Invalid sign_method');
  if (query.get('sign') !== signature(query, body, secret))
    throw new Refusal('sign-check-failure', 'Illegal request');
  const age = Math.abs(Date.now() - fromBeijing(query.get('timestamp') ?? ''));
  if (Number.isNaN(age) || age > FRESH_MS) throw new Refusal('invalid-timestamp', 'Invalid timestamp');
  return query.get('method') ?? '';
}

function requestOf(body: string): Xml {
  try {
    return readXml(body, 'request');
  } catch (error) {
    throw new Refusal('invalid-xml', `报文格式错误: ${(error as Error).message}`);
  }
}

async function silence(closing: AbortSignal): Promise<void> {
  await delay(SILENCE_MS, undefined, { signal: closing, ref: false }).catch(() => undefined);
}
