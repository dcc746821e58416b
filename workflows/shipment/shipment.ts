import {
  ActivityFailure,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  startChild,
} from '@temporalio/workflow';
import type { PushOutcome } from '../../activities/warehouse/push.ts';
import { shipmentWorkflowId } from '../order/messages.ts';
import { outsideForAWhile, steps } from '../shared/activities.ts';
import { unlessStarted } from '../shared/unless-started.ts';

const LONGEST_WAIT_MS = 3_600_000;

/**
 * A shipment that its warehouse is to be told of (FU-2), from the second of an order on, or one whose warehouse did not
 * answer its order: told again and again, ever more rarely, until the warehouse has said yes or no, or it was stopped.
 * What happens to it then is rows and messages to the order.
 */
export async function shipment({
  shipmentNo,
}: {
  shipmentNo: string;
}): Promise<{ shipmentNo: string; outcome: PushOutcome }> {
  for (let waitMs = 60_000; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    setCurrentDetails(`**Shipment ${shipmentNo}**: telling the warehouse.`);
    const outcome = await push(shipmentNo);
    if (outcome) return { shipmentNo, outcome };
    await steps.reportPushTrouble({ shipmentNo, atMs: Date.now() });
    setCurrentDetails(
      `**Shipment ${shipmentNo}**: the warehouse does not answer; told again in ${waitMs / 60_000} min.`,
    );
    await sleep(waitMs, { summary: 'tell the warehouse again' });
  }
}

/** Tells the warehouse for a few minutes; undefined where it did not answer. */
export async function push(shipmentNo: string): Promise<PushOutcome | undefined> {
  try {
    return await outsideForAWhile.pushShipment({ shipmentNo, atMs: Date.now() });
  } catch (error) {
    if (error instanceof ActivityFailure) return undefined;
    throw error;
  }
}

/** Starts the workflow of a shipment; one that is under way is left alone. */
export function startShipment(shipmentNo: string): Promise<void> {
  return unlessStarted(
    startChild(shipment, {
      workflowId: shipmentWorkflowId(shipmentNo),
      args: [{ shipmentNo }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Shipment ${shipmentNo}`,
    }),
  );
}
