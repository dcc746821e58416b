import { eq } from 'drizzle-orm';
import type { Decision } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { placeHold as decidePlacing, releaseHold as decideRelease } from '../../domain/order/steps/holds.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { requireNode } from '../queries/order-nodes.ts';
import { orderHolds } from '../schema/index.ts';
import { runStep } from './run-step.ts';

export interface Hold {
  holdId: string;
  reason: string;
  placedBy: string;
}

export interface HoldRequest extends Hold {
  orderNo: string;
  at: Date;
}

/** Stops a leaf's receipt and settlement by a guarded change of its row; a receipt under way sees it or has won. */
export function placeHold(db: Database, request: HoldRequest): Promise<StepResult> {
  return holdStep(db, request, 'hold', decidePlacing);
}

/** Lets a held leaf go on; the rest of its clock runs, at least a day. */
export function releaseHold(db: Database, request: HoldRequest): Promise<StepResult> {
  return holdStep(db, request, 'release', decideRelease);
}

export async function findHold(db: Database, holdId: string) {
  const [row] = await db.select().from(orderHolds).where(eq(orderHolds.holdId, holdId));
  return row;
}

function holdStep(
  db: Database,
  request: HoldRequest,
  action: 'hold' | 'release',
  decide: (leaf: OrderNode, hold: Hold, at: Date) => Decision,
): Promise<StepResult> {
  const { orderNo, holdId, reason, placedBy, at } = request;
  const step = {
    orderNo,
    stepKey: `${action}:${holdId}`,
    action,
    actor: placedBy,
    at,
    input: { holdId, reason },
  };
  return runStep(db, step, async () => {
    const leaf = await requireNode(db, orderNo);
    return { nodes: [leaf], decision: decide(leaf, { holdId, reason, placedBy }, at) };
  });
}
