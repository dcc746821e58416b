import { type ChildProcess, fork } from 'node:child_process';
import { createPrivateKey, createSign, type KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type postgres from 'postgres';
import type { Stack } from '../cli/stack/index.ts';
import { closedLoop } from './load.ts';

export interface CallbackRates {
  /** Notifications verified, stored and acknowledged per second, and bare inserts over HTTP per second, in turns. */
  callbacks: number[];
  bare: number[];
}

const CLIENTS = 32;
const RUNS = 3;

/** P10: genuine Alipay notifications of payments, each of an attempt of its own, against a bare route that inserts. */
export async function measureCallbacks(
  stack: Stack,
  sql: postgres.Sql,
  perRun: number,
): Promise<CallbackRates> {
  const bodies = await signedBodies(stack, sql, perRun * (RUNS + 1));
  const bare = await startBareRoute(stack.databaseUrl);
  const rates: CallbackRates = { callbacks: [], bare: [] };
  try {
    for (let run = 0; run <= RUNS; run++) {
      const batch = bodies.slice(run * perRun, (run + 1) * perRun);
      const one = await postAll(bare.url, batch);
      const other = await postAll(`${stack.apiUrl}/v1/callbacks/alipay`, batch);
      // The first run of each warms up.
      if (run === 0) continue;
      rates.bare.push(one);
      rates.callbacks.push(other);
    }
    return rates;
  } finally {
    bare.process.disconnect();
    await once(bare.process, 'exit');
  }
}

async function postAll(url: string, bodies: readonly string[]): Promise<number> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const { perSecond } = await closedLoop(bodies.length, CLIENTS, async (index) => {
    const response = await fetch(url, { method: 'POST', headers, body: bodies[index] ?? '' });
    const text = await response.text();
    if (text !== 'success') throw new Error(`${url} answered ${response.status} ${text}`);
  });
  return perSecond;
}

/** Attempts of an order that ended long ago, and what Alipay would post about each, signed beforehand. */
async function signedBodies(stack: Stack, sql: postgres.Sql, count: number): Promise<string[]> {
  const { env } = stack;
  const { privateKey } = JSON.parse(readFileSync(env['SANDBOX_ALIPAY_KEYS'] ?? '', 'utf8')) as {
    privateKey: string;
  };
  const key = createPrivateKey(privateKey);
  const orderNo = `B${randomBytes(6).toString('hex')}`;
  const numbers = Array.from({ length: count }, (_, index) => `${orderNo}P${index}`);
  await sql`INSERT INTO payments (out_trade_no, order_no, attempt, method, provider, amount_fen, state, created_at, expires_at)
    SELECT no, ${orderNo}, 1, 'alipay_qr', 'alipay', 100, 'closed', now(), now() FROM unnest(${numbers}::text[]) no`;
  return numbers.map((outTradeNo) => notification(key, env, outTradeNo));
}

function notification(key: KeyObject, env: Record<string, string>, outTradeNo: string): string {
  const params: Record<string, string> = {
    notify_id: outTradeNo,
    notify_type: 'trade_status_sync',
    notify_time: '2026-11-11 00:00:01',
    app_id: env['ALIPAY_APP_ID'] ?? '',
    charset: 'utf-8',
    version: '1.0',
    trade_no: `2026111122001${outTradeNo}`,
    out_trade_no: outTradeNo,
    seller_id: env['ALIPAY_SELLER_ID'] ?? '',
    trade_status: 'TRADE_SUCCESS',
    total_amount: '1.00',
    receipt_amount: '1.00',
    gmt_create: '2026-11-11 00:00:00',
    gmt_payment: '2026-11-11 00:00:01',
  };
  const text = Object.keys(params)
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
  const sign = createSign('RSA-SHA256').update(text, 'utf8').sign(key, 'base64');
  return new URLSearchParams({ ...params, sign_type: 'RSA2', sign }).toString();
}

async function startBareRoute(databaseUrl: string): Promise<{ url: string; process: ChildProcess }> {
  const script = fileURLToPath(new URL('./bare-route.ts', import.meta.url));
  const child = fork(script, [databaseUrl], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the bare route did not start'))),
  ])) as [number];
  return { url: `http://127.0.0.1:${port}/`, process: child };
}
