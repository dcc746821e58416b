import { ActivityFailure, patched, sleep, TimeoutFailure } from '@temporalio/workflow';
import type { InterceptAnswer } from '../../activities/warehouse/intercept.ts';
import { outsideOnce } from '../shared/activities.ts';
import { push, startShipment } from '../shipment/shipment.ts';

/**
 * Tells warehouses of shipments (FU-2): a single one from within the order; several, and one whose warehouse does not
 * answer, have workflows of their own.
 */
export async function pushShipments(shipmentNos: readonly string[]): Promise<void> {
  const [only, ...more] = shipmentNos;
  if (only === undefined) return;
  if (more.length === 0 && (await push(only))) return;
  await Promise.all(shipmentNos.map(startShipment));
}

/** Waits before each question to a warehouse: five in half an hour (CN-4). */
const QUESTIONS_MS = [0, 1, 4, 10, 15].map((minutes) => minutes * 60_000);

/** Asks the warehouses to stop shipments (CN-2), until each has said yes or no or five questions were asked. */
export async function interceptShipments(
  shipmentNos: readonly string[],
): Promise<Record<string, InterceptAnswer>> {
  const answers: Record<string, InterceptAnswer> = {};
  for (const waitMs of QUESTIONS_MS) {
    const open = shipmentNos.filter((shipmentNo) => (answers[shipmentNo] ?? 'unknown') === 'unknown');
    if (open.length === 0) break;
    if (waitMs > 0) await sleep(waitMs, { summary: 'ask the warehouse again whether it can be stopped' });
    const found = await Promise.all(open.map(ask));
    for (const [index, shipmentNo] of open.entries()) answers[shipmentNo] = found[index] ?? 'unknown';
  }
  return answers;
}

/** How often a question is put once more whose worker died with it: that was no silence of the warehouse's. */
const TRIES = 3;

async function ask(shipmentNo: string): Promise<InterceptAnswer> {
  for (let tries = 1; ; tries++)
    try {
      return await outsideOnce.interceptShipment({ shipmentNo, atMs: Date.now() });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      const wasLost = error.cause instanceof TimeoutFailure;
      if (!wasLost || tries === TRIES || !patched('ask-again-what-was-lost')) return 'unknown';
    }
}
