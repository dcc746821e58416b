import type { Fen } from '../money.ts';

/** Who pays for a discount (CK-9). */
export type Bearer = 'platform' | 'shop';

/** What a promotion or coupon applies to (CK-4, CK-5). */
export type Scope =
  | { kind: 'platform' }
  | { kind: 'shop'; shopId: string }
  | { kind: 'category'; category: string; shopId?: string | undefined }
  | { kind: 'item'; skuIds: readonly string[] };

/** One basket line as the catalogue knows it; two lines of one SKU are already merged. */
export interface BasketLine {
  skuId: string;
  shopId: string;
  category: string;
  quantity: number;
  unitPriceFen: Fen;
  weightGrams: number;
  volumeCm3: number;
  /** Whether the member discount of the buyer's level applies to this SKU (CK-3). */
  memberPriceEligible: boolean;
  freightTemplateId: string;
}

/** Spend X, save Y (满减). With several tiers the highest one reached counts; `perFull` repeats its only tier. */
export interface Promotion {
  promotionId: string;
  name: string;
  scope: Scope;
  issuer: Bearer;
  tiers: readonly { thresholdFen: Fen; saveFen: Fen }[];
  perFull: boolean;
}

export type CouponBenefit =
  | { kind: 'fixed'; saveFen: Fen }
  | { kind: 'percentage'; percentOff: number; capFen: Fen };

/** A coupon of the buyer which the checkout names. Validity (CK-5) is judged by `validFrom`/`validTo` against `at`. */
export interface Coupon {
  couponId: string;
  name: string;
  scope: Scope;
  issuer: Bearer;
  thresholdFen: Fen;
  benefit: CouponBenefit;
  validFrom: Date;
  validTo: Date;
}

/** First/additional units of a template (CK-7). `per` of a weight is grams, of a volume cm³, of pieces pieces. */
export interface FreightRate {
  firstUnits: number;
  firstFen: Fen;
  additionalUnits: number;
  additionalFen: Fen;
}

export interface FreightTemplate {
  freightTemplateId: string;
  shopId: string;
  measure: 'piece' | 'weight' | 'volume';
  /** Rate of each destination region (GB/T 2260 two-digit province code); `default` serves the others. */
  rates: Readonly<Record<string, FreightRate>> & { readonly default: FreightRate };
  freeAboveFen: Fen | null;
  freeAbovePieces: number | null;
  undeliverableRegions: readonly string[];
}

export interface PointsPolicy {
  /** Points that buy one yuan; default 100. */
  pointsPerYuan: number;
  /** At most this share of what is left to pay without freight, in percent; default 50. */
  maxPercent: number;
}

export interface PricingInput {
  at: Date;
  lines: readonly BasketLine[];
  /** Percent of the unit price the buyer's member level pays, 1–100; 100 = no discount. */
  memberPercent: number;
  promotions: readonly Promotion[];
  coupons: readonly Coupon[];
  freightTemplates: readonly FreightTemplate[];
  /** Two-digit province code of the destination. */
  region: string;
  /** Points the buyer asks to redeem; at most their available balance. */
  pointsAsked: number;
  pointsAvailable: number;
  pointsPolicy: PointsPolicy;
}

export type PricingStep =
  | 'member'
  | 'item_promotion'
  | 'item_coupon'
  | 'shop_promotion'
  | 'shop_coupon'
  | 'platform_promotion'
  | 'platform_coupon'
  | 'freight'
  | 'points';

/** One discount's share on one line (CK-9). */
export interface LineDiscount {
  step: PricingStep;
  /** Promotion or coupon id; `member` for the member price. */
  sourceId: string;
  name: string;
  bearer: Bearer;
  amountFen: Fen;
}

export interface PricedLine {
  skuId: string;
  shopId: string;
  quantity: number;
  unitPriceFen: Fen;
  /** quantity × unitPriceFen. */
  goodsFen: Fen;
  discounts: readonly LineDiscount[];
  discountFen: Fen;
  freightFen: Fen;
  /** Points taken by this line and the money they stand for. */
  points: number;
  pointsFen: Fen;
  /** goodsFen − discountFen + freightFen − pointsFen: the line's own share of the money to pay. */
  payableFen: Fen;
}

/** One row of the explanation a quote shows (CK-1): each step with what it did and to what it brought the total. */
export interface ExplainedStep {
  step: PricingStep | 'goods';
  sourceId: string | null;
  name: string;
  /** Negative for a discount, positive for goods and freight. */
  amountFen: Fen;
  runningTotalFen: Fen;
}

/** Why a promotion or a named coupon does not apply (CK-10). */
export interface NotApplied {
  kind: 'promotion' | 'coupon';
  sourceId: string;
  name: string;
  reason:
    | 'below_threshold'
    | 'not_in_scope'
    | 'not_valid_yet'
    | 'expired'
    | 'another_saves_more'
    | 'another_coupon_used'
    | 'nothing_left';
  /** What is missing to the threshold, for `below_threshold`. */
  missingFen: Fen | null;
  message: { zh: string; en: string };
}

export interface PricingResult {
  lines: readonly PricedLine[];
  steps: readonly ExplainedStep[];
  notApplied: readonly NotApplied[];
  /** Coupons that took part; only these are locked at submit. */
  usedCouponIds: readonly string[];
  goodsFen: Fen;
  discountFen: Fen;
  freightFen: Fen;
  points: number;
  pointsFen: Fen;
  payableFen: Fen;
  /** True if a platform promotion or coupon gave something to two shops or more: the basket is paid as one (SP-5). */
  spansShops: boolean;
  /** SKUs that cannot be delivered to the region (CK-7); a quote with any cannot be submitted. */
  undeliverableSkuIds: readonly string[];
}
