import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { BALANCE_ENDPOINTS } from './balance.ts';
import type { Endpoint, EndpointContext } from './endpoint.ts';
import { Failure } from './failure.ts';
import { fingerprintOf, type Idempotency } from './idempotency.ts';
import { newId } from './intent.ts';
import { parseParams } from './params.ts';
import { PAYMENT_ENDPOINTS } from './payments.ts';
import { REFUND_ENDPOINTS } from './refunds.ts';

/** How long an answer is withheld by `timeoutAfterSuccess`: past any client's patience. */
const WITHHELD_MS = 10_000;

/** The account's keys as they are now; `POST /control/stripe/keys` replaces them. */
export interface Keys {
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
}

export interface ApiContext extends EndpointContext {
  keys: Keys;
  idempotency: Idempotency;
  /** Resolves when everything booked so far is on file. */
  onFile: () => Promise<void>;
  closing: AbortSignal;
}

interface Answer {
  status: number;
  body: string;
  replayed: boolean;
  /** What the answer is about; null if it was refused. */
  tradeName: string | null;
}

/** `/v1/…`: checks a request as Stripe does, performs it once per idempotency key, answers when it is on file. */
export function createApi(context: ApiContext): Hono {
  const api = new Hono();
  for (const endpoint of [...PAYMENT_ENDPOINTS, ...REFUND_ENDPOINTS, ...BALANCE_ENDPOINTS])
    api.on(endpoint.method, endpoint.path, (c) => serve(c, context, endpoint));
  api.all('/v1/*', (c) => {
    const failure = new Failure(404, `Unrecognized request URL (${c.req.method}: ${c.req.path}).`);
    return respond(c, { status: 404, body: textOf(failure), replayed: false, tradeName: null });
  });
  return api;
}

async function serve(c: Context, context: ApiContext, endpoint: Endpoint): Promise<Response> {
  let answer: Answer;
  try {
    authorise(c.req.header('authorization'), context.keys, endpoint.key);
    answer = await answerOnce(c, context, endpoint);
  } catch (error) {
    answer = refused(error);
  }
  await context.onFile();
  const { operation } = endpoint;
  const { tradeName } = answer;
  const strikes = (operations: readonly string[]) => operation !== null && operations.includes(operation);
  if (tradeName !== null && context.faults.take('timeoutAfterSuccess', tradeName, strikes))
    await delay(WITHHELD_MS, undefined, { signal: context.closing, ref: false }).catch(() => undefined);
  return respond(c, answer);
}

function authorise(header: string | undefined, keys: Keys, kind: Endpoint['key']): void {
  const given = header?.replace(/^Bearer /, '');
  const wanted = kind === 'secret' ? keys.secretKey : keys.publishableKey;
  if (given === undefined || given === header) throw new Failure(401, 'You did not provide an API key.');
  if (given === wanted) return;
  if (kind === 'secret' && given === keys.publishableKey)
    throw new Failure(401, 'This API call cannot be made with a publishable API key.', {
      code: 'secret_key_required',
    });
  throw new Failure(401, `Invalid API Key provided: ${given.slice(0, 8)}***`);
}

/** A key is taken from a request's first byte until its answer is on file. */
async function answerOnce(c: Context, context: ApiContext, endpoint: Endpoint): Promise<Answer> {
  const key = c.req.method === 'POST' ? c.req.header('idempotency-key') : undefined;
  if (key === undefined) return execute(c, context, endpoint, await pairsOf(c));
  const { idempotency } = context;
  idempotency.begin(key);
  try {
    const pairs = await pairsOf(c);
    const fingerprint = fingerprintOf(c.req.method, c.req.path, pairs);
    const kept = idempotency.find(key, fingerprint);
    if (kept) {
      const { status, body, tradeName } = kept;
      return { status, body, tradeName, replayed: true };
    }
    const answer = execute(c, context, endpoint, pairs, ({ status, body, tradeName }) =>
      idempotency.keep({ key, fingerprint, status, body, tradeName }),
    );
    await context.onFile();
    return answer;
  } finally {
    idempotency.end(key);
  }
}

async function pairsOf(c: Context): Promise<URLSearchParams> {
  return c.req.method === 'POST' ? new URLSearchParams(await c.req.text()) : new URL(c.req.url).searchParams;
}

/** Performs a request in one go, so that its bookings and its answer are on file together. `executed` hears the answer. */
function execute(
  c: Context,
  context: ApiContext,
  endpoint: Endpoint,
  pairs: URLSearchParams,
  executed: (answer: Answer) => void = () => undefined,
): Answer {
  const perform = endpoint.read(parseParams(pairs));
  const answer = performed(() => perform(context, c.req.param('id') ?? ''));
  if (answer.status !== 429) executed(answer);
  return answer;
}

function performed(perform: () => { tradeName: string; body: object }): Answer {
  try {
    const { tradeName, body } = perform();
    return { status: 200, body: JSON.stringify(body), replayed: false, tradeName };
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): Answer {
  if (!(error instanceof Failure)) throw error;
  return { status: error.status, body: textOf(error), replayed: false, tradeName: null };
}

const textOf = (failure: Failure): string => JSON.stringify(failure.body());

function respond(c: Context, { status, body, replayed }: Answer): Response {
  const version = c.req.header('stripe-version');
  const key = c.req.header('idempotency-key');
  return c.body(body, status as 200, {
    'content-type': 'application/json',
    'request-id': newId('req'),
    ...(version !== undefined && { 'stripe-version': version }),
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(replayed && { 'idempotent-replayed': 'true' }),
  });
}
