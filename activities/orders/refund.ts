import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import { loadInboxMessage, loadNode } from '../../db/queries/order-nodes.ts';
import { refundablePayments } from '../../db/queries/refunds.ts';
import { refund as decideRefund } from '../../domain/order/steps/refund.ts';
import type { StepResult } from '../../domain/order/view.ts';
import { contractOf } from './leaf.ts';
import { type MessageStep, requireScope } from './payment-root.ts';

/** Gives back part or all of a leaf's money (PY-8): decides by how much and out of which payments; rows only. */
export async function refundLeaf(db: Database, step: MessageStep): Promise<StepResult> {
  const { orderNo, inboxId, atMs } = step;
  const at = new Date(atMs);
  const { payload, actor } = await loadInboxMessage(db, inboxId);
  const { amountFen, reason } = payload as { amountFen: number | null; reason: string };
  const command = { amountFen: amountFen === null ? null : BigInt(amountFen), reason };
  return await runStep(
    db,
    { orderNo, stepKey: inboxId, action: 'refund', actor, at, inboxId, input: payload },
    async () => {
      const leaf = await loadNode(db, orderNo);
      if (!leaf) throw new Error(`no order ${orderNo}`);
      const [scope, payments] = await Promise.all([
        requireScope(db, leaf.paymentRootNo),
        refundablePayments(db, leaf.paymentRootNo),
      ]);
      const decision = decideRefund({
        ...{ scope, leaf, payments, command, at },
        contract: leaf.state === 'completed' ? await contractOf(db, leaf, at) : null,
        ...{ cause: inboxId, operator: actor },
      });
      return { nodes: scope.root.orderNo === orderNo ? [leaf] : [leaf, scope.root], decision };
    },
  );
}
