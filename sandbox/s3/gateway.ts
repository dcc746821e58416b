import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import type { Books } from './books.ts';
import { CALLS, type Call, type Reply } from './calls.ts';
import type { Operation, S3Faults } from './faults.ts';
import { refused, statusOf } from './refusal.ts';
import { type Account, checkPayload, checkSignature } from './signature.ts';
import { xml } from './xml.ts';

export interface GatewayContext {
  books: Books;
  faults: S3Faults;
  account: Account;
  bucket: string;
  region: string;
  closing: AbortSignal;
}

/** The bucket under `/{bucket}/{key}`: what the system needs of the S3 API, in path style. */
export function createGateway(context: GatewayContext): Hono {
  const gateway = new Hono();
  for (const path of ['/:bucket', '/:bucket/', '/:bucket/:key{.+}'])
    gateway.all(path, async (c) => {
      try {
        return await answer(c, context);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return refuse(c, error, statusOf(error.code));
      }
    });
  return gateway;
}

async function answer(c: Context, context: GatewayContext): Promise<Response> {
  const { books, faults, account, bucket, region, closing } = context;
  const { pathname, search, searchParams } = new URL(c.req.url);
  const { method, headers } = c.req.raw;
  const request = { method, path: pathname, query: search.slice(1), headers };
  checkSignature(request, account, region, Date.now());
  const payload = new Uint8Array(await c.req.arrayBuffer());
  checkPayload(headers, payload);
  if (c.req.param('bucket') !== bucket) throw refused('NoSuchBucket');
  const key = c.req.param('key') ?? '';
  const call = callOf(method, searchParams, key);
  const { operation } = call;
  const strikes = ({ operations }: { operations: readonly Operation[] }) => operations.includes(operation);
  const refusal = faults.take('refuse', key, strikes);
  if (refusal) return refuse(c, refused(refusal.code), operation === 'complete' ? 200 : undefined);
  const isBroken = faults.take('breakOff', key, (operations) => operations.includes(operation)) !== undefined;
  if (isBroken && operation !== 'get') return hangUp(c);
  const reply = await call.perform({ books, key, query: searchParams, headers, payload });
  const slow = faults.take('slow', key, strikes);
  if (slow) await delay(slow.ms, undefined, { signal: closing, ref: false }).catch(() => undefined);
  return respond(isBroken ? { ...reply, content: halfOf(c, reply.content) } : reply);
}

/** What is asked for, by method and query. A subresource that is not known is not passed over. */
function callOf(method: string, query: URLSearchParams, key: string): Call {
  const names = [...query.keys()].filter((name) => name !== 'x-id').sort();
  const call = CALLS.get(`${method} ${key === '' ? 'bucket' : 'object'} ${names.join(' ')}`.trim());
  if (!call) throw names.length > 0 ? refused('NotImplemented', names.join()) : refused('MethodNotAllowed');
  return call;
}

function respond({ status = 200, headers = {}, content }: Reply): Response {
  const body = content === undefined || typeof content === 'string' ? content : ReadableStream.from(content);
  return new Response(body ?? null, { status, headers: { 'x-amz-request-id': requestId(), ...headers } });
}

/** A completion is refused with HTTP 200 where it was begun: S3 answers its head before it knows. */
function refuse(c: Context, { code, message }: Refusal, status: number = statusOf(code)): Response {
  const id = requestId();
  const text = xml('Error', { Code: code, Message: message, Resource: c.req.path, RequestId: id });
  return new Response(c.req.method === 'HEAD' ? null : text, {
    status,
    headers: { 'Content-Type': 'application/xml', 'x-amz-request-id': id },
  });
}

const requestId = (): string =>
  Math.random().toString(36).slice(2).toUpperCase().padEnd(16, '0').slice(0, 16);

function hangUp(c: Context): Response {
  (c.env as { incoming: IncomingMessage }).incoming.socket.destroy();
  return c.body(null);
}

/** Half of the first chunk; then the connection breaks. */
async function* halfOf(c: Context, content: Reply['content'] = ''): AsyncGenerator<Uint8Array> {
  for await (const chunk of typeof content === 'string' ? [Buffer.from(content)] : content) {
    yield chunk.subarray(0, Math.ceil(chunk.length / 2));
    break;
  }
  // What was sent reaches the other side first.
  await delay(100);
  hangUp(c);
}
