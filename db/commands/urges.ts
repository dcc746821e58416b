import { and, desc, eq } from 'drizzle-orm';
import { urge as decideUrge } from '../../domain/order/steps/urge.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { requireNode } from '../queries/order-nodes.ts';
import { orderLog } from '../schema/index.ts';
import { runStep } from './run-step.ts';

/** The buyer's urge: a guarded step of the leaf, so that two at once are one. `key` names the request. */
export function urge(
  db: Database,
  { orderNo, key, actor, at }: { orderNo: string; key: string; actor: string; at: Date },
): Promise<StepResult> {
  const step = { orderNo, stepKey: `urge:${key}`, action: 'urge' as const, actor, at, input: {} };
  return runStep(db, step, async () => {
    const leaf = await requireNode(db, orderNo);
    const [last] = await db
      .select({ at: orderLog.at })
      .from(orderLog)
      .where(and(eq(orderLog.orderNo, orderNo), eq(orderLog.action, 'urge')))
      .orderBy(desc(orderLog.id))
      .limit(1);
    return { nodes: [leaf], decision: decideUrge(leaf, last?.at ?? null, at) };
  });
}
