import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import { loadInboxMessage, requireNode } from '../../db/queries/order-nodes.ts';
import { refundablePayments } from '../../db/queries/refunds.ts';
import type { Decision } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import type { StepAction } from '../../domain/order/states.ts';
import type { StepResult } from '../../domain/order/view.ts';
import { type MessageStep, requireScope } from './payment-root.ts';

/** The step of a leaf that a message asks for: loads it afresh at each try, and decides. */
export async function commandStep(
  db: Database,
  { orderNo, inboxId, atMs }: MessageStep,
  action: StepAction,
  decide: (
    leaf: OrderNode,
    payload: Record<string, unknown>,
    at: Date,
    actor: string,
  ) => Decision | Promise<Decision>,
): Promise<StepResult> {
  const at = new Date(atMs);
  const { payload, actor } = await loadInboxMessage(db, inboxId);
  return await runStep(
    db,
    { orderNo, stepKey: inboxId, action, actor, at, inboxId, input: payload },
    async () => {
      const leaf = await requireNode(db, orderNo);
      return { nodes: [leaf], decision: await decide(leaf, payload, at, actor) };
    },
  );
}

/** A leaf with what it was paid with; `nodes` are those that giving its money back may change, its own first. */
export async function loadMoney(db: Database, orderNo: string) {
  const leaf = await requireNode(db, orderNo);
  const [scope, payments] = await Promise.all([
    requireScope(db, leaf.paymentRootNo),
    refundablePayments(db, leaf.paymentRootNo),
  ]);
  const nodes = scope.root.orderNo === orderNo ? [leaf] : [leaf, scope.root];
  return { nodes, leaf, scope, payments };
}
