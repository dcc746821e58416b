import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type postgres from 'postgres';
import { newOrderNo } from '../domain/order/order-no.ts';
import { type Buyer, SHOPS, skuOf } from './catalogue.ts';
import type { CpuMs } from './cpu.ts';
import { closedLoop, sleep } from './load.ts';
import { type Bench, measureCpu } from './phases.ts';
import { fixed } from './table.ts';
import type { TemporalCallMeter } from './temporal-calls.ts';

/** What a stack does while nobody asks anything of it. */
export interface Idle {
  seconds: number;
  cpuMs: CpuMs;
  othersCores: number;
  /** Calls to the Temporal server by operation; null where it runs elsewhere. */
  calls: Record<string, number> | null;
}

/** An idle stack before and after cases were opened (RT-3). */
export interface OpenCases {
  count: number;
  /** Until all were opened, over HTTP. */
  openedSeconds: number;
  before: Idle;
  after: Idle;
}

/** For about a minute V8 collects what was left by the work before. */
const CALM_MS = 75_000;
const AT_ONCE = 8;
const STALLED_MS = 60_000;

/**
 * Opens cases about shipped orders, copies of one that was shipped over HTTP, and lets the stack idle as long before as
 * afterwards. Throws unless every case is open and has its workflow, before and after the idle time.
 */
export async function measureOpenCases(
  { options, buyers, meter, watch: { sql }, shop, log }: Omit<Bench, 'skeleton'>,
  client: Client,
  callMeter: TemporalCallMeter | null,
): Promise<OpenCases> {
  const [shopping, buyer] = [shop(), buyers[0] as Buyer];
  const template = await shopping.submit(buyer, await shopping.quote(buyer, [skuOf(SHOPS.plain, 0)]));
  await shopping.pay(buyer, template);
  await shopping.ship(template);
  const orderNos = await copyShipped(sql, template, options.cases);
  const idle = async (): Promise<Idle> => {
    await sleep(CALM_MS);
    const calls = await callMeter?.read();
    const used = measureCpu(meter);
    await sleep(options.idleSeconds * 1000);
    const cpu = used();
    return {
      ...{ seconds: options.idleSeconds, ...cpu },
      calls: calls && callMeter ? await callMeter.since(calls) : null,
    };
  };
  const before = await idle();
  const { seconds } = await closedLoop(orderNos.length, AT_ONCE, async (index) => {
    await buyer.client.post(`/orders/${orderNos[index]}/after-sales`, {
      ...{ kind: 'return_refund', reason: 'defective', words: '壶嘴裂了' },
      lines: [{ lineNo: 1, quantity: 1 }],
    });
  });
  log(`${orderNos.length} cases opened in ${fixed(seconds)} s`);
  await untilRunning(client, orderNos.length);
  const after = await idle();
  await requireOpen(sql, orderNos);
  await untilRunning(client, orderNos.length);
  return { count: orderNos.length, openedSeconds: seconds, before, after };
}

/** Copies a shipped order with its parcel, which is not watched: what moves is not idle. */
async function copyShipped(sql: postgres.Sql, template: string, count: number): Promise<string[]> {
  const at = new Date();
  const numbers = Array.from({ length: count }, () => newOrderNo(at, () => randomBytes(1)[0] as number));
  await sql`
    INSERT INTO orders SELECT copy.* FROM orders o, unnest(${numbers}::text[]) no, jsonb_populate_record(o,
      jsonb_build_object('order_no', no, 'root_no', no, 'payment_root_no', no, 'quote_id', no)) copy
    WHERE o.order_no = ${template} AND o.state = 'awaiting_receipt'`;
  await sql`
    INSERT INTO order_lines SELECT copy.* FROM order_lines l, unnest(${numbers}::text[]) no,
      jsonb_populate_record(l, jsonb_build_object('order_no', no)) copy
    WHERE l.order_no = ${template}`;
  await sql`
    INSERT INTO shipments SELECT copy.* FROM shipments s, unnest(${numbers}::text[]) no,
      jsonb_populate_record(s, jsonb_build_object('shipment_no', no, 'order_no', no, 'root_no', no,
        'watched_at', s.shipped_at, 'track_ended', true)) copy
    WHERE s.order_no = ${template}`;
  await sql`
    INSERT INTO shipment_lines SELECT no, l.line_no, l.quantity FROM shipments s
      JOIN shipment_lines l USING (shipment_no), unnest(${numbers}::text[]) no
    WHERE s.order_no = ${template}`;
  await sql`ANALYZE orders, order_lines, shipments, shipment_lines`;
  return numbers;
}

/** The list of workflows follows what runs a moment later. */
async function untilRunning(client: Client, wanted: number): Promise<void> {
  const until = performance.now() + STALLED_MS;
  for (;;) {
    const { count } = await client.workflow.count(
      "WorkflowType = 'afterSale' AND ExecutionStatus = 'Running'",
    );
    if (count === wanted) return;
    if (performance.now() > until) throw new Error(`${count} of ${wanted} cases have a running workflow`);
    await sleep(500);
  }
}

async function requireOpen(sql: postgres.Sql, orderNos: readonly string[]): Promise<void> {
  const [found] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM after_sales
    WHERE order_no = ANY(${[...orderNos]}) AND state = 'applied' AND version = 1`;
  if (found?.count !== orderNos.length)
    throw new Error(`${found?.count} of ${orderNos.length} cases are open and as they were opened`);
}
