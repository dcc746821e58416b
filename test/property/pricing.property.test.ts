import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sumFen } from '../../domain/money.ts';
import { bestCoupons } from '../../domain/pricing/best-coupons.ts';
import { priceBasket } from '../../domain/pricing/price.ts';
import { discountBorneBy, splitByShop } from '../../domain/pricing/tree.ts';
import type { Coupon, PricedLine, PricingInput, PricingResult } from '../../domain/pricing/types.ts';
import { shuffled, someBasket, someCoupons } from '../support/pricing-arbitraries.ts';
import { cheapestByBruteForce } from '../support/pricing-reference.ts';

const RUNS = { numRuns: 1_000 };
const AMOUNTS = ['goodsFen', 'discountFen', 'freightFen', 'pointsFen', 'payableFen'] as const;

/** The property of every basket; fast-check prints seed and smallest counterexample on failure. */
function forEveryBasket(holds: (result: PricingResult, input: PricingInput) => void): void {
  fc.assert(
    fc.property(someBasket(), (input) => holds(priceBasket(input), input)),
    RUNS,
  );
}

function given(line: PricedLine, step: string, sourceId: string | null): bigint {
  if (step === 'points') return line.pointsFen;
  const own = line.discounts.filter((discount) => discount.step === step && discount.sourceId === sourceId);
  return sumFen(own.map((discount) => discount.amountFen));
}

describe('CK-9 SP-9 money is conserved', () => {
  test('CK-9 no line and no discount is negative, and each line adds up', () => {
    forEveryBasket(({ lines }) => {
      for (const line of lines) {
        for (const amount of AMOUNTS) expect(line[amount] >= 0n, amount).toBe(true);
        expect(line.discounts.every((discount) => discount.amountFen > 0n)).toBe(true);
        expect(sumFen(line.discounts.map((discount) => discount.amountFen))).toBe(line.discountFen);
        expect(line.goodsFen - line.discountFen + line.freightFen - line.pointsFen).toBe(line.payableFen);
        expect(line.pointsFen <= line.goodsFen - line.discountFen).toBe(true);
      }
    });
  });

  test('CK-9 the totals are the sums of the lines', () => {
    forEveryBasket((result) => {
      for (const amount of AMOUNTS)
        expect(result[amount]).toBe(sumFen(result.lines.map((line) => line[amount])));
      expect(result.points).toBe(result.lines.reduce((sum, line) => sum + line.points, 0));
    });
  });

  test('SP-3 SP-9 the shops’ parts sum to the parent', () => {
    forEveryBasket((result) => {
      const shops = splitByShop(result);
      for (const amount of AMOUNTS) expect(sumFen(shops.map((shop) => shop[amount]))).toBe(result[amount]);
      expect(shops.reduce((sum, shop) => sum + shop.points, 0)).toBe(result.points);
      expect(shops.flatMap((shop) => shop.lines).length).toBe(result.lines.length);
    });
  });

  test('CK-9 both sides together bear every discount, and each shop’s part of it', () => {
    forEveryBasket((result) => {
      for (const part of [result, ...splitByShop(result)]) {
        const borne = discountBorneBy('platform', part.lines) + discountBorneBy('shop', part.lines);
        expect(borne).toBe(part.discountFen);
      }
    });
  });
});

describe('CK-1 CK-10 the quote explains itself', () => {
  test('CK-1 every step leads from one running total to the next, and the last is what is to pay', () => {
    forEveryBasket(({ steps, lines, payableFen }) => {
      let runningTotalFen = 0n;
      for (const row of steps) {
        runningTotalFen += row.amountFen;
        expect(row.runningTotalFen).toBe(runningTotalFen);
        if (row.step === 'goods' || row.step === 'freight') continue;
        expect(sumFen(lines.map((line) => given(line, row.step, row.sourceId)))).toBe(-row.amountFen);
      }
      expect(runningTotalFen).toBe(payableFen);
    });
  });

  test('CK-10 every promotion and every named coupon took part or says why not', () => {
    forEveryBasket(({ steps, notApplied, usedCouponIds }, input) => {
      const named = [...input.promotions.map((p) => p.promotionId), ...input.coupons.map((c) => c.couponId)];
      const benefits = steps.filter((row) => /promotion|coupon/.test(row.step)).map((row) => row.sourceId);
      expect([...benefits, ...notApplied.map((row) => row.sourceId)].sort()).toEqual(named.sort());
      expect(steps.filter((row) => row.step.endsWith('_coupon')).map((row) => row.sourceId)).toEqual(
        usedCouponIds,
      );
      for (const row of notApplied) expect(row.missingFen !== null).toBe(row.reason === 'below_threshold');
      for (const row of notApplied) expect(row.missingFen === null || row.missingFen > 0n).toBe(true);
    });
  });

  test('CK-8 nothing depends on the order of the input', () => {
    const twice = someBasket().chain((input) => fc.tuple(fc.constant(input), shuffled(input)));
    const bySku = (result: PricingResult) => ({
      ...result,
      lines: [...result.lines].sort((a, b) => (a.skuId < b.skuId ? -1 : 1)),
    });
    fc.assert(
      fc.property(twice, ([input, reordered]) => {
        expect(bySku(priceBasket(reordered))).toEqual(bySku(priceBasket(input)));
      }),
      RUNS,
    );
  });
});

describe('CK-4 CK-5 CK-6 limits', () => {
  test('CK-4 CK-5 at most one promotion or coupon per line and step, one platform coupon, one shop coupon a shop', () => {
    forEveryBasket(({ lines, usedCouponIds }, input) => {
      for (const { discounts } of lines) {
        expect(new Set(discounts.map((discount) => discount.step)).size).toBe(discounts.length);
      }
      const used = input.coupons.filter((coupon) => usedCouponIds.includes(coupon.couponId));
      const wide = used.flatMap(({ scope }) =>
        scope.kind === 'shop' ? scope.shopId : scope.kind === 'platform' ? '' : [],
      );
      expect(new Set(wide).size).toBe(wide.length);
      expect(used.every((coupon) => coupon.validFrom <= input.at && input.at < coupon.validTo)).toBe(true);
    });
  });

  test('CK-6 points stay within what was asked, what there is, and the share of the goods', () => {
    forEveryBasket((result, input) => {
      const { pointsPerYuan, maxPercent } = input.pointsPolicy;
      const goodsLeftFen = result.goodsFen - result.discountFen;
      expect(result.points).toBeLessThanOrEqual(
        Math.max(0, Math.min(input.pointsAsked, input.pointsAvailable)),
      );
      expect(result.pointsFen * 100n <= goodsLeftFen * BigInt(maxPercent)).toBe(true);
      expect(result.pointsFen).toBe((BigInt(result.points) * 100n) / BigInt(pointsPerYuan));
    });
  });

  test('SP-5 the basket is paid as one only if one promotion or coupon gave to two shops', () => {
    forEveryBasket(({ lines, steps, spansShops }) => {
      const joins = steps.some(({ step, sourceId }) => {
        if (!/promotion|coupon/.test(step)) return false;
        const served = lines.filter((line) => given(line, step, sourceId) > 0n);
        return new Set(served.map((line) => line.shopId)).size > 1;
      });
      expect(spansShops).toBe(joins);
    });
  });
});

describe('CK-5 CK-10 coupons only ever help', () => {
  const withOneMore = fc.tuple(someBasket(4), someCoupons(1));
  const added = (input: PricingInput, more: readonly Coupon[]) => ({
    ...input,
    coupons: [...input.coupons, ...more.map((coupon) => ({ ...coupon, couponId: 'one-more' }))],
  });

  test('CK-5 naming one more coupon never raises what is to pay', () => {
    fc.assert(
      fc.property(withOneMore, ([input, more]) => {
        expect(priceBasket(added(input, more)).payableFen <= priceBasket(input).payableFen).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('CK-5 every coupon that is used up saves money, or else points', () => {
    forEveryBasket((result, input) => {
      const used = input.coupons.filter((coupon) => result.usedCouponIds.includes(coupon.couponId));
      for (const coupon of used) {
        const without = priceBasket({ ...input, coupons: used.filter((other) => other !== coupon) });
        const [money, points] = [
          without.payableFen - result.payableFen,
          without.pointsFen - result.pointsFen,
        ];
        expect(money > 0n || (money === 0n && points > 0n)).toBe(true);
      }
    });
  });

  test('CK-10 the proposal equals brute force, up to 4 coupons × 5 lines', () => {
    fc.assert(
      fc.property(someBasket(4), (input) => {
        const best = bestCoupons({ ...input, coupons: [] }, input.coupons);
        expect(best).toMatchObject({ payableFen: cheapestByBruteForce(input), proven: true });
      }),
      RUNS,
    );
  });

  test('CK-10 the proposal equals brute force, with 5 and 6 coupons × 5 lines', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(someBasket(6, 5), (input) => {
        const best = bestCoupons({ ...input, coupons: [] }, input.coupons);
        expect(best).toMatchObject({ payableFen: cheapestByBruteForce(input), proven: true });
      }),
      { numRuns: 500 },
    );
  });
});
