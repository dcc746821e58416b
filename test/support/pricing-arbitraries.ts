import fc from 'fast-check';
import type { Fen } from '../../domain/money.ts';
import type {
  BasketLine,
  Coupon,
  FreightTemplate,
  PricingInput,
  Promotion,
  Scope,
} from '../../domain/pricing/types.ts';
import { AT } from './pricing.ts';

/** Small worlds on purpose: few shops and categories, so that scopes overlap and thresholds are just missed. */

const SHOPS = ['s1', 's2', 's3'] as const;
const CATEGORIES = ['food', 'toys'] as const;
const SKUS = ['a', 'b', 'c', 'd', 'e'] as const;
const HOUR_MS = 3_600_000;

/** Amounts of all sizes; small ones make discounts run out, odd ones make remainders. */
export const fen: fc.Arbitrary<Fen> = fc.oneof(
  fc.bigInt({ min: 0n, max: 20n }),
  fc.bigInt({ min: 0n, max: 30_000n }),
  fc.constantFrom(100n, 1_000n, 5_000n, 10_000n, 20_000n),
);

const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant({ kind: 'platform' } as const),
  fc.record({ kind: fc.constant('shop' as const), shopId: fc.constantFrom(...SHOPS) }),
  fc.record({
    kind: fc.constant('category' as const),
    category: fc.constantFrom(...CATEGORIES),
    shopId: fc.option(fc.constantFrom(...SHOPS), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('item' as const), skuIds: fc.subarray([...SKUS], { minLength: 1 }) }),
);

const itemScope = fc.record({
  kind: fc.constant('item' as const),
  skuIds: fc.subarray([...SKUS], { minLength: 1 }),
});

const issuer = fc.constantFrom('platform' as const, 'shop' as const);

const line = (skuId: string): fc.Arbitrary<BasketLine> =>
  fc.record({
    skuId: fc.constant(skuId),
    shopId: fc.constantFrom(...SHOPS),
    category: fc.constantFrom(...CATEGORIES),
    quantity: fc.integer({ min: 1, max: 5 }),
    unitPriceFen: fen,
    weightGrams: fc.nat(3_000),
    volumeCm3: fc.nat(3_000),
    memberPriceEligible: fc.boolean(),
    freightTemplateId: fc.constantFrom('t1', 't2'),
  });

const promotion = (index: number): fc.Arbitrary<Promotion> =>
  fc.record({
    promotionId: fc.constant(`p${index}`),
    name: fc.constant(`promotion ${index}`),
    scope,
    issuer,
    tiers: fc.array(fc.record({ thresholdFen: fen, saveFen: fen }), { minLength: 1, maxLength: 3 }),
    perFull: fc.boolean(),
  });

const couponOf = (index: number, scopes: fc.Arbitrary<Scope>): fc.Arbitrary<Coupon> =>
  fc.record({
    couponId: fc.constant(`c${index}`),
    name: fc.constant(`coupon ${index}`),
    scope: scopes,
    issuer,
    thresholdFen: fc.oneof(fc.constant(0n), fen),
    benefit: fc.oneof(
      fc.record({ kind: fc.constant('fixed' as const), saveFen: fen }),
      fc.record({
        kind: fc.constant('percentage' as const),
        percentOff: fc.integer({ min: 1, max: 100 }),
        capFen: fen,
      }),
    ),
    validFrom: fc.constantFrom(...[-1, -1, -1, 1].map((hours) => new Date(AT.getTime() + hours * HOUR_MS))),
    validTo: fc.constant(new Date(AT.getTime() + 2 * HOUR_MS)),
  });

const rate = fc.record({
  firstUnits: fc.nat(1_000),
  firstFen: fen,
  additionalUnits: fc.nat(500),
  additionalFen: fc.bigInt({ min: 0n, max: 500n }),
});

const template = (freightTemplateId: string): fc.Arbitrary<FreightTemplate> =>
  fc.record({
    freightTemplateId: fc.constant(freightTemplateId),
    shopId: fc.constant('s1'),
    measure: fc.constantFrom('piece' as const, 'weight' as const, 'volume' as const),
    rates: fc.record({ default: rate, '65': rate }),
    freeAboveFen: fc.option(fen),
    freeAbovePieces: fc.option(fc.integer({ min: 1, max: 9 })),
    undeliverableRegions: fc.constantFrom([], ['54']),
  });

const upTo = <T>(max: number, each: (index: number) => fc.Arbitrary<T>, min = 0): fc.Arbitrary<T[]> =>
  fc
    .integer({ min, max })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => each(index))));

/** Coupons of every scope; half of the time only item coupons, which contend for lines the most. */
export const someCoupons = (max: number, min = 0): fc.Arbitrary<Coupon[]> =>
  fc.oneof(
    upTo(max, (index) => couponOf(index, scope), min),
    upTo(max, (index) => couponOf(index, itemScope), min),
  );

/** A basket of one to five lines with anything that can happen to it. */
export function someBasket(maxCoupons = 4, minCoupons = 0): fc.Arbitrary<PricingInput> {
  return fc.record({
    at: fc.constant(AT),
    lines: fc
      .shuffledSubarray([...SKUS], { minLength: 1 })
      .chain((skuIds) => fc.tuple(...skuIds.map((skuId) => line(skuId)))),
    memberPercent: fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 100 })),
    promotions: upTo(4, promotion),
    coupons: someCoupons(maxCoupons, minCoupons),
    freightTemplates: fc.tuple(template('t1'), template('t2')),
    region: fc.constantFrom('31', '54', '65'),
    pointsAsked: fc.oneof(fc.constant(0), fc.nat(400)),
    pointsAvailable: fc.integer({ min: -50, max: 400 }),
    pointsPolicy: fc.record({
      pointsPerYuan: fc.constantFrom(100, 100, 1, 3, 150, 1_000),
      maxPercent: fc.integer({ min: 0, max: 100 }),
    }),
  });
}

/** The same basket with everything in it in another order. */
export function shuffled(input: PricingInput): fc.Arbitrary<PricingInput> {
  const inAnyOrder = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
  return fc
    .record({
      lines: inAnyOrder(input.lines),
      promotions: inAnyOrder(input.promotions),
      coupons: inAnyOrder(input.coupons),
      freightTemplates: inAnyOrder(input.freightTemplates),
    })
    .map((reordered) => ({ ...input, ...reordered }));
}
