import { describe, expect, test } from 'vitest';
import { AT, aLeaf, aLine, paidAlone, pieces } from '../../../test/support/leaves.ts';
import { earnedBy } from '../earned.ts';
import { noEffects } from '../effects.ts';
import { freightLeft } from '../kept-money.ts';
import type { Contract, OrderNode } from '../node.ts';
import { type Allowance, dayOf } from '../refund-policy.ts';
import { takeBack } from '../take-back.ts';
import { type GoodwillCommand, giveGoodwill } from './goodwill.ts';

const contract: Contract = { contractId: 'C', settleAfterSeconds: 0, commissionBps: { default: 1_000 } };
/** Two pieces at 50.00 with 3.00 freight each. */
const LINE = aLine(1, { quantity: 2, goodsFen: 10_000n, freightFen: 600n, payableFen: 10_600n });
const leafWith = (changes: Partial<OrderNode> = {}): OrderNode =>
  aLeaf([LINE], { state: 'awaiting_receipt', progress: { 1: { shipped: 2 } }, ...changes });
const allowance: Allowance = {
  ...{ operator: 'platform:P', day: '2026-03-01', renewsAt: AT },
  ...{ limitFen: 50_000n, usedFen: 0n },
};

function give(leaf: OrderNode, command: Partial<GoodwillCommand> = {}, of: Partial<Allowance> = {}) {
  const decision = giveGoodwill({
    ...{ leaf, ...paidAlone(leaf), contract, cause: 'G', operator: 'platform:P', at: AT },
    command: { kind: 'goodwill', giver: 'platform', amountFen: 1_000n, words: '抱歉', ...command },
    allowance: { ...allowance, ...of },
  });
  const set = decision.effects.nodes[0]?.set ?? {};
  return { ...decision, after: Object.assign({}, leaf, set) as OrderNode };
}

describe('RF-8 what can be given', () => {
  test.each([
    ['nothing', {}, { amountFen: 0n }, {}, 'more_than_paid'],
    ['more than is left', { givenBackFen: 10_000n }, { amountFen: 601n }, {}, 'more_than_paid'],
    ['freight beyond the freight', {}, { kind: 'freight', amountFen: 601n }, {}, 'more_than_freight'],
    [
      'freight that was given',
      ...[{ givenBackFen: 500n, goodwill: { freightFen: 500 } }, { kind: 'freight', amountFen: 101n }, {}],
      'more_than_freight',
    ],
    [
      'freight that went back with its piece',
      ...[
        { givenBackFen: 5_300n, progress: { 1: { reversed: 1 } } },
        { kind: 'freight', amountFen: 301n },
        {},
      ],
      'more_than_freight',
    ],
    ['beyond the day’s limit', {}, {}, { usedFen: 49_001n }, 'goodwill_limit'],
    ['all of it under a case', { holds: 1 }, { amountFen: 10_600n }, {}, 'held'],
    ['before it is paid', { state: 'awaiting_payment' }, {}, {}, 'not_refundable'],
    ['after its end', { state: 'closed' }, {}, {}, 'not_refundable'],
  ] as const)('%s: refused', (_name, changes, command, of, code) => {
    const { verdict, effects } = give(leafWith(changes as Partial<OrderNode>), command, of);
    expect(verdict).toMatchObject({ result: 'refused', code });
    expect(effects).toEqual(noEffects());
  });

  test('decision-14 all that is left, up to the limit: the order goes on', () => {
    const { verdict, effects } = give(leafWith(), { amountFen: 10_600n }, { usedFen: 39_400n });
    expect(verdict).toEqual({ result: 'accepted' });
    expect(effects.nodes).toMatchObject([{ to: 'awaiting_receipt', set: { givenBackFen: 10_600n } }]);
    expect([effects.reversals, effects.stock, effects.coupons]).toEqual([[], [], []]);
    expect(effects.goodwillUsed).toEqual([
      { operator: 'platform:P', day: '2026-03-01', amountFen: 10_600n, limitFen: 50_000n },
    ]);
  });

  test.each([
    ['2026-03-01T15:59:59.999Z', '2026-03-01', '2026-03-01T16:00:00.000Z'],
    ['2026-03-01T16:00:00.000Z', '2026-03-02', '2026-03-02T16:00:00.000Z'],
  ])('a day is one of Beijing: %s', (at, day, renewsAt) => {
    expect(dayOf(new Date(at))).toEqual({ day, renewsAt: new Date(renewsAt) });
  });
});

describe('RF-8 FN-3 who bears it', () => {
  const of = (leaf: OrderNode) =>
    earnedBy(leaf, contract).map(({ payableFen, commissionFen }) => [payableFen, commissionFen]);

  test.each([
    ['goodwill of the platform', { giver: 'platform' }, [10_600n, 1_000n], 1],
    [
      'freight by the platform',
      { giver: 'platform', kind: 'freight', amountFen: 600n },
      [10_600n, 1_000n],
      1,
    ],
    ['goodwill of the merchant, without commission', { giver: 'merchant' }, [9_600n, 900n], 0],
    [
      'freight by the merchant, of which there is no commission',
      ...[{ giver: 'merchant', kind: 'freight', amountFen: 600n }, [10_000n, 1_000n], 0],
    ],
  ] as const)('%s', (_name, command, earned, topUps) => {
    const { effects, after } = give(leafWith(), command);
    expect(of(after)).toEqual([earned]);
    const vouchers = effects.vouchers.map(({ voucherNo, postings }) => [voucherNo, ...postings]);
    const amountFen = effects.goodwillUsed[0]?.amountFen;
    const topUp = ['N-GOODWILL-G', { debit: 'goodwill_cost', credit: 'deposits', amountFen }];
    expect(vouchers).toEqual(topUps === 1 ? [topUp] : []);
  });

  test('after the receipt: the platform’s costs the merchant nothing, the merchant’s is taken back', () => {
    const received = leafWith({ state: 'completed', earnRate: 1 });
    const byPlatform = give(received).effects;
    expect(byPlatform.settlementLines).toEqual([]);
    expect(byPlatform.vouchers.map(({ kind }) => kind)).toEqual(['points', 'goodwill']);
    const byMerchant = give(received, { giver: 'merchant' }).effects;
    expect(byMerchant.settlementLines).toMatchObject([{ baseFen: -1_000n, commissionFen: -100n }]);
    expect(byMerchant.vouchers.map(({ kind }) => kind)).toEqual(['points', 'receipt']);
  });
});

describe('RF-4 RF-8 pieces that come back after a goodwill', () => {
  const takeOne = (leaf: OrderNode) => {
    const effects = noEffects();
    const refunds = leaf.givenBackFen > 0n ? [{ amountFen: leaf.givenBackFen }] : [];
    const [payment] = paidAlone(leaf).payments;
    const set = takeBack(effects, {
      ...{
        scope: paidAlone(leaf).scope,
        leaf,
        pieces: pieces([1, 1]),
        withFreight: true,
        buyerAtFault: false,
      },
      ...{ cause: `T${leaf.progress[1]?.reversed ?? 0}`, reason: 'test', at: AT },
      payments: payment ? [{ ...payment, refunds }] : [],
    });
    return { effects, after: Object.assign({}, leaf, set) as OrderNode };
  };
  const refundedBy = ({ effects }: ReturnType<typeof takeOne>) => effects.refunds.map((r) => r.amountFen);
  const costBack = ({ effects }: ReturnType<typeof takeOne>) =>
    effects.vouchers.filter(({ kind }) => kind === 'goodwill').map(({ postings }) => postings[0]?.amountFen);

  test('freight given alone is not given again with its pieces, and the platform takes its own back', () => {
    const given = give(leafWith(), { kind: 'freight', amountFen: 600n }).after;
    const first = takeOne(given);
    expect([refundedBy(first), costBack(first), freightLeft(first.after)]).toEqual([[5_000n], [300n], 0n]);
    const second = takeOne(first.after);
    expect([refundedBy(second), costBack(second)]).toEqual([[5_000n], [300n]]);
    expect(second.after).toMatchObject({ givenBackFen: 10_600n });
    expect(earnedBy(second.after, contract)).toMatchObject([{ payableFen: 0n, commissionFen: 0n }]);
  });

  test('a goodwill is part of what the last pieces bring: the platform takes its own back with them', () => {
    const given = give(leafWith(), { amountFen: 2_000n }).after;
    const first = takeOne(given);
    expect([refundedBy(first), costBack(first)]).toEqual([[5_300n], []]);
    expect(earnedBy(first.after, contract)).toMatchObject([{ payableFen: 5_300n }]);
    const second = takeOne(first.after);
    expect([refundedBy(second), costBack(second)]).toEqual([[3_300n], [2_000n]]);
  });
});
