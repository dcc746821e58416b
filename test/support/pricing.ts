import { parseYuan } from '../../domain/money.ts';
import type {
  BasketLine,
  Coupon,
  FreightTemplate,
  PricingInput,
  Promotion,
} from '../../domain/pricing/types.ts';

/** Builders for worked examples: say what the example is about, the rest is harmless. */

export const yuan = parseYuan;

export const AT = new Date('2026-11-11T12:00:00Z');

export const FREE_FREIGHT: FreightTemplate = {
  freightTemplateId: 'free',
  shopId: 's1',
  measure: 'piece',
  rates: { default: { firstUnits: 1, firstFen: 0n, additionalUnits: 1, additionalFen: 0n } },
  freeAboveFen: null,
  freeAbovePieces: null,
  undeliverableRegions: [],
};

export function line(skuId: string, price: string, more: Partial<BasketLine> = {}): BasketLine {
  return {
    skuId,
    shopId: 's1',
    category: 'food',
    quantity: 1,
    unitPriceFen: yuan(price),
    weightGrams: 500,
    volumeCm3: 1_000,
    memberPriceEligible: true,
    freightTemplateId: 'free',
    ...more,
  };
}

/** `spend('p', '200', '50')`: spend 200, save 50, on the platform, borne by it. */
export function spend(
  promotionId: string,
  threshold: string,
  save: string,
  more: Partial<Promotion> = {},
): Promotion {
  return {
    promotionId,
    name: `满${threshold}减${save}`,
    scope: { kind: 'platform' },
    issuer: 'platform',
    tiers: [{ thresholdFen: yuan(threshold), saveFen: yuan(save) }],
    perFull: false,
    ...more,
  };
}

/** `coupon('c', '10')`: a 10-yuan platform coupon without a threshold, valid on the day. */
export function coupon(couponId: string, save: string, more: Partial<Coupon> = {}): Coupon {
  return {
    couponId,
    name: `${save}元券`,
    scope: { kind: 'platform' },
    issuer: 'platform',
    thresholdFen: 0n,
    benefit: { kind: 'fixed', saveFen: yuan(save) },
    validFrom: new Date('2026-11-01T00:00:00Z'),
    validTo: new Date('2026-12-01T00:00:00Z'),
    ...more,
  };
}

export function basket(lines: readonly BasketLine[], more: Partial<PricingInput> = {}): PricingInput {
  return {
    at: AT,
    lines,
    memberPercent: 100,
    promotions: [],
    coupons: [],
    freightTemplates: [FREE_FREIGHT],
    region: '31',
    pointsAsked: 0,
    pointsAvailable: 1_000_000,
    pointsPolicy: { pointsPerYuan: 100, maxPercent: 50 },
    ...more,
  };
}
