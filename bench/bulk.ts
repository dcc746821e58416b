import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type postgres from 'postgres';
import type { ShopClient } from '../cli/shop-client.ts';
import type { Stack } from '../cli/stack/index.ts';
import { newOrderNo } from '../domain/order/order-no.ts';
import { type Buyer, SHOPS, skuOf } from './catalogue.ts';
import { closedLoop, sleep } from './load.ts';
import { type Bench, type MeasuredRun, measureCpu } from './phases.ts';
import { fixed } from './table.ts';

/** How one file of shipments was taken and applied (FU-3). */
export interface BulkUpload extends MeasuredRun {
  /** Of the file; the run counts the good ones, from the request until the last was applied. */
  rows: number;
  /** Rows that must be refused; all of them were, and no other. */
  bad: number;
  /** Until the request was answered. */
  answeredSeconds: number;
  /** Rows that were applied when it was answered. */
  appliedByAnswer: number;
  /** Resident memory of the API before the request, and its peak until the last row was applied. */
  apiBeforeMiB: number;
  apiPeakMiB: number;
}

interface Answer {
  accepted: number;
  pending: number;
  rejected: { line: number; orderNo: string; code: string }[];
}

interface Row {
  orderNo: string;
  carrier: string;
  trackingNo: string;
  /** Why it must be refused; null for a good row. */
  code: string | null;
}

const BAD = ['not_found', 'unknown_carrier', 'invalid_tracking_no', 'not_awaiting_shipment'] as const;
/** One row in so many is bad. */
const BAD_EVERY = 100;
/** Without any row applied for so long the phase fails. */
const STALLED_MS = 60_000;

/**
 * A file of `rows` shipments of which one in a hundred is bad in one of four ways. The orders are copies of one that
 * was paid over HTTP; their workflows start when they are told of their shipment. Throws unless exactly the good rows
 * were applied and exactly the bad ones were listed.
 */
export async function measureBulk(
  stack: Stack,
  { options, buyers, meter, watch: { sql }, shop, log }: Bench,
  merchant: ShopClient,
): Promise<BulkUpload> {
  const [shopping, buyer] = [shop(), buyers[0] as Buyer];
  const template = await shopping.submit(buyer, await shopping.quote(buyer, [skuOf(SHOPS.plain, 0)]));
  await shopping.pay(buyer, template);
  const rows = makeRows(options.bulk);
  await copyOrder(sql, template, rows);
  const shipped = rows.filter(({ code }) => code === 'not_awaiting_shipment');
  await closedLoop(shipped.length, 4, (index) => shopping.ship((shipped[index] as Row).orderNo));
  const before = await readOrders(sql, rows);

  const pid = stack.process('api').pid;
  if (pid === undefined) throw new Error('the API does not run');
  resetPeak(pid);
  const apiBeforeMiB = readMiB(pid, 'VmRSS');
  const good = rows.filter(({ code }) => code === null);
  const used = measureCpu(meter);
  const started = performance.now();
  const answer = await upload(stack, merchant, rows);
  const answeredSeconds = (performance.now() - started) / 1000;
  const appliedByAnswer = await countShipped(sql, good);
  log(`answered after ${fixed(answeredSeconds)} s, ${appliedByAnswer} of ${good.length} rows applied`);
  await untilShipped(sql, good);
  const seconds = (performance.now() - started) / 1000;
  const cpu = used();
  const apiPeakMiB = readMiB(pid, 'VmHWM');

  requireExactly(rows, answer);
  const again = await upload(stack, merchant, rows);
  requireExactly(rows, again);
  if (again.pending !== 0) throw new Error(`${again.pending} rows are pending though all were applied`);
  requireShipped(rows, before, await readOrders(sql, rows));
  return {
    ...{ count: good.length, seconds, perSecond: good.length / seconds, ...cpu },
    ...{ rows: rows.length, bad: rows.length - good.length },
    ...{ answeredSeconds, appliedByAnswer, apiBeforeMiB, apiPeakMiB },
  };
}

function makeRows(count: number): Row[] {
  const at = new Date();
  const random = () => randomBytes(1)[0] as number;
  return Array.from({ length: count }, (_, index) => {
    const orderNo = newOrderNo(at, random);
    const trackingNo = `SF${randomInt(10 ** 12, 10 ** 13)}`;
    const row = { orderNo, carrier: 'shunfeng', trackingNo, code: null };
    if (index % BAD_EVERY !== BAD_EVERY - 1) return row;
    const code = BAD[Math.floor(index / BAD_EVERY) % BAD.length] as (typeof BAD)[number];
    if (code === 'unknown_carrier') return { ...row, code, carrier: 'pigeon' };
    if (code === 'invalid_tracking_no') return { ...row, code, trackingNo: 'SF1' };
    return { ...row, code };
  });
}

/** Copies a paid order with its lines under the number of each row but those of unknown orders. */
async function copyOrder(sql: postgres.Sql, template: string, rows: readonly Row[]): Promise<void> {
  const numbers = rows.filter(({ code }) => code !== 'not_found').map(({ orderNo }) => orderNo);
  await sql`
    INSERT INTO orders SELECT copy.* FROM orders o, unnest(${numbers}::text[]) no, jsonb_populate_record(o,
      jsonb_build_object('order_no', no, 'root_no', no, 'payment_root_no', no, 'quote_id', no)) copy
    WHERE o.order_no = ${template} AND o.state = 'awaiting_shipment' AND o.review = 'confirmed'`;
  await sql`
    INSERT INTO order_lines SELECT copy.* FROM order_lines l, unnest(${numbers}::text[]) no,
      jsonb_populate_record(l, jsonb_build_object('order_no', no)) copy
    WHERE l.order_no = ${template}`;
  await sql`ANALYZE orders, order_lines`;
  if ((await readOrders(sql, rows)).size !== numbers.length)
    throw new Error('the order that was paid does not await shipment');
}

/** Sends the file as a merchant does. */
async function upload({ apiUrl }: Stack, { token }: ShopClient, rows: readonly Row[]): Promise<Answer> {
  const lines = rows.map(({ orderNo, carrier, trackingNo }) => `${orderNo},${carrier},${trackingNo}`);
  const response = await fetch(`${apiUrl}/v1/merchant/shipments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'text/csv',
      'idempotency-key': randomUUID(),
    },
    body: ['order_no,carrier,tracking_no', ...lines].join('\r\n'),
  });
  if (!response.ok) throw new Error(`the file was answered ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

async function untilShipped(sql: postgres.Sql, good: readonly Row[]): Promise<void> {
  let [known, since] = [0, performance.now()];
  while (known < good.length) {
    const shipped = await countShipped(sql, good);
    if (shipped > known) [known, since] = [shipped, performance.now()];
    else if (performance.now() - since > STALLED_MS)
      throw new Error(`${good.length - known} rows are not applied, and nothing moves`);
    await sleep(500);
  }
}

async function countShipped(sql: postgres.Sql, rows: readonly Row[]): Promise<number> {
  const [found] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM orders
    WHERE order_no = ANY(${rows.map(({ orderNo }) => orderNo)}) AND state = 'awaiting_receipt'`;
  return found?.count ?? 0;
}

/** Each order's state with its parcels, by number. */
async function readOrders(sql: postgres.Sql, rows: readonly Row[]): Promise<Map<string, string>> {
  const found = await sql<{ order_no: string; seen: string }[]>`
    SELECT o.order_no, concat_ws(' ', o.state, (
      SELECT string_agg(s.carrier || ' ' || s.tracking_no, ' ') FROM shipments s WHERE s.order_no = o.order_no)) AS seen
    FROM orders o WHERE o.order_no = ANY(${rows.map(({ orderNo }) => orderNo)})`;
  return new Map(found.map(({ order_no, seen }) => [order_no, seen]));
}

/** Throws unless the bad rows, each with its line and code, are all that the answer refuses, and all rows are counted. */
function requireExactly(rows: readonly Row[], { accepted, pending, rejected }: Answer): void {
  const expected = rows.flatMap(({ orderNo, code }, index) =>
    code ? [`${index + 2} ${orderNo} ${code}`] : [],
  );
  const listed = rejected.map(({ line, orderNo, code }) => `${line} ${orderNo} ${code}`);
  if (listed.join('\n') !== expected.join('\n'))
    throw new Error(`refused were\n${listed.join('\n')}\nand not\n${expected.join('\n')}`);
  if (accepted + pending + rejected.length !== rows.length)
    throw new Error(`${accepted} accepted, ${pending} pending, ${rejected.length} refused of ${rows.length}`);
}

/** Throws unless every good row made its parcel and every other order is as it was. */
function requireShipped(
  rows: readonly Row[],
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): void {
  const wrong = rows.filter(({ orderNo, carrier, trackingNo, code }) => {
    const expected = code ? before.get(orderNo) : `awaiting_receipt ${carrier} ${trackingNo}`;
    return after.get(orderNo) !== expected;
  });
  if (wrong.length > 0)
    throw new Error(
      `${wrong.length} orders are not as the file says, such as ${wrong[0]?.orderNo}: ${after.get(wrong[0]?.orderNo ?? '')}`,
    );
}

/** Makes the kernel forget the highest resident memory of a process (`VmHWM`). */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function readMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kib] =
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
