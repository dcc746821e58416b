import { describe, expect, test } from 'vitest';
import { basket, coupon, FREE_FREIGHT, line, spend, yuan } from '../../test/support/pricing.ts';
import { freightFee } from './freight.ts';
import { priceBasket } from './price.ts';
import type { BasketLine, FreightTemplate, PricingInput } from './types.ts';

const perKilo = { firstUnits: 1_000, firstFen: yuan('10'), additionalUnits: 500, additionalFen: yuan('3') };
const template: FreightTemplate = {
  ...FREE_FREIGHT,
  freightTemplateId: 't',
  measure: 'weight',
  rates: { default: perKilo, '65': { ...perKilo, firstFen: yuan('20') } },
  undeliverableRegions: ['54'],
};

function ship(lines: BasketLine[], change: Partial<FreightTemplate> = {}, more: Partial<PricingInput> = {}) {
  const onTemplate = lines.map((each) => ({ ...each, freightTemplateId: 't' }));
  return priceBasket(basket(onTemplate, { freightTemplates: [{ ...template, ...change }], ...more }));
}

describe('CK-7 freight templates', () => {
  test.each([
    ['nothing weighed', 0n, '10'],
    ['within the first units', 1_000n, '10'],
    ['an additional unit begun', 1_001n, '13'],
    ['additional units in full', 2_000n, '16'],
  ])('CK-7 first and additional units: %s', (_, units, fee) => {
    expect(freightFee(perKilo, units)).toBe(yuan(fee));
  });

  test.each([
    ['piece', '8'],
    ['weight', '19'],
    ['volume', '13'],
  ] as const)('CK-7 measured by %s', (measure, fee) => {
    const rates = {
      default:
        measure === 'piece'
          ? { firstUnits: 1, firstFen: yuan('4'), additionalUnits: 1, additionalFen: yuan('2') }
          : perKilo,
    };
    const lines = [
      line('a', '10', { quantity: 2, weightGrams: 1_000, volumeCm3: 250 }),
      line('b', '10', { weightGrams: 500, volumeCm3: 1_000 }),
    ];
    expect(ship(lines, { measure, rates }).freightFen).toBe(yuan(fee));
  });

  test('CK-9 apportioned by the template’s own measure, whatever the goods cost', () => {
    const { lines } = ship([line('a', '1000', { weightGrams: 250 }), line('b', '1', { weightGrams: 750 })]);
    expect(lines.map((priced) => priced.freightFen)).toEqual([250n, 750n]);
  });

  test('CK-7 the rate of the region', () => {
    expect(ship([line('a', '10')], {}, { region: '65' }).freightFen).toBe(yuan('20'));
  });

  test('CK-7 undeliverable SKUs are named and carry no freight', () => {
    const lines = [line('b', '10'), line('a', '10')];
    expect(ship(lines, {}, { region: '54' })).toMatchObject({
      undeliverableSkuIds: ['a', 'b'],
      freightFen: 0n,
    });
  });

  test.each([
    ['the amount', { freeAboveFen: yuan('99') }, '99', 1, '0'],
    ['just below the amount', { freeAboveFen: yuan('99') }, '98.99', 1, '10'],
    ['the pieces', { freeAbovePieces: 2 }, '1', 2, '0'],
    ['too few pieces', { freeAbovePieces: 3 }, '1', 2, '10'],
  ])('CK-7 free from %s on', (_, change, price, quantity, fee) => {
    expect(ship([line('a', price, { quantity })], change).freightFen).toBe(yuan(fee));
  });

  test('CK-7 free freight is judged after promotions, but before coupons', () => {
    const change = { freeAboveFen: yuan('99') };
    const promotions = [spend('p', '100', '10')];
    expect(ship([line('a', '100')], change, { promotions }).freightFen).toBe(yuan('10'));
    expect(ship([line('a', '100')], change, { coupons: [coupon('c', '10')] }).freightFen).toBe(0n);
  });

  test('CK-7 each shop and template is a parcel of its own', () => {
    const result = ship([line('a', '10'), line('b', '10', { shopId: 's2' })]);
    expect(result.lines.map((priced) => priced.freightFen)).toEqual([yuan('10'), yuan('10')]);
  });
});
