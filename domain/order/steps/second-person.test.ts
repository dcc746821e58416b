import { describe, expect, test } from 'vitest';
import { aLeaf, aLine } from '../../../test/support/leaves.ts';
import { accept, type Decision, noEffects, refuse } from '../effects.ts';
import type { NewProposal, Proposal } from '../proposal.ts';
import { proposeRefund, refuseRefund, withSecondPerson } from './second-person.ts';

const policy = { secondPersonFromFen: 500_000n };
const proposal: Proposal = { proposalNo: 'N1', proposedBy: 'platform:A', state: 'open' };
const opinion = { by: 'platform:B', words: '已核实' };
const state = 'completed' as const;

const giving = (...amounts: bigint[]): Decision => {
  const effects = noEffects();
  for (const [index, amountFen] of amounts.entries())
    effects.refunds.push({
      ...{ refundNo: `R${index}`, outTradeNo: 'T', orderNo: 'N', amountFen, reason: 'test' },
      source: 'deposits',
    });
  return accept(effects);
};
const refused = (code: string) => ({ verdict: { result: 'refused', code } });

describe('RF-8 RT-3 from the policy’s amount on a second person is needed', () => {
  test.each([
    ['below it', [499_999n], null],
    ['just it', [500_000n], 'second_person_needed'],
    ['over several payments together', [250_000n, 250_000n], 'second_person_needed'],
    ['nothing', [], null],
  ])('%s', (_name, amounts, code) => {
    const decision = withSecondPerson(giving(...amounts), null, policy, state);
    expect(decision).toMatchObject(code ? refused(code) : { verdict: { result: 'accepted' } });
    if (code) expect(decision.effects).toEqual(noEffects());
  });

  test.each([
    ['by the proposer', proposal, 'platform:A', 'own_proposal'],
    [
      'by the proposer in another role',
      { ...proposal, proposedBy: 'merchant:A' },
      'platform:A',
      'own_proposal',
    ],
    ['approved before', { ...proposal, state: 'approved' }, 'platform:B', 'already_decided'],
    ['refused before', { ...proposal, state: 'refused' }, 'platform:B', 'already_decided'],
  ] as const)('neither approved nor refused %s', (_name, one, by, code) => {
    const approval = { proposal: one, opinion: { ...opinion, by } };
    expect(withSecondPerson(giving(500_000n), approval, policy, state)).toMatchObject(refused(code));
    expect(refuseRefund(aLeaf([aLine(1)]), one, approval.opinion)).toMatchObject(refused(code));
  });

  test('approved: what was asked for, the proposal and its work item in one step', () => {
    const decision = withSecondPerson(giving(500_000n), { proposal, opinion }, policy, state);
    expect(decision.effects).toEqual({
      ...giving(500_000n).effects,
      proposalsDecided: [{ proposalNo: 'N1', state: 'approved', decidedBy: 'platform:B', words: '已核实' }],
      workItemsDone: [{ workItemId: 'refund-approval-N1', outcome: 'approved', closedBy: 'platform:B' }],
    });
  });

  test('what is not possible any more stays refused, and the proposal open', () => {
    const decision = refuse('more_than_paid', state);
    expect(withSecondPerson(decision, { proposal, opinion }, policy, state)).toEqual(decision);
  });
});

describe('RF-8 what can be proposed', () => {
  const asked: NewProposal = {
    ...{ proposalNo: 'N1', orderNo: 'N', caseNo: null, amountFen: 10_000n, kind: 'refund_requested' },
    ...{ payload: {}, bodyHash: 'H', proposedBy: 'platform:A' },
  };

  test.each([
    ['all that is left', {}, null],
    ['more', { givenBackFen: 1n }, 'more_than_paid'],
    ['before it is paid', { state: 'awaiting_payment' }, 'not_refundable'],
    ['after its end', { state: 'closed' }, 'not_refundable'],
  ] as const)('%s', (_name, changes, code) => {
    const { verdict, effects } = proposeRefund(aLeaf([aLine(1)], changes), asked);
    expect(verdict).toMatchObject(code ? { result: 'refused', code } : { result: 'accepted' });
    expect(effects.proposals).toEqual(code ? [] : [asked]);
    // Nothing moves, the order stays as it is.
    expect([effects.nodes, effects.refunds]).toEqual([[], []]);
  });
});
