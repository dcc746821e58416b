import { describe, expect, test } from 'vitest';
import { basket, coupon, FREE_FREIGHT, line, spend, yuan } from '../../test/support/pricing.ts';
import { priceBasket } from './price.ts';

const freightTemplate = {
  ...FREE_FREIGHT,
  freightTemplateId: 'paid',
  rates: { default: { firstUnits: 1, firstFen: yuan('8'), additionalUnits: 1, additionalFen: yuan('2') } },
};

describe('CK-2 the worked example', () => {
  const example = basket([line('sku', '100', { quantity: 2 })], {
    promotions: [spend('p', '200', '50')],
    coupons: [coupon('c', '10')],
    pointsAsked: 500,
  });

  test('CK-2 2 × CNY 100, spend 200 save 50, a 10-yuan coupon, 5 yuan of points: CNY 135.00', () => {
    const result = priceBasket(example);
    expect(result.payableFen).toBe(yuan('135.00'));
    expect(result).toMatchObject({ goodsFen: 20_000n, discountFen: 6_000n, points: 500, pointsFen: 500n });
    expect(result.usedCouponIds).toEqual(['c']);
    expect(result.notApplied).toEqual([]);
  });

  test('CK-1 CK-2 the quote shows every step', () => {
    const shown = priceBasket(example).steps.map((row) => [row.step, row.amountFen, row.runningTotalFen]);
    expect(shown).toEqual([
      ['goods', 20_000n, 20_000n],
      ['platform_promotion', -5_000n, 15_000n],
      ['platform_coupon', -1_000n, 14_000n],
      ['freight', 0n, 14_000n],
      ['points', -500n, 13_500n],
    ]);
  });
});

describe('CK-8 the order of calculation', () => {
  test('CK-8 every step in its place, whatever the order of the input', () => {
    const shop = { kind: 'shop', shopId: 's1' } as const;
    const item = { kind: 'item', skuIds: ['sku'] } as const;
    const result = priceBasket(
      basket([line('sku', '1000', { freightTemplateId: 'paid' })], {
        memberPercent: 90,
        promotions: [
          spend('p3', '100', '30'),
          spend('p2', '100', '20', { scope: shop, issuer: 'shop' }),
          spend('p1', '100', '10', { scope: item, issuer: 'shop' }),
        ],
        coupons: [
          coupon('c3', '3'),
          coupon('c2', '2', { scope: shop, issuer: 'shop' }),
          coupon('c1', '1', { scope: item, issuer: 'shop' }),
        ],
        freightTemplates: [freightTemplate],
        pointsAsked: 1_000,
      }),
    );
    expect(result.steps.map((row) => [row.step, row.sourceId, row.runningTotalFen])).toEqual([
      ['goods', null, yuan('1000')],
      ['member', 'member', yuan('900')],
      ['item_promotion', 'p1', yuan('890')],
      ['item_coupon', 'c1', yuan('889')],
      ['shop_promotion', 'p2', yuan('869')],
      ['shop_coupon', 'c2', yuan('867')],
      ['platform_promotion', 'p3', yuan('837')],
      ['platform_coupon', 'c3', yuan('834')],
      ['freight', 'paid', yuan('842')],
      ['points', null, yuan('832')],
    ]);
    expect(result.payableFen).toBe(yuan('832'));
  });

  test('CK-8 a coupon never lowers a later threshold: promotion and free freight stay', () => {
    const input = basket([line('sku', '200', { freightTemplateId: 'paid' })], {
      promotions: [spend('p', '200', '50')],
      freightTemplates: [{ ...freightTemplate, freeAboveFen: yuan('150') }],
      coupons: [coupon('c', '60', { scope: { kind: 'item', skuIds: ['sku'] } })],
    });
    expect(priceBasket(input).payableFen).toBe(yuan('90'));
  });

  test('CK-8 an earlier promotion and the member price do lower a later threshold', () => {
    const later = spend('later', '200', '50');
    const input = basket([line('sku', '200')], {
      promotions: [spend('first', '100', '10', { scope: { kind: 'category', category: 'food' } }), later],
    });
    expect(priceBasket(input).payableFen).toBe(yuan('190'));
    expect(priceBasket({ ...input, promotions: [later], memberPercent: 99 }).payableFen).toBe(yuan('198'));
  });
});

describe('CK-3 member price', () => {
  test('CK-3 rounded half up per unit, eligible SKUs only, borne by the platform', () => {
    const lines = [
      line('a', '0.99', { quantity: 3 }),
      line('b', '0.50'),
      line('c', '10', { memberPriceEligible: false }),
    ];
    const [a, b, c] = priceBasket(basket(lines, { memberPercent: 95 })).lines;
    // 0.9405 → 0.94 per unit; 0.475 → 0.48
    expect(a).toMatchObject({ discountFen: 15n, payableFen: 282n });
    expect(a?.discounts).toEqual([
      { step: 'member', sourceId: 'member', name: '会员价', bearer: 'platform', amountFen: 15n },
    ]);
    expect(b).toMatchObject({ discountFen: 2n, payableFen: 48n });
    expect(c).toMatchObject({ discountFen: 0n, discounts: [] });
  });
});

describe('CK-9 apportionment', () => {
  test('CK-9 shares by what earlier steps left, parts sum to the whole, each with its bearer', () => {
    const result = priceBasket(
      basket([line('a', '10'), line('b', '10'), line('c', '10')], {
        promotions: [spend('p', '30', '10', { scope: { kind: 'shop', shopId: 's1' }, issuer: 'shop' })],
        coupons: [coupon('c', '10')],
      }),
    );
    const shares = result.lines.map((priced) =>
      priced.discounts.map((d) => [d.sourceId, d.bearer, d.amountFen]),
    );
    expect(shares).toEqual([
      [
        ['p', 'shop', 334n],
        ['c', 'platform', 333n],
      ],
      [
        ['p', 'shop', 333n],
        ['c', 'platform', 334n],
      ],
      [
        ['p', 'shop', 333n],
        ['c', 'platform', 333n],
      ],
    ]);
    expect(result).toMatchObject({ discountFen: 2_000n, payableFen: 1_000n });
  });

  test('CK-9 a discount larger than what is left stops at zero', () => {
    const result = priceBasket(basket([line('a', '3'), line('b', '2')], { coupons: [coupon('c', '10')] }));
    expect(result).toMatchObject({ discountFen: 500n, payableFen: 0n });
    expect(result.lines.map((priced) => priced.payableFen)).toEqual([0n, 0n]);
  });

  test('SP-5 only a promotion or coupon that gave something to two shops joins them', () => {
    const lines = [line('a', '100'), line('b', '100', { shopId: 's2' })];
    const joint = basket(lines, { promotions: [spend('p', '200', '50')] });
    const single = basket(lines, {
      memberPercent: 90,
      promotions: [spend('p', '100', '10', { scope: { kind: 'shop', shopId: 's1' } })],
      coupons: [coupon('c', '10', { scope: { kind: 'item', skuIds: ['b'] } })],
      pointsAsked: 5_000,
    });
    expect(priceBasket(joint).spansShops).toBe(true);
    expect(priceBasket(single).spansShops).toBe(false);
    expect(priceBasket({ ...joint, promotions: [spend('p', '201', '50')] }).spansShops).toBe(false);
  });
});

describe('the contract of the input', () => {
  test.each([
    ['a SKU twice', basket([line('a', '1'), line('a', '1')])],
    ['a coupon twice', basket([line('a', '1')], { coupons: [coupon('c', '1'), coupon('c', '1')] })],
    ['a line without its template', basket([line('a', '1', { freightTemplateId: 'none' })])],
    ['half a piece', basket([line('a', '1', { quantity: 0.5 })])],
    ['a negative price', basket([line('a', '-1')])],
    ['a member who pays more', basket([line('a', '1')], { memberPercent: 101 })],
    ['no time', basket([line('a', '1')], { at: new Date(Number.NaN) })],
  ])('%s is refused', (_, input) => {
    expect(() => priceBasket(input)).toThrow(RangeError);
  });

  test('an empty basket costs nothing', () => {
    expect(priceBasket(basket([]))).toMatchObject({ payableFen: 0n, lines: [], spansShops: false });
  });
});
