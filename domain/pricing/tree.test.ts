import { expect, test } from 'vitest';
import { basket, coupon, line, spend } from '../../test/support/pricing.ts';
import { priceBasket } from './price.ts';
import { discountBorneBy, splitByShop } from './tree.ts';

const result = priceBasket(
  basket([line('c', '33.33', { shopId: 's2' }), line('a', '100'), line('b', '66.67')], {
    promotions: [spend('p', '200', '50')],
    coupons: [coupon('c', '10', { scope: { kind: 'shop', shopId: 's2' }, issuer: 'shop' })],
    pointsAsked: 500,
  }),
);

test('SP-3 SP-9 a basket by shop: lines added up, the parts sum to the whole', () => {
  const [s1, s2, ...others] = splitByShop(result);
  expect(others).toEqual([]);
  // After the shop coupon 166.67 and 23.33 are left of 190.00; the 50 and the points go by these.
  expect(s1).toMatchObject({ shopId: 's1', goodsFen: 16_667n, discountFen: 4_386n, pointsFen: 439n });
  expect(s2).toMatchObject({ shopId: 's2', goodsFen: 3_333n, discountFen: 1_614n, pointsFen: 61n });
  expect((s1?.payableFen ?? 0n) + (s2?.payableFen ?? 0n)).toBe(result.payableFen);
  expect(s1?.lines.map((priced) => priced.skuId)).toEqual(['a', 'b']);
});

test('CK-9 both sides together bear every discount', () => {
  expect(discountBorneBy('shop', result.lines)).toBe(1_000n);
  expect(discountBorneBy('platform', result.lines)).toBe(5_000n);
  expect(result.discountFen).toBe(6_000n);
});
