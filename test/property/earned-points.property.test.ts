import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumFen } from '../../domain/money.ts';
import { earnLess } from '../../domain/order/earned.ts';
import { pointsEarned } from '../../domain/order/earned-points.ts';
import { type Effects, noEffects } from '../../domain/order/effects.ts';
import type { Contract, OrderNode } from '../../domain/order/node.ts';
import { keptLines } from '../../domain/order/progress.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { takeBack } from '../../domain/order/take-back.ts';
import { worthOf } from '../../domain/pricing/points.ts';
import { someLines } from '../support/leaf-arbitraries.ts';
import { AT, aLeaf, paidAlone } from '../support/leaves.ts';

const contract: Contract = { contractId: 'C', settleAfterSeconds: 0, commissionBps: { default: 500 } };

const turns = fc.array(
  fc.record({
    line: fc.nat(3),
    count: fc.integer({ min: 1, max: 5 }),
    gift: fc.nat(100),
    withFreight: fc.boolean(),
  }),
  { maxLength: 10 },
);

/** What the vouchers of points leave on the liability, credits less debits. */
const owed = ({ vouchers }: Effects): bigint =>
  sumFen(
    vouchers
      .filter(({ kind }) => kind === 'points')
      .flatMap(({ postings }) => postings)
      .map(({ credit, amountFen }) => (credit === 'points_liability' ? amountFen : -amountFen)),
  );

const moved = ({ points }: Effects): number =>
  points
    .filter(({ cause }) => cause === 'earn' || cause === 'unearn')
    .reduce((sum, { balanceDelta }) => sum + balanceDelta, 0);

test('CK-12 RF-9 decision-9 a leaf earns by the goods’ money that stays; taken back in any parts, points and vouchers sum to what is left', () => {
  fc.assert(
    fc.property(someLines(), fc.nat(3), turns, (lines, earnRate, plan) => {
      const leaf = aLeaf(lines, { state: 'awaiting_receipt' });
      const all = receive({ ...{ leaf, contract, earnRate }, by: 'buyer', operator: 'B', at: AT }).effects;
      const goodsFen = sumFen(
        lines.map(
          ({ payableFen, freightFen }) => payableFen - (freightFen < payableFen ? freightFen : payableFen),
        ),
      );
      expect(moved(all)).toBe(Number(goodsFen / 100n) * earnRate);
      const { scope, payments } = paidAlone(leaf);
      let now: OrderNode = { ...leaf, state: 'completed', earnRate };
      const everything = lines.map((_, line) => ({ line, count: 5, gift: 0, withFreight: true }));
      for (const [index, { line, count, gift, withFreight }] of [...plan, ...everything].entries()) {
        const kept = keptLines(now);
        const piece = kept[line % Math.max(kept.length, 1)];
        if (!piece) break;
        const giftFen = ((now.payableFen - now.givenBackFen) * BigInt(gift)) / 1_000n;
        const before = now;
        const given = [{ amountFen: before.givenBackFen + giftFen }];
        const set = takeBack(noEffects(), {
          ...{ scope, withFreight, buyerAtFault: true, cause: `X${index}`, reason: 'test', at: AT },
          leaf: { ...now, givenBackFen: now.givenBackFen + giftFen },
          pieces: [{ ...piece, quantity: Math.min(piece.quantity, count) }],
          payments: payments.map((payment) => ({ ...payment, refunds: given })),
        });
        now = Object.assign({}, now, set);
        earnLess(all, { before, after: now }, { contract, cause: `X${index}`, operator: 'B', at: AT });
        expect(moved(all)).toBe(pointsEarned(now));
        expect(owed(all)).toBe(worthOf(pointsEarned(now)));
        expect(pointsEarned(now)).toBeGreaterThanOrEqual(0);
      }
      expect(keptLines(now)).toEqual([]);
      expect(moved(all)).toBe(0);
      const numbers = all.vouchers.map(({ voucherNo }) => voucherNo);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
    { numRuns: 500 },
  );
});
