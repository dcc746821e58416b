import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { historyFromText } from '../support/history-json.ts';

/*
 * Workflows live for weeks, so new code meets histories that old code wrote. Every recorded history must replay.
 *
 * A test fails here: the change is not one that open orders survive. Put the new behaviour behind `patched('what')` from
 * `@temporalio/workflow`, so that histories without the patch take the old way. Never record a history anew to make it
 * pass: the ones in production cannot be recorded anew.
 *
 * Record when the workflows can do something new, as a further version beside the old ones, which stay:
 *   npx tsx test/replay/record.ts v2
 * A version goes only when no run that could have its history is left open.
 */
const histories = new URL('histories/', import.meta.url);
const recorded = readdirSync(histories, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .sort();
const read = (file: string) => historyFromText(readFileSync(new URL(file, histories), 'utf8'));

const logger = new DefaultLogger('ERROR', () => {});
const bundle = (file: string) =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL(file, import.meta.url)), logger });
let current: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  current = await bundle('../../workflows/index.ts');
});

test('every kind of workflow and every state an order can be found in is recorded', () => {
  for (const name of [
    'order-awaiting-payment',
    'order-awaiting-shipment',
    'order-awaiting-receipt',
    'order-held',
    'order-completed',
    'order-expired',
    'order-expired-with-attempt',
    'order-cancelled',
    'joint-root',
    'joint-child',
    'refund',
    'refund-pending',
    'settlement',
    'reconcile',
  ])
    expect(recorded).toContain(`v1/${name}.json`);
  for (const name of ['order-price-changed', 'order-partly-refunded', 'order-refunded', 'refund-nudged'])
    expect(recorded).toContain(`v2/${name}.json`);
  for (const name of [
    'order-in-warehouse',
    'order-through-warehouse',
    'order-warehouse-replaced',
    'order-warehouse-refused',
    'order-cancel-intercepted',
    'order-cancel-left',
    'order-cancel-asking',
    'order-cancel-by-hand',
    'order-two-warehouses',
    'shipment',
  ])
    expect(recorded).toContain(`v3/${name}.json`);
  for (const name of [
    'after-sale-applied',
    'after-sale-waiting',
    'after-sale-returning',
    'after-sale-refunded',
    'after-sale-exchanged',
    'after-sale-disputed',
    'after-sale-decided',
    'after-sale-silent',
    'after-sale-intercepting',
    'order-with-case',
    'order-case-refunded',
    'order-replacement',
  ])
    expect(recorded).toContain(`v4/${name}.json`);
});

for (const file of recorded) {
  test(`the workflows of today replay ${file}`, async () => {
    await expect(Worker.runReplayHistory({ workflowBundle: current }, read(file))).resolves.toBeUndefined();
  });
}

test('a change that open orders would not survive is caught', async () => {
  const workflowBundle = await bundle('broken-workflows.ts');
  for (const name of ['order-awaiting-payment', 'order-awaiting-receipt', 'order-completed', 'joint-root']) {
    await expect(Worker.runReplayHistory({ workflowBundle }, read(`v1/${name}.json`))).rejects.toMatchObject({
      name: 'DeterminismViolationError',
    });
  }
});
