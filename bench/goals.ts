import type { BulkUpload } from './bulk.ts';
import type { CallbackRates } from './callbacks.ts';
import type { OpenCases } from './cases.ts';
import { type CpuMs, PARTS, type Part, sumMs } from './cpu.ts';
import type { Goal } from './goal.ts';
import type { HistoryCount, Kind } from './histories.ts';
import { idleGoals } from './idle.ts';
import type { Latencies, MeasuredRun, Pair } from './phases.ts';
import { median, percentile } from './statistics.ts';
import { fixed } from './table.ts';

/** Everything the run found, as it goes into the JSON file. */
export interface Findings {
  pairs: Pair[];
  histories: Map<Kind, HistoryCount>;
  transitions: number;
  callbacks: number;
  latencies: Latencies;
  callbackRates: CallbackRates;
  bulk: BulkUpload;
  cases: OpenCases;
}

const EVENTS: Record<Kind, number> = {
  'manual shipping': 36,
  abandoned: 14,
  'abandoned, attempt open': 20,
  cancelled: 16,
  'cancelled, attempt open': 22,
  'joint root, 2 children': 20 + 3 * 2,
  'joint child': 26,
  'through the warehouse': 48,
};

export function judge(findings: Findings, c1: number): Goal[] {
  const { pairs, histories, latencies } = findings;
  return [
    throughput(pairs),
    ...eventGoals(histories),
    ...writeGoals(findings),
    ...cpuGoals(pairs, histories),
    latencyGoal(latencies),
    ...callbackGoals(findings.callbackRates, c1),
    ...bulkGoals(findings.bulk, pairs),
    ...idleGoals(findings.cases),
  ];
}

function throughput(pairs: readonly Pair[]): Goal {
  const ratio = median(pairs.map(({ c3, p1 }) => p1.perSecond / c3.perSecond));
  const rates = `${fixed(median(pairs.map(({ p1 }) => p1.perSecond)))}/s of ${fixed(median(pairs.map(({ c3 }) => c3.perSecond)))}/s`;
  return {
    id: 'P1',
    goal: 'full orders ≥ 0.65 × C3',
    measured: `${fixed(ratio, 2)} (${rates})`,
    reached: ratio >= 0.65,
  };
}

function eventGoals(histories: ReadonlyMap<Kind, HistoryCount>): Goal[] {
  return [...histories].map(([kind, { medianEvents, maxEvents, orders }]) => ({
    id: 'P2',
    goal: `${kind}: events ≤ ${EVENTS[kind]}`,
    measured: `max ${maxEvents}, median ${medianEvents} (${orders} orders)`,
    reached: maxEvents <= EVENTS[kind],
  }));
}

function writeGoals({ pairs, transitions, callbacks }: Findings): Goal[] {
  const orders = total(pairs, ({ p1 }) => p1.count);
  const perOrder = total(pairs, ({ p1 }) => p1.database.writeTransactions) / orders;
  const inbound = (total(pairs, ({ p1 }) => p1.writes) + callbacks) / orders;
  const allowed = transitions / orders + inbound + 2;
  const measured = `${fixed(perOrder, 2)} of ${fixed(allowed, 2)} (${fixed(transitions / orders, 2)} transitions, ${fixed(inbound, 2)} inbound)`;
  const goal: Goal = {
    id: 'P3',
    goal: 'write transactions ≤ transitions + inbound + 2',
    measured,
    reached: perOrder <= allowed,
  };
  const statements = pairs.flatMap(({ p1 }) => p1.database.statements ?? []);
  if (statements.length === 0) return [goal];
  const writing =
    total(
      statements.filter((statement) => statement.writes),
      (statement) => statement.calls,
    ) / orders;
  const each = writing / perOrder;
  return [
    goal,
    { id: 'P3', goal: 'statements per write transaction ≤ 2', measured: fixed(each, 2), reached: each <= 2 },
  ];
}

const ENGINE: Part[] = ['skeleton', 'temporal', 'postgres'];
const PRODUCT: Part[] = ['api', 'worker', 'temporal', 'postgres'];

function cpuGoals(pairs: readonly Pair[], histories: ReadonlyMap<Kind, HistoryCount>): Goal[] {
  const engineMs = median(pairs.map(({ c3 }) => perOrder(c3, ENGINE)));
  const productMs = median(pairs.map(({ p1 }) => perOrder(p1, PRODUCT)));
  const nodeMs = median(
    pairs.map(({ c3, p1 }) => perOrder(p1, ['api', 'worker']) - perOrder(c3, ['skeleton'])),
  );
  const tasks = histories.get('manual shipping')?.maxTasks ?? Number.NaN;
  const ratio = productMs / engineMs;
  return [
    {
      id: 'P4',
      goal: 'CPU per order ≤ 1.5 × C3',
      measured: `${fixed(ratio, 2)} (${fixed(productMs)} of ${fixed(engineMs)} ms)`,
      reached: ratio <= 1.5,
    },
    {
      id: 'P4',
      goal: 'API + worker − worker in C3 ≤ 20 ms',
      measured: `${fixed(nodeMs)} ms`,
      reached: nodeMs <= 20,
    },
    { id: 'P4', goal: 'workflow tasks ≤ 6', measured: `max ${tasks}`, reached: tasks <= 6 },
  ];
}

function latencyGoal({ submitMs, perSecond }: Latencies): Goal {
  const [p50, p99] = [percentile(submitMs, 0.5), percentile(submitMs, 0.99)];
  const measured = `${fixed(p99 / p50, 2)} (p99 ${fixed(p99, 0)} ms, p50 ${fixed(p50, 0)} ms, ${submitMs.length} at ${fixed(perSecond)}/s)`;
  return { id: 'P5', goal: 'submit p99 ≤ 3 × p50 at 70 % of P1', measured, reached: p99 <= 3 * p50 };
}

function callbackGoals({ callbacks, bare }: CallbackRates, c1: number): Goal[] {
  const [taken, inserted] = [median(callbacks), median(bare)];
  return [
    {
      id: 'P10',
      goal: 'callbacks taken ≥ 0.2 × C1',
      measured: `${fixed(taken / c1, 2)} (${fixed(taken, 0)}/s)`,
      reached: taken >= 0.2 * c1,
    },
    {
      id: 'P10',
      goal: 'callbacks taken ≥ 0.5 × bare insert route',
      measured: `${fixed(taken / inserted, 2)} (of ${fixed(inserted, 0)}/s)`,
      reached: taken >= 0.5 * inserted,
    },
  ];
}

function bulkGoals(bulk: BulkUpload, pairs: readonly Pair[]): Goal[] {
  const { rows, bad, answeredSeconds, appliedByAnswer, perSecond, apiPeakMiB } = bulk;
  const ratio = perSecond / median(pairs.map(({ p1 }) => p1.perSecond));
  const grownMiB = apiPeakMiB - bulk.apiBeforeMiB;
  return [
    {
      id: 'FU-3',
      goal: `file of ${rows} shipments answered ≤ 60 s`,
      measured: `${fixed(answeredSeconds)} s (${appliedByAnswer} applied by then)`,
      reached: answeredSeconds <= 60,
    },
    {
      id: 'FU-3',
      goal: 'shipments of the file applied ≥ 2 × P1',
      measured: `${fixed(ratio)} (${fixed(perSecond)}/s, all ${bulk.count} after ${fixed(bulk.seconds, 0)} s)`,
      reached: ratio >= 2,
    },
    {
      id: 'FU-3',
      goal: 'API memory grows ≤ 256 MiB',
      measured: `${fixed(grownMiB, 0)} MiB (to ${fixed(apiPeakMiB, 0)} MiB)`,
      reached: grownMiB <= 256,
    },
    // What is listed or applied otherwise ends the bench.
    { id: 'FU-3', goal: 'bad rows of the file listed exactly', measured: `${bad} of ${bad}`, reached: true },
  ];
}

/** The CPU milliseconds per order of each part, median over the runs: one row per kind of run. */
export function cpuRows(pairs: readonly Pair[], bulk: BulkUpload): string[][] {
  const row = (name: string, runs: readonly MeasuredRun[]) => [
    name,
    ...PARTS.map((part) => {
      const known = runs.flatMap(({ cpuMs, count }) =>
        cpuMs[part] === undefined ? [] : [cpuMs[part] / count],
      );
      return known.length === 0 ? '–' : fixed(median(known));
    }),
    fixed(median(runs.map((run) => totalMs(run.cpuMs) / run.seconds / 1000)), 2),
    fixed(median(runs.map((run) => run.othersCores)), 2),
  ];
  return [
    row(
      'C3',
      pairs.map(({ c3 }) => c3),
    ),
    row(
      'P1',
      pairs.map(({ p1 }) => p1),
    ),
    row('FU-3', [bulk]),
  ];
}
export const cpuHead: string[] = ['CPU ms/order', ...PARTS, 'cores busy', 'by others'];

function totalMs(cpuMs: CpuMs): number {
  return sumMs(cpuMs, PARTS);
}

function perOrder(run: MeasuredRun, parts: readonly Part[]): number {
  return sumMs(run.cpuMs, parts) / run.count;
}

function total<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((sum, item) => sum + pick(item), 0);
}
