import { formatYuan, sumFen } from '../../money.ts';
import { accept, type Decision, type Effects, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import {
  approvalItemOf,
  isSamePerson,
  type NewProposal,
  type Proposal,
  type SecondOpinion,
} from '../proposal.ts';
import type { RefundPolicy } from '../refund-policy.ts';
import { isPossible, type NodeState } from '../states.ts';

/** A large refund is asked for: it waits, as a work item of finance, for another person. */
export function proposeRefund(leaf: OrderNode, proposal: NewProposal): Decision {
  if (leaf.kind === 'parent' || !isPossible('propose_refund', leaf.state))
    return refuse('not_refundable', leaf.state);
  if (proposal.amountFen > leaf.payableFen - leaf.givenBackFen) return refuse('more_than_paid', leaf.state);
  const { proposalNo, orderNo, caseNo, amountFen, proposedBy } = proposal;
  const effects = noEffects();
  effects.proposals.push(proposal);
  effects.workItems.push({
    ...{ workItemId: approvalItemOf(proposalNo), kind: 'refund_approval', orderNo },
    reason: `${proposedBy} asks to give back CNY ${formatYuan(amountFen)}${caseNo ? ` by a ruling of case ${caseNo}` : ''}`,
    ownerRole: 'finance',
    waysOut: ['approve', 'refuse'],
  });
  effects.notices.push({
    ...{ orderNo, event: `refund_proposed:${proposalNo}`, recipient: 'platform:finance' },
    params: { proposalNo, amountFen: Number(amountFen) },
  });
  return accept(effects);
}

/** Another person refuses it: nothing is given back. */
export function refuseRefund(leaf: OrderNode, proposal: Proposal, opinion: SecondOpinion): Decision {
  const obstacle = obstacleTo(proposal, opinion);
  if (obstacle) return refuse(obstacle, leaf.state);
  const effects = noEffects();
  decide(effects, proposal, 'refused', opinion);
  return accept(effects);
}

/**
 * What staff decided to give back, as far as one person may: from the policy's amount on it needs another person's
 * approval, which is spent in the same step as the money moves. Approving does what was asked for, or nothing.
 */
export function withSecondPerson(
  decision: Decision,
  approval: { proposal: Proposal; opinion: SecondOpinion } | null,
  { secondPersonFromFen }: Pick<RefundPolicy, 'secondPersonFromFen'>,
  state: NodeState,
): Decision {
  const obstacle = approval && obstacleTo(approval.proposal, approval.opinion);
  if (obstacle) return refuse(obstacle, state);
  if (decision.verdict.result === 'refused') return decision;
  if (approval) {
    decide(decision.effects, approval.proposal, 'approved', approval.opinion);
    return decision;
  }
  const amountFen = sumFen(decision.effects.refunds.map((refund) => refund.amountFen));
  return amountFen >= secondPersonFromFen ? refuse('second_person_needed', state) : decision;
}

function obstacleTo(proposal: Proposal, { by }: SecondOpinion): string | null {
  if (proposal.state !== 'open') return 'already_decided';
  return isSamePerson(proposal.proposedBy, by) ? 'own_proposal' : null;
}

function decide(
  effects: Effects,
  { proposalNo }: Proposal,
  state: 'approved' | 'refused',
  { by, words }: SecondOpinion,
): void {
  effects.proposalsDecided.push({ proposalNo, state, decidedBy: by, words });
  effects.workItemsDone.push({ workItemId: approvalItemOf(proposalNo), outcome: state, closedBy: by });
}
