import type { Coupon, FreightTemplate, PricingInput, Promotion } from './types.ts';

/**
 * Throws RangeError if an input breaks the contract of types.ts: the mistake is the caller's, and a wrong price is worse
 * than none. What the buyer can get wrong (expired coupons, too many points) is no error and is answered in the result.
 */
export function checkInput(input: PricingInput): void {
  if (Number.isNaN(input.at.getTime())) throw new RangeError('at is not a date');
  checkLines(input);
  requireDistinct('coupon', input.coupons, (coupon) => coupon.couponId);
  requireDistinct('promotion', input.promotions, (promotion) => promotion.promotionId);
  requireWhole('memberPercent', input.memberPercent, 1, 100);
  requireWhole('pointsAsked', input.pointsAsked, 0);
  requireWhole('pointsAvailable', input.pointsAvailable, Number.MIN_SAFE_INTEGER);
  requireWhole('pointsPerYuan', input.pointsPolicy.pointsPerYuan, 1);
  requireWhole('maxPercent', input.pointsPolicy.maxPercent, 0, 100);
  input.promotions.forEach(checkPromotion);
  input.coupons.forEach(checkCoupon);
  input.freightTemplates.forEach(checkTemplate);
}

function checkLines({ lines, freightTemplates }: PricingInput): void {
  requireDistinct('SKU', lines, (line) => line.skuId);
  requireDistinct('freight template', freightTemplates, (template) => template.freightTemplateId);
  const known = new Set(freightTemplates.map((template) => template.freightTemplateId));
  for (const line of lines) {
    requireWhole(`quantity of ${line.skuId}`, line.quantity, 1);
    requireWhole(`weightGrams of ${line.skuId}`, line.weightGrams, 0);
    requireWhole(`volumeCm3 of ${line.skuId}`, line.volumeCm3, 0);
    requireAmount(`price of ${line.skuId}`, line.unitPriceFen);
    if (!known.has(line.freightTemplateId))
      throw new RangeError(`no freight template ${line.freightTemplateId}`);
  }
}

function checkPromotion({ promotionId, tiers }: Promotion): void {
  for (const tier of tiers) {
    requireAmount(`threshold of ${promotionId}`, tier.thresholdFen);
    requireAmount(`saving of ${promotionId}`, tier.saveFen);
  }
}

function checkCoupon({ couponId, thresholdFen, benefit }: Coupon): void {
  requireAmount(`threshold of ${couponId}`, thresholdFen);
  if (benefit.kind === 'fixed') return requireAmount(`saving of ${couponId}`, benefit.saveFen);
  requireWhole(`percentOff of ${couponId}`, benefit.percentOff, 0, 100);
  requireAmount(`cap of ${couponId}`, benefit.capFen);
}

function checkTemplate({ freightTemplateId, rates }: FreightTemplate): void {
  for (const [region, rate] of Object.entries(rates)) {
    const where = `of ${freightTemplateId} for ${region}`;
    requireWhole(`firstUnits ${where}`, rate.firstUnits, 0);
    requireWhole(`additionalUnits ${where}`, rate.additionalUnits, 0);
    requireAmount(`firstFen ${where}`, rate.firstFen);
    requireAmount(`additionalFen ${where}`, rate.additionalFen);
  }
}

function requireWhole(what: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${what} must be a whole number from ${min} to ${max}, not ${value}`);
  }
}

function requireAmount(what: string, fen: bigint): void {
  if (fen < 0n) throw new RangeError(`${what} must not be negative: ${fen}`);
}

function requireDistinct<T>(what: string, items: readonly T[], idOf: (item: T) => string): void {
  const seen = new Set<string>();
  for (const id of items.map(idOf)) {
    if (seen.has(id)) throw new RangeError(`${what} ${id} is in the input twice; merge it first`);
    seen.add(id);
  }
}
