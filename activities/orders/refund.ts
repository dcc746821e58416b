import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import { loadInboxMessage } from '../../db/queries/order-nodes.ts';
import { refund as decideRefund } from '../../domain/order/steps/refund.ts';
import type { StepResult } from '../../domain/order/view.ts';
import { contractOf } from './leaf.ts';
import type { MessageStep } from './payment-root.ts';
import { loadMoney } from './step-facts.ts';

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
      const { nodes, ...money } = await loadMoney(db, orderNo);
      const { leaf } = money;
      const decision = decideRefund({
        ...{ ...money, command, at },
        contract: leaf.state === 'completed' ? await contractOf(db, leaf, at) : null,
        ...{ cause: inboxId, operator: actor },
      });
      return { nodes, decision };
    },
  );
}
