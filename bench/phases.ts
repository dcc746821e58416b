import { type Buyer, SHOPS, skuOf } from './catalogue.ts';
import { type CpuMeter, type CpuMs, PARTS, sumMs } from './cpu.ts';
import { closedLoop, constantRate, type Run, sleep, sleepUntil } from './load.ts';
import type { Options } from './options.ts';
import type { Shopping } from './shopping.ts';
import type { Skeleton } from './skeleton/driver.ts';
import { fixed } from './table.ts';
import type { DatabaseWatch, DatabaseWork } from './writes.ts';

export interface Bench {
  options: Options;
  buyers: readonly Buyer[];
  skeleton: Skeleton;
  meter: CpuMeter;
  watch: DatabaseWatch;
  shop: () => Shopping;
  log: (line: string) => void;
}

export interface MeasuredRun extends Run {
  cpuMs: CpuMs;
  /** Cores that work outside this bench kept busy meanwhile: above zero, rates and latencies say little. */
  othersCores: number;
}

export interface Pair {
  c3: MeasuredRun;
  p1: MeasuredRun & {
    writes: number;
    reads: number;
    late: number;
    orderNos: string[];
    database: DatabaseWork;
  };
}

/** Workflows end a moment after their last answer; what they still use belongs to the run. */
const SETTLE_MS = 1_000;

/** C3 and P1 in turn, after a run of each that does not count. */
export async function runPairs(bench: Bench): Promise<Pair[]> {
  const { options, log } = bench;
  await runSkeleton(bench, options.orders);
  await runOrders(bench, options.orders);
  const pairs: Pair[] = [];
  for (let number = 1; number <= options.pairs; number++) {
    const pair = { c3: await runSkeleton(bench, options.orders), p1: await runOrders(bench, options.orders) };
    pairs.push(pair);
    const { c3, p1 } = pair;
    log(
      `pair ${number}: C3 ${fixed(c3.perSecond)}/s, P1 ${fixed(p1.perSecond)}/s, ratio ${fixed(p1.perSecond / c3.perSecond, 2)}`,
    );
  }
  return pairs;
}

async function runSkeleton({ options, skeleton, meter }: Bench, count: number): Promise<MeasuredRun> {
  const used = measureCpu(meter);
  const run = await closedLoop(count, options.concurrency, async () => void (await skeleton.order()));
  await sleep(SETTLE_MS);
  return { ...run, ...used() };
}

async function runOrders({ options, buyers, meter, watch, shop }: Bench, count: number): Promise<Pair['p1']> {
  const shopping = shop();
  await watch.begin();
  const used = measureCpu(meter);
  const run = await closedLoop(count, options.concurrency, (index) =>
    shopping.wholeOrder(buyers[index % buyers.length] as Buyer, index),
  );
  await sleep(SETTLE_MS);
  const cpu = used();
  const database = await watch.end();
  const { writes, reads, late, finished } = shopping;
  return { ...run, ...cpu, writes, reads, late, orderNos: finished, database };
}

/** The CPU time that each part and others use from now until the answer is called. */
export function measureCpu(meter: CpuMeter): () => Pick<MeasuredRun, 'cpuMs' | 'othersCores'> {
  const [before, machineBefore, started] = [meter.read(), meter.readMachine(), performance.now()];
  return () => {
    const cpuMs = meter.since(before);
    const othersMs = meter.readMachine() - machineBefore - sumMs(cpuMs, PARTS);
    return { cpuMs, othersCores: Math.max(0, othersMs / (performance.now() - started)) };
  };
}

export interface Latencies {
  perSecond: number;
  submitMs: number[];
  late: number;
  orderNos: string[];
}

/** How long before its submit a quote is asked for. */
const QUOTE_AHEAD_MS = 1_500;

/**
 * Whole orders arrive at a constant rate (P5). A submit's latency counts from the moment it was due, also when the
 * load generator or the quote before it was late.
 */
export async function submitLatencies(
  { options, buyers, shop }: Bench,
  perSecond: number,
): Promise<Latencies> {
  const shopping = shop();
  const submitMs: number[] = [];
  await constantRate(perSecond, options.rateSeconds, async (index, dueMs) => {
    const buyer = buyers[index % buyers.length] as Buyer;
    const quote = await shopping.quote(buyer, [skuOf(SHOPS.plain, index)]);
    const submitDueMs = dueMs + QUOTE_AHEAD_MS;
    await sleepUntil(submitDueMs);
    const orderNo = await shopping.submit(buyer, quote);
    submitMs.push(performance.now() - submitDueMs);
    await shopping.payShipReceive(buyer, orderNo);
  });
  return { perSecond, submitMs, late: shopping.late, orderNos: shopping.finished };
}
