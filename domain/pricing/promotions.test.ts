import { describe, expect, test } from 'vitest';
import { basket, coupon, line, spend, yuan } from '../../test/support/pricing.ts';
import { priceBasket } from './price.ts';
import type { BasketLine, Promotion } from './types.ts';

const food = { kind: 'category', category: 'food' } as const;
const tiers = [
  { thresholdFen: yuan('300'), saveFen: yuan('60') },
  { thresholdFen: yuan('100'), saveFen: yuan('10') },
  { thresholdFen: yuan('200'), saveFen: yuan('30') },
];

function discountOf(lines: readonly BasketLine[], promotions: readonly Promotion[]) {
  return priceBasket(basket(lines, { promotions })).discountFen;
}

describe('CK-4 spend X, save Y', () => {
  test.each([
    ['below every tier', '99.99', '0'],
    ['exactly the first', '100', '10'],
    ['the highest tier reached counts', '299.99', '30'],
    ['above the last tier', '1000', '60'],
  ])('CK-4 tiers: %s', (_, price, saved) => {
    expect(discountOf([line('a', price)], [spend('p', '0', '0', { tiers })])).toBe(yuan(saved));
  });

  test.each([
    ['99.99', '0'],
    ['100', '10'],
    ['350', '30'],
  ])('CK-4 every 100 save 10: %s saves %s', (price, saved) => {
    expect(discountOf([line('a', price)], [spend('p', '100', '10', { perFull: true })])).toBe(yuan(saved));
  });

  test('CK-4 scope: platform, shop, category, category of a shop, item', () => {
    const lines = [
      line('a', '100'),
      line('b', '100', { category: 'toys' }),
      line('c', '100', { shopId: 's2' }),
    ];
    const takes = (scope: Promotion['scope']) =>
      priceBasket(basket(lines, { promotions: [spend('p', '100', '9', { scope })] }))
        .lines.filter((priced) => priced.discountFen > 0n)
        .map((priced) => priced.skuId);
    expect(takes({ kind: 'platform' })).toEqual(['a', 'b', 'c']);
    expect(takes({ kind: 'shop', shopId: 's1' })).toEqual(['a', 'b']);
    expect(takes(food)).toEqual(['a', 'c']);
    expect(takes({ ...food, shopId: 's2' })).toEqual(['c']);
    expect(takes({ kind: 'item', skuIds: ['b'] })).toEqual(['b']);
  });

  test('CK-4 one promotion per line and step: the largest saving, ties by id', () => {
    const result = priceBasket(
      basket([line('a', '100')], {
        promotions: [spend('p3', '100', '20'), spend('p2', '100', '20'), spend('p1', '100', '10')],
      }),
    );
    expect(result.steps.map((row) => row.sourceId)).toEqual([null, 'p2', 'free']);
    expect(result.notApplied.map((row) => [row.sourceId, row.reason])).toEqual([
      ['p1', 'another_saves_more'],
      ['p3', 'another_saves_more'],
    ]);
  });

  test('CK-4 overlapping promotions: the best takes its lines, the next is judged on the rest', () => {
    const lines = [line('a', '100'), line('b', '100', { category: 'toys' }), line('c', '60')];
    const onPair = spend('pair', '200', '50', { scope: { kind: 'item', skuIds: ['a', 'b'] } });
    expect(discountOf(lines, [onPair, spend('food', '50', '5', { scope: food })])).toBe(yuan('55'));

    const tooFew = priceBasket(
      basket(lines, { promotions: [onPair, spend('food', '100', '5', { scope: food })] }),
    );
    expect(tooFew.discountFen).toBe(yuan('50'));
    expect(tooFew.notApplied).toMatchObject([
      { sourceId: 'food', reason: 'another_saves_more', missingFen: null },
    ]);
  });
});

describe('CK-10 why a promotion does not apply', () => {
  test('CK-10 CNY 20.00 more to save CNY 50.00', () => {
    const result = priceBasket(basket([line('a', '180')], { promotions: [spend('p', '200', '50')] }));
    expect(result.notApplied).toEqual([
      {
        kind: 'promotion',
        sourceId: 'p',
        name: '满200减50',
        reason: 'below_threshold',
        missingFen: yuan('20'),
        message: { zh: '再买 20.00 元，立减 50.00 元', en: 'CNY 20.00 more to save CNY 50.00' },
      },
    ]);
  });

  test('CK-10 with tiers the nearest one is named', () => {
    const result = priceBasket(basket([line('a', '80')], { promotions: [spend('p', '0', '0', { tiers })] }));
    expect(result.notApplied[0]?.message.en).toBe('CNY 20.00 more to save CNY 10.00');
  });

  test('CK-10 out of scope, and nothing left to take it from', () => {
    const result = priceBasket(
      basket([line('a', '20')], {
        promotions: [
          spend('toys', '0', '5', { scope: { kind: 'category', category: 'toys' } }),
          spend('shop', '10', '5', { scope: { kind: 'shop', shopId: 's1' } }),
        ],
        coupons: [coupon('c', '20', { scope: food })],
      }),
    );
    expect(result.payableFen).toBe(0n);
    expect(result.notApplied.map((row) => [row.sourceId, row.reason])).toEqual([
      ['toys', 'not_in_scope'],
      ['shop', 'nothing_left'],
    ]);
  });
});
