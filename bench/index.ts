/** `npm run bench`: starts a stack of its own, measures it against calibrations of the same run, prints and keeps the result. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { seedDemo } from '../cli/seed.ts';
import { type Stack, startStack } from '../cli/stack/index.ts';
import { migrate } from '../db/migrate.ts';
import { measureBulk } from './bulk.ts';
import { calibrateDatabase, requireDurability } from './calibrate.ts';
import { measureCallbacks } from './callbacks.ts';
import { measureOpenCases } from './cases.ts';
import { logInMerchant, newBuyers, seedBench } from './catalogue.ts';
import { CpuMeter, childRunning } from './cpu.ts';
import { cpuHead, cpuRows, type Findings, judge } from './goals.ts';
import { countHistories, otherKinds } from './histories.ts';
import { idleHead, idleRows } from './idle.ts';
import { describeSetting, type Setting } from './machine.ts';
import { type Options, readOptions } from './options.ts';
import { type Bench, runPairs, submitLatencies } from './phases.ts';
import { Shopping } from './shopping.ts';
import { Skeleton } from './skeleton/driver.ts';
import { mergeStatements, statementHead, statementRows } from './statements.ts';
import { median } from './statistics.ts';
import { fixed, renderTable } from './table.ts';
import { TemporalCallMeter } from './temporal-calls.ts';
import { DatabaseWatch } from './writes.ts';

const started = performance.now();
const log = (line: string) =>
  console.log(`[${fixed((performance.now() - started) / 1000, 0).padStart(3)} s] ${line}`);

const options = readOptions(process.argv.slice(2));
const stack = await startStack({
  ephemeral: true,
  log,
  env: { LOG_LEVEL: 'warn' },
  prepareDatabase: async (databaseUrl) => {
    await migrate(databaseUrl);
    await seedDemo(databaseUrl);
    await seedBench(databaseUrl);
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
try {
  await measure(stack, options);
} finally {
  await stack.stop();
}
process.exit(0);

async function measure(stack: Stack, options: Options): Promise<void> {
  const watch = new DatabaseWatch(stack.databaseUrl);
  const connection = await Connection.connect({ address: stack.temporalAddress });
  const namespace = stack.env['TEMPORAL_NAMESPACE'] ?? 'default';
  const client = new Client({ connection, namespace });
  const temporalPid = childRunning('server start-dev');
  const setting = await describeSetting(
    stack.temporalAddress,
    temporalPid !== undefined,
    await requireDurability(watch.sql),
  );
  const merchant = await logInMerchant(stack);
  const buyers = await newBuyers(stack, options.concurrency);
  const pids = {
    api: stack.process('api').pid,
    worker: stack.process('worker').pid,
    sandbox: stack.process('sandbox').pid,
    temporal: temporalPid,
    postgres: childRunning('bin/postgres -D'),
  };
  const shop = () => new Shopping(merchant, stack.sandboxUrl);
  const common = { options, buyers, watch, log, shop };
  // Before anything else: parcels of earlier orders would be under way, and the skeleton's worker polls too.
  log(`${options.idleSeconds} s of idling, ${options.cases} cases, and as long again`);
  const cases = await measureOpenCases(
    { ...common, meter: new CpuMeter(pids) },
    client,
    TemporalCallMeter.of(stack, temporalPid !== undefined, namespace),
  );
  const skeleton = await Skeleton.start(client, stack.temporalAddress, namespace);
  try {
    const calibrations = await calibrateDatabase(stack.databaseUrl, options.calibrationSeconds, log);
    const meter = new CpuMeter({ ...pids, skeleton: skeleton.pid });
    const bench: Bench = { ...common, skeleton, meter };
    const orders = await find(bench, client);
    log('callbacks against a bare route');
    const callbackRates = await measureCallbacks(stack, watch.sql, options.callbacks);
    log(`a file of ${options.bulk} shipments`);
    const bulk = await measureBulk(stack, bench, merchant);
    const findings = { ...orders, callbackRates, bulk, cases };
    report(setting, options, calibrations, findings);
  } finally {
    await skeleton.stop();
    await connection.close();
    await watch.close();
  }
}

async function find(
  bench: Bench,
  client: Client,
): Promise<Omit<Findings, 'callbackRates' | 'bulk' | 'cases'>> {
  const { options, watch, log } = bench;
  const pairs = await runPairs(bench);
  const orderNos = pairs.flatMap(({ p1 }) => p1.orderNos);
  const transitions = await watch.countTransitions(orderNos);
  const callbacks = await watch.countCallbacks(orderNos);
  const perSecond = 0.7 * median(pairs.map(({ p1 }) => p1.perSecond));
  log(`submits at ${fixed(perSecond)}/s for ${options.rateSeconds} s`);
  const latencies = await submitLatencies(bench, perSecond);
  log('orders of the other kinds, then every history');
  const numbers = await otherKinds(bench.shop(), bench.buyers, client, options.kinds);
  const histories: Findings['histories'] = new Map();
  for (const [kind, some] of [['manual shipping', [...orderNos, ...latencies.orderNos]] as const, ...numbers])
    histories.set(kind, await countHistories(client, some));
  return { pairs, histories, transitions, callbacks, latencies };
}

function report(
  setting: Setting,
  options: Options,
  calibrations: { c1: number; c2: number },
  findings: Findings,
): void {
  const goals = judge(findings, calibrations.c1);
  const { pairs, histories } = findings;
  const orders = pairs.reduce((sum, { p1 }) => sum + p1.count, 0);
  const statements = mergeStatements(pairs.flatMap(({ p1 }) => p1.database.statements ?? []));
  const c3 = median(pairs.map((pair) => pair.c3.perSecond));
  const late = pairs.reduce((sum, { p1 }) => sum + p1.late, 0) + findings.latencies.late;
  const reads = pairs.reduce((sum, { p1 }) => sum + p1.reads, 0) / orders;
  console.log(`
Temporal server ${setting.temporalServer} (${setting.temporalKind}), SDK ${setting.temporalSdk}, PostgreSQL ${setting.postgres['server_version']}, Node ${setting.node}
${setting.cores} cores (${setting.cpu}), load before ${fixed(setting.loadBefore)}, commit ${setting.commit}
${options.pairs} pairs of ${options.orders} orders, ${options.concurrency} at a time; ${fixed(reads)} reads of an order until its payment showed; ${late} answers came later than the API waits

C1 ${fixed(calibrations.c1, 0)} inserts/s · C2 ${fixed(calibrations.c2, 0)} updates/s of one row · C3 ${fixed(c3)} skeleton orders/s

${renderTable(
  ['id', 'goal', 'measured', 'reached'],
  goals.map(({ id, goal, measured, reached }) => [id, goal, measured, reached ? 'yes' : 'no']),
)}

${renderTable(cpuHead, cpuRows(pairs, findings.bulk))}

${renderTable(idleHead, idleRows(findings.cases))}

${renderTable(statementHead, statementRows(statements, orders))}`);
  const file = resolve(
    options.json ?? `${projectRoot()}/.dingdan/bench/${setting.startedAt.replace(/[:.]/g, '-')}.json`,
  );
  mkdirSync(dirname(file), { recursive: true });
  const seconds = (performance.now() - started) / 1000;
  const slim = pairs.map(({ c3, p1: { orderNos: _numbers, database, ...p1 } }) => ({
    c3,
    p1: { ...p1, writeTransactions: database.writeTransactions },
  }));
  const result = {
    setting,
    options,
    seconds,
    calibrations: { ...calibrations, c3 },
    goals,
    pairs: slim,
    histories: Object.fromEntries(histories),
    latencies: { ...findings.latencies, orderNos: undefined },
    callbackRates: findings.callbackRates,
    bulk: findings.bulk,
    cases: findings.cases,
    statements,
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${file}`);
}

function projectRoot(): string {
  return resolve(dirname(fileURLToPath(import.meta.url)), '..');
}
