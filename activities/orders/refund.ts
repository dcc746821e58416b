import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import { loadInboxMessage } from '../../db/queries/order-nodes.ts';
import { loadAllowance, loggedPayload, secondPersonOf } from '../../db/queries/refund-policy.ts';
import type { Decision } from '../../domain/order/effects.ts';
import type { Giver } from '../../domain/order/refund-policy.ts';
import { giveGoodwill } from '../../domain/order/steps/goodwill.ts';
import { refund as decideRefund, type RefundInput } from '../../domain/order/steps/refund.ts';
import { withSecondPerson } from '../../domain/order/steps/second-person.ts';
import type { StepResult } from '../../domain/order/view.ts';
import { contractOf } from './leaf.ts';
import type { MessageStep } from './payment-root.ts';
import { loadMoney } from './step-facts.ts';

/** The message of a refund that staff ask for; with `goodwill` of one that nobody is obliged to (RF-8). */
export interface RefundMessage {
  amountFen: number | null;
  reason: string;
  goodwill?: { kind: 'goodwill' | 'freight'; giver: Giver; reason: string };
}

/** Gives back part or all of a leaf's money (PY-8, RF-8): decides by how much and out of which payments; rows only. */
export async function refundLeaf(db: Database, step: MessageStep): Promise<StepResult> {
  const { orderNo, inboxId, atMs } = step;
  const at = new Date(atMs);
  const { payload, actor } = await loadInboxMessage(db, inboxId);
  return await runStep(
    db,
    { orderNo, stepKey: inboxId, action: 'refund', actor, at, inboxId, input: loggedPayload(payload) },
    async () => {
      const { nodes, ...money } = await loadMoney(db, orderNo);
      const { leaf } = money;
      const isEarned = leaf.state === 'completed' || (leaf.goodwill.platformFen ?? 0) > 0;
      const contract = isEarned ? await contractOf(db, leaf, at) : null;
      const input = { ...money, contract, cause: inboxId, operator: actor, at };
      const decision = await decide(db, input, payload as unknown as RefundMessage);
      const { approval, policy } = await secondPersonOf(db, payload);
      return { nodes, decision: withSecondPerson(decision, approval, policy, leaf.state) };
    },
  );
}

async function decide(
  db: Database,
  input: Omit<RefundInput, 'command'>,
  { amountFen, reason, goodwill }: RefundMessage,
): Promise<Decision> {
  if (!goodwill)
    return decideRefund({
      ...input,
      command: { amountFen: amountFen === null ? null : BigInt(amountFen), reason },
    });
  const { kind, giver } = goodwill;
  return giveGoodwill({
    ...input,
    command: { kind, giver, amountFen: BigInt(amountFen ?? 0), words: reason },
    allowance: await loadAllowance(db, { operator: input.operator, giver, at: input.at }),
  });
}
