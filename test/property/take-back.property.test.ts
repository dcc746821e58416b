import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumFen } from '../../domain/money.ts';
import { type Effects, noEffects } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { keptLines } from '../../domain/order/progress.ts';
import { carriedBy, takeBack } from '../../domain/order/take-back.ts';
import { someLines } from '../support/leaf-arbitraries.ts';
import { AT, aLeaf, paidAlone } from '../support/leaves.ts';

interface Turn {
  /** Which of the kept lines is taken first, how many of them at once, and how many pieces of each. */
  line: number;
  width: number;
  count: number;
  /** Percent of what is left, given back beside the pieces before them. */
  goodwill: number;
  withFreight: boolean;
}

const turns = (
  goodwill: fc.Arbitrary<number>,
  withFreight: fc.Arbitrary<boolean> = fc.constant(true),
): fc.Arbitrary<Turn[]> =>
  fc.array(
    fc.record({
      line: fc.nat(3),
      width: fc.integer({ min: 1, max: 3 }),
      count: fc.integer({ min: 1, max: 5 }),
      goodwill,
      withFreight,
    }),
    { maxLength: 12 },
  );

/** Takes pieces back turn by turn, and at last all that is kept; checks after each turn what must always hold. */
function undo(leaf: OrderNode, plan: readonly Turn[]) {
  const all: Effects = noEffects();
  const { scope, payments } = paidAlone(leaf);
  let now = leaf;
  let goodwillFen = 0n;
  const everything = { line: 0, width: leaf.lines.length, count: 5, goodwill: 0, withFreight: true };
  for (const [index, turn] of [...plan, everything].entries()) {
    const kept = keptLines(now);
    if (kept.length === 0) break;
    const giftFen = ((now.payableFen - now.givenBackFen) * BigInt(turn.goodwill)) / 100n;
    goodwillFen += giftFen;
    now = Object.assign({}, now, { givenBackFen: now.givenBackFen + giftFen });
    const pieces = [...kept.slice(turn.line % kept.length), ...kept]
      .slice(0, Math.min(turn.width, kept.length))
      .map(({ lineNo, quantity }) => ({ lineNo, quantity: Math.min(quantity, turn.count) }));
    const refunds = [...all.refunds, ...(goodwillFen > 0n ? [{ amountFen: goodwillFen }] : [])];
    const effects = noEffects();
    const set = takeBack(effects, {
      ...{ scope, leaf: now, pieces, cause: `X${index}`, reason: 'test', at: AT },
      buyerAtFault: true,
      withFreight: turn.withFreight,
      payments: payments.map((payment) => ({ ...payment, refunds })),
    });
    expect(set).not.toBeNull();
    for (const refund of effects.refunds) expect(refund.amountFen > 0n).toBe(true);
    for (const reversal of effects.reversals)
      expect(reversal.cashFen >= 0n && reversal.points >= 0 && reversal.pointsFen >= 0n).toBe(true);
    for (const key of ['refunds', 'reversals', 'points', 'vouchers', 'coupons'] as const)
      (all[key] as unknown[]).push(...effects[key]);
    now = Object.assign({}, now, set);
    expect(sumFen(all.refunds.map(({ amountFen }) => amountFen)) + goodwillFen).toBe(now.givenBackFen);
    expect(now.givenBackFen <= now.payableFen).toBe(true);
  }
  return { all, now, goodwillFen };
}

test('RF-4 RF-9 taken back in any order and any parts, all of them sum to what was paid in cash, points and their money', () => {
  fc.assert(
    fc.property(someLines(), turns(fc.constant(0)), (lines, plan) => {
      const { all, now } = undo(aLeaf(lines), plan);
      expect(keptLines(now)).toEqual([]);
      for (const line of lines) {
        const own = all.reversals.filter(({ lineNo }) => lineNo === line.lineNo);
        expect(own.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(line.quantity);
        expect(sumFen(own.map(({ cashFen }) => cashFen))).toBe(line.payableFen);
        expect(own.reduce((sum, { points }) => sum + points, 0)).toBe(line.points);
        expect(sumFen(own.map(({ pointsFen }) => pointsFen))).toBe(line.pointsFen);
      }
      expect(sumFen(all.refunds.map(({ amountFen }) => amountFen))).toBe(now.payableFen);
      expect(all.points.reduce((sum, { balanceDelta }) => sum + balanceDelta, 0)).toBe(now.points);
      expect(sumFen(all.vouchers.flatMap(({ postings }) => postings.map((p) => p.amountFen)))).toBe(
        now.pointsFen,
      );
      const numbers = [
        ...all.refunds.map(({ refundNo }) => refundNo),
        ...all.vouchers.map((v) => v.voucherNo),
      ];
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
    { numRuns: 500 },
  );
});

test('RF-4 PY-8 with goodwill in between never more than what was paid goes back, and in the end exactly that', () => {
  fc.assert(
    fc.property(someLines(), turns(fc.oneof(fc.constant(0), fc.nat(100))), (lines, plan) => {
      const { all, now, goodwillFen } = undo(aLeaf(lines), plan);
      expect(now.givenBackFen).toBe(now.payableFen);
      expect(sumFen(all.refunds.map(({ amountFen }) => amountFen))).toBe(now.payableFen - goodwillFen);
      // A goodwill is money: points come back by pieces alone.
      expect(all.points.reduce((sum, { balanceDelta }) => sum + balanceDelta, 0)).toBe(now.points);
    }),
    { numRuns: 500 },
  );
});

test('RF-5 decision-28 freight that the buyer bears stays, never more than the line’s, and the rest goes back', () => {
  fc.assert(
    fc.property(someLines(), turns(fc.constant(0), fc.boolean()), (lines, plan) => {
      const { all, now } = undo(aLeaf(lines), plan);
      const stays = lines.map(({ lineNo }) => BigInt(now.progress[lineNo]?.keptFen ?? 0));
      for (const [index, keptFen] of stays.entries())
        expect(keptFen >= 0n && keptFen <= (lines[index]?.freightFen ?? 0n)).toBe(true);
      expect(sumFen(all.refunds.map(({ amountFen }) => amountFen)) + sumFen(stays)).toBe(now.payableFen);
    }),
    { numRuns: 500 },
  );
});

test('RF-4 what some pieces carry is what they carry one by one', () => {
  const quantity = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      quantity,
      fc.nat(),
      fc.nat(),
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      (n, a, b, payableFen) => {
        const line = {
          quantity: n,
          payableFen,
          freightFen: 0n,
          points: Number(payableFen % 1_000n),
          pointsFen: payableFen / 3n,
        };
        const before = a % n;
        const count = 1 + (b % (n - before));
        const single = Array.from({ length: count }, (_, index) => carriedBy(line, before + index, 1));
        expect(carriedBy(line, before, count)).toEqual({
          freightFen: 0n,
          cashFen: sumFen(single.map(({ cashFen }) => cashFen)),
          points: single.reduce((sum, { points }) => sum + points, 0),
          pointsFen: sumFen(single.map(({ pointsFen }) => pointsFen)),
        });
      },
    ),
    { numRuns: 500 },
  );
});
