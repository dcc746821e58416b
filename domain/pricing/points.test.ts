import { describe, expect, test } from 'vitest';
import { basket, coupon, FREE_FREIGHT, line, yuan } from '../../test/support/pricing.ts';
import { redeemable } from './points.ts';
import { priceBasket } from './price.ts';

const policy = (pointsPerYuan: number) => ({ pointsPerYuan, maxPercent: 50 });

describe('CK-6 points', () => {
  test.each([
    ['all that is asked', 300, 1_000n, 100, 300, 300n],
    ['the bound', 3_000, 1_000n, 100, 1_000, 1_000n],
    ['a point of 0.5 fen: no point that buys nothing', 301, 1_000n, 200, 300, 150n],
    ['a point of 0.67 fen, rounded down to the fen', 4, 1_000n, 150, 3, 2n],
    ['a point of 33.3 fen, rounded down to the fen', 2, 1_000n, 3, 2, 66n],
    ['a point of one yuan: never above the bound', 9, 250n, 1, 2, 200n],
    ['a point dearer than the bound', 9, 99n, 1, 0, 0n],
    ['nothing to pay', 9, 0n, 100, 0, 0n],
  ])('CK-6 %s', (_, budget, boundFen, pointsPerYuan, points, pointsFen) => {
    expect(redeemable(budget, boundFen, policy(pointsPerYuan))).toEqual({ points, pointsFen });
  });

  test.each([
    ['half of what is left', 99_999, 99_999, 4_500],
    ['the balance', 99_999, 700, 700],
    ['nothing of a negative balance', 100, -50, 0],
    ['what was asked', 100, 99_999, 100],
  ])(
    'CK-6 at most %s, freight excluded; the step shows what was taken',
    (_, pointsAsked, pointsAvailable, used) => {
      const paidFreight = {
        ...FREE_FREIGHT,
        rates: { default: { ...FREE_FREIGHT.rates.default, firstFen: yuan('20') } },
      };
      const result = priceBasket(
        basket([line('a', '100')], {
          coupons: [coupon('c', '10')],
          freightTemplates: [paidFreight],
          pointsAsked,
          pointsAvailable,
        }),
      );
      expect(result).toMatchObject({ points: used, pointsFen: BigInt(used) });
      expect(result.payableFen).toBe(yuan('110') - BigInt(used));
      expect(result.steps.at(-1)).toMatchObject({
        step: 'points',
        amountFen: BigInt(-used),
        name: `积分抵扣（${used} 分）`,
      });
    },
  );

  test('CK-9 apportioned to the lines by what is left of each', () => {
    const onA = coupon('c', '50', { scope: { kind: 'item', skuIds: ['a'] } });
    const input = basket([line('a', '100'), line('b', '100')], { coupons: [onA], pointsAsked: 1_000 });
    const { lines } = priceBasket({ ...input, pointsPolicy: policy(200) });
    expect(lines.map(({ points, pointsFen }) => [points, pointsFen])).toEqual([
      [334, 167n],
      [666, 333n],
    ]);
  });
});
