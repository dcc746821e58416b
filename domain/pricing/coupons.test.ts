import { describe, expect, test } from 'vitest';
import { AT, basket, coupon, line, yuan } from '../../test/support/pricing.ts';
import { bestCoupons } from './best-coupons.ts';
import { couponSaving } from './coupons.ts';
import { priceBasket } from './price.ts';
import type { Coupon } from './types.ts';

const percent = (percentOff: number, cap: string): Coupon['benefit'] => ({
  kind: 'percentage',
  percentOff,
  capFen: yuan(cap),
});
const items = (...skuIds: string[]) => ({ kind: 'item', skuIds }) as const;
const later = (ms: number) => new Date(AT.getTime() + ms);

function priceWith(coupons: readonly Coupon[], lines = [line('a', '100'), line('b', '100')]) {
  return priceBasket(basket(lines, { coupons }));
}

describe('CK-5 coupons', () => {
  test.each([
    ['fixed', { kind: 'fixed', saveFen: 500n } as const, 2_000n, 500n],
    ['fixed, stops at what is left', { kind: 'fixed', saveFen: 500n } as const, 200n, 200n],
    ['percentage', percent(10, '100'), 2_000n, 200n],
    ['percentage, rounded down', percent(10, '100'), 1_999n, 199n],
    ['percentage, up to its cap', percent(10, '1.50'), 2_000n, 150n],
  ])('CK-5 %s', (_, benefit, leftFen, saved) => {
    expect(couponSaving(benefit, leftFen)).toBe(saved);
  });

  test('CK-5 at most one platform coupon per checkout and one shop coupon per shop: the ones that save most', () => {
    const shop = (shopId: string) => ({ kind: 'shop', shopId }) as const;
    const result = priceWith(
      [
        coupon('p1', '5'),
        coupon('p2', '6'),
        coupon('s1-a', '3', { scope: shop('s1') }),
        coupon('s1-b', '2', { scope: shop('s1') }),
        coupon('s2-a', '1', { scope: shop('s2') }),
      ],
      [line('a', '100'), line('b', '100', { shopId: 's2' })],
    );
    expect(result.usedCouponIds).toEqual(['s1-a', 's2-a', 'p2']);
    expect(result.discountFen).toBe(yuan('10'));
    expect(result.notApplied.map((row) => [row.sourceId, row.reason])).toEqual([
      ['s1-b', 'another_coupon_used'],
      ['p1', 'another_coupon_used'],
    ]);
  });

  test('CK-5 category and item coupons: one per line', () => {
    const both = [coupon('both', '10', { scope: items('a', 'b') }), coupon('a', '4', { scope: items('a') })];
    expect(priceWith(both).discountFen).toBe(yuan('14'));
    const [a, b] = priceWith(both).lines;
    expect(a?.discounts.map((discount) => discount.sourceId)).toEqual(['a']);
    expect(b?.discounts.map((discount) => discount.sourceId)).toEqual(['both']);

    const needsBoth = [{ ...(both[0] as Coupon), thresholdFen: yuan('200') }, both[1] as Coupon];
    expect(priceWith(needsBoth).usedCouponIds).toEqual(['both']);
    expect(priceWith(needsBoth).notApplied).toMatchObject([{ sourceId: 'a', reason: 'another_coupon_used' }]);
  });

  test('CK-5 two small coupons beat a large one over the same lines', () => {
    const result = priceWith([
      coupon('large', '10', { scope: items('a', 'b'), thresholdFen: yuan('200') }),
      coupon('on-a', '8', { scope: items('a') }),
      coupon('on-b', '8', { scope: items('b') }),
    ]);
    expect(result.usedCouponIds).toEqual(['on-a', 'on-b']);
  });

  test('CK-5 validity is judged at `at`: from validFrom on, no longer at validTo', () => {
    const during = (validFrom: Date, validTo: Date) => {
      const result = priceWith([coupon('c', '10', { validFrom, validTo })]);
      return result.notApplied[0]?.reason ?? 'used';
    };
    expect(during(AT, later(1))).toBe('used');
    expect(during(later(1), later(2))).toBe('not_valid_yet');
    expect(during(later(-1), AT)).toBe('expired');
  });

  test('CK-5 a coupon that takes nothing off is not used up', () => {
    const result = priceWith([coupon('all', '200', { scope: items('a', 'b') }), coupon('more', '10')]);
    expect(result.usedCouponIds).toEqual(['all']);
    expect(result.notApplied).toMatchObject([{ sourceId: 'more', reason: 'nothing_left' }]);
  });
});

describe('CK-10 coupons explained and proposed', () => {
  test.each([
    [
      coupon('c', '50', { thresholdFen: yuan('220') }),
      '再买 20.00 元，立减 50.00 元',
      'CNY 20.00 more to save CNY 50.00',
    ],
    [
      coupon('c', '0', { thresholdFen: yuan('220'), benefit: percent(10, '30') }),
      '再买 20.00 元，可减 10%（最多减 30.00 元）',
      'CNY 20.00 more to save 10% (up to CNY 30.00)',
    ],
  ])('CK-10 how much is missing to a coupon', (named, zh, en) => {
    expect(priceWith([named]).notApplied).toMatchObject([
      { reason: 'below_threshold', missingFen: yuan('20'), message: { zh, en } },
    ]);
  });

  test('CK-10 a coupon for other goods says so', () => {
    const reasons = priceWith([coupon('c', '5', { scope: items('z') })]).notApplied.map((row) => row.reason);
    expect(reasons).toEqual(['not_in_scope']);
  });

  test('CK-10 proposes the cheapest combination and what it saves', () => {
    const available = [
      coupon('ten-percent', '0', { benefit: percent(10, '100') }),
      coupon('fifteen', '15'),
      coupon('on-a', '30', { scope: items('a') }),
    ];
    // 200 − 30 = 170; ten percent is 17, more than 15
    expect(bestCoupons(basket([line('a', '100'), line('b', '100')]), available)).toEqual({
      couponIds: ['on-a', 'ten-percent'],
      payableFen: yuan('153'),
      savedFen: yuan('47'),
      proven: true,
    });
  });

  test('CK-10 above the documented bound the answer is good, quick and says it is not proven', () => {
    const lines = Array.from({ length: 20 }, (_, i) => line(`sku-${i}`, '100'));
    const available = lines.map(({ skuId }) => coupon(`on-${skuId}`, '10', { scope: items(skuId) }));
    const proposed = bestCoupons(basket(lines), available);
    expect(proposed).toMatchObject({ proven: false, savedFen: yuan('200') });
  });
});
