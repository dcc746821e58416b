import type { NewProposal, SecondOpinion } from '../../domain/order/proposal.ts';
import {
  proposeRefund as decideProposing,
  refuseRefund as decideRefusal,
} from '../../domain/order/steps/second-person.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { requireNode } from '../queries/order-nodes.ts';
import { type ProposalRow, requireProposal } from '../queries/refund-policy.ts';
import { runStep } from './run-step.ts';

/** Keeps a large refund until another person decides it: a step of its order, beside its workflow. */
export async function proposeRefund(db: Database, proposal: NewProposal, at: Date): Promise<StepResult> {
  const { proposalNo, orderNo, proposedBy: actor, amountFen, kind, payload } = proposal;
  const step = {
    ...{ orderNo, stepKey: `propose:${proposalNo}`, action: 'propose_refund' as const, actor, at },
    input: { proposalNo, amountFen: Number(amountFen), kind, payload },
  };
  return await runStep(db, step, async () => {
    const leaf = await requireNode(db, orderNo);
    return { nodes: [leaf], decision: decideProposing(leaf, proposal) };
  });
}

/** Another person refuses one, with words. */
export async function refuseRefund(
  db: Database,
  { proposalNo, orderNo, proposedBy }: ProposalRow,
  opinion: SecondOpinion,
  at: Date,
): Promise<StepResult> {
  const step = {
    ...{ orderNo, stepKey: `refuse:${proposalNo}`, action: 'refuse_refund' as const, actor: opinion.by, at },
    input: { proposalNo, proposedBy, words: opinion.words },
  };
  return await runStep(db, step, async () => {
    const [leaf, proposal] = await Promise.all([requireNode(db, orderNo), requireProposal(db, proposalNo)]);
    return { nodes: [leaf], decision: decideRefusal(leaf, proposal, opinion) };
  });
}
