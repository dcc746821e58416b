import type { Context } from 'hono';
import { refuseRefund } from '../db/commands/refund-proposals.ts';
import { findCase } from '../db/queries/after-sales.ts';
import { loadNode } from '../db/queries/order-nodes.ts';
import { type Approval, findProposal, type ProposalRow } from '../db/queries/refund-policy.ts';
import type { WorkItemRow } from '../db/queries/work-items.ts';
import { approvalItemOf, isSamePerson } from '../domain/order/proposal.ts';
import { isPossible } from '../domain/order/states.ts';
import type { AuthEnv } from './auth/middleware.ts';
import { type Command, sendCommand } from './commands.ts';
import type { Deps } from './context.ts';
import { Problem, problemOf } from './errors.ts';

/**
 * A second person decides a large refund (RF-8, RT-3). Approving sends just what the first person asked for, in their name;
 * its step spends the proposal with the money, or answers why it cannot be any more, and the proposal stays to be refused.
 * Decided before, the same decision of the same person is answered alike.
 */
export async function decideProposal(
  c: Context<AuthEnv>,
  deps: Deps,
  { workItemId }: WorkItemRow,
  { decision, words }: { decision: 'approve' | 'refuse'; words: string },
): Promise<'accepted' | 'pending'> {
  const proposal = await findProposal(deps.db, workItemId.slice(approvalItemOf('').length));
  if (!proposal) throw new Problem('not_found', 'There is no such work item.');
  const { proposalNo, orderNo, kind, payload, proposedBy, state, decidedBy } = proposal;
  const by = `platform:${c.get('principal').sub}`;
  if (state !== 'open') {
    const isMine = decidedBy === by && state === (decision === 'approve' ? 'approved' : 'refused');
    if (isMine) return 'accepted';
    throw new Problem('already_decided', undefined, { outcome: state, decidedBy });
  }
  if (isSamePerson(proposedBy, by)) throw new Problem('own_proposal');
  if (decision === 'refuse') {
    const { verdict } = await refuseRefund(deps.db, proposal, { by, words }, deps.now());
    if (verdict.result === 'refused') throw problemOf(verdict.code, { state: verdict.state });
    return 'accepted';
  }
  const approval: Approval = { proposalNo, by, words };
  const command = { orderNo, kind, actor: proposedBy, payload: { ...payload, approval } } as Command;
  return (await sendCommand(c, deps, command, () => checkStillPossible(deps, proposal))).result;
}

/** What became of order and case since it was proposed; the step has the last word. */
async function checkStillPossible({ db }: Deps, { orderNo, caseNo, amountFen }: ProposalRow): Promise<void> {
  const [leaf, theCase] = await Promise.all([
    loadNode(db, orderNo),
    caseNo ? findCase(db, caseNo) : undefined,
  ]);
  if (theCase && theCase.endedAt !== null) throw new Problem('case_over');
  if (!leaf || !isPossible('propose_refund', leaf.state))
    throw new Problem('not_refundable', undefined, { state: leaf?.state });
  const refundableFen = leaf.payableFen - leaf.givenBackFen;
  if (amountFen > refundableFen) throw new Problem('more_than_paid', undefined, { refundableFen });
}
