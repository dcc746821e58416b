import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accounts } from '../../domain/ledger/voucher.ts';
import { sumFen } from '../../domain/money.ts';
import type { OrderLine } from '../../domain/order/node.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { Dice } from '../support/dice.ts';
import { checkAll } from '../support/fulfilment-checks.ts';
import { FulfilmentModel } from '../support/fulfilment-model.ts';
import { EVENTS, type Event, MOSTLY, Walk } from '../support/fulfilment-walk.ts';
import { someLines } from '../support/leaf-arbitraries.ts';
import { AT, aLeaf, CONTRACT } from '../support/leaves.ts';
import { WITHOUT_SYSTEM } from '../support/warehouse-walk.ts';

const someEvents: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...EVENTS, ...MOSTLY),
    dice: fc.array(fc.nat(59), { minLength: 12, maxLength: 12 }),
  }),
  { maxLength: 40, size: 'max' },
);

/** A leaf of these lines, with a coupon on the first. */
function paid(lines: readonly OrderLine[]): FulfilmentModel {
  const [first, ...others] = lines as [OrderLine, ...OrderLine[]];
  const discount = { step: 'shop_coupon', sourceId: 'C', name: 'C', bearer: 'shop', amountFen: 0n } as const;
  const isByHand = lines.every(({ warehouseId }) => warehouseId === WITHOUT_SYSTEM);
  return new FulfilmentModel(
    aLeaf([{ ...first, discounts: [discount] }, ...others], {
      couponIds: ['C'],
      dispatch: isByHand ? 'merchant' : 'due',
    }),
  );
}

test('FU-2 FU-4 FU-5 CN-2 CN-5 RF-4 whatever happens between payment and receipt, pieces, stock, state and money agree', () => {
  const happened = new Map<string, number>();
  const count = (what: string, times = 1) => happened.set(what, (happened.get(what) ?? 0) + times);
  fc.assert(
    fc.property(
      someLines([WITHOUT_SYSTEM, 'W1', 'W2']),
      someEvents,
      fc.array(fc.nat(1), { minLength: 5, maxLength: 5 }),
      (lines, events, dice) => {
        const walk = new Walk(paid(lines));
        const { model } = walk;
        checkAll(model);
        for (const event of events) walk.happen(event);
        for (const [what, times] of walk.done) count(what, times);
        walk.finish(new Dice(dice));
        for (const { state } of model.cancellations.values()) count(state);
        count(model.leaf.state);
        receiveAndBalance(model);
      },
    ),
    { numRuns: 500 },
  );
  // The search reached every event and every end.
  const ends = ['agreed', 'partly_agreed', 'refused', 'cancelled', 'awaiting_receipt'];
  expect([...EVENTS, ...ends].filter((what) => !happened.has(what))).toEqual([]);
});

/** What was paid is with the buyer again or with the merchant, to the fen (FN-2, RF-4). */
function receiveAndBalance(model: FulfilmentModel): void {
  const { leaf } = model;
  expect(model.balance('channel:alipay')).toBe(leaf.payableFen - model.givenFen);
  const pointsBackFen = sumFen(model.reversals.map(({ pointsFen }) => pointsFen));
  if (leaf.state === 'awaiting_receipt') {
    const { verdict, effects } = receive({
      leaf,
      contract: CONTRACT,
      earnRate: 1,
      by: 'buyer',
      operator: 'buyer:B',
      at: AT,
    });
    expect(verdict.result).toBe('accepted');
    const [receipt] = effects.vouchers;
    const receivedFen = sumFen(
      (receipt?.postings ?? []).flatMap(({ debit, amountFen }) =>
        debit === accounts.deposits ? [amountFen] : [],
      ),
    );
    expect(receivedFen + model.givenFen + pointsBackFen).toBe(leaf.payableFen + leaf.pointsFen);
    model.vouchers.push(...effects.vouchers);
    const { settlementLines } = effects;
    expect(sumFen(settlementLines.map(({ baseFen }) => baseFen))).toBe(
      -model.balance(accounts.merchantPayable('M')),
    );
    for (const { baseFen, commissionFen, netFen } of settlementLines) {
      expect(commissionFen >= 0n && netFen >= 0n).toBe(true);
      expect(commissionFen + netFen).toBe(baseFen);
    }
    // What was taken back as a whole brings its merchant nothing.
    for (const { lineNo } of settlementLines)
      expect(leaf.progress[lineNo]?.reversed ?? 0).toBeLessThan(model.line(lineNo).quantity);
  } else expect(model.givenFen + pointsBackFen).toBe(leaf.payableFen + leaf.pointsFen);
  expect(model.balance(accounts.deposits)).toBe(0n);
}
