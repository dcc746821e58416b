import type { Fen } from '../../domain/money.ts';
import { apportion } from '../../domain/pricing/apportion.ts';
import type { BasketLine, Coupon, PricingInput, Promotion, Scope } from '../../domain/pricing/types.ts';

/**
 * A second, deliberately plain pricing to compare the product with (CK-10): loops over plain numbers, no search of its
 * own. It shares only `apportion`, which has properties of its own.
 */

interface Row {
  line: BasketLine;
  base: Fen;
  left: Fen;
}

const sum = (amounts: Fen[]) => amounts.reduce((a, b) => a + b, 0n);
const base = (rows: Row[]) => sum(rows.map((row) => row.base));
const left = (rows: Row[]) => sum(rows.map((row) => row.left));
const min = (a: Fen, b: Fen) => (a < b ? a : b);

function concerns(scope: Scope, line: BasketLine): boolean {
  if (scope.kind === 'platform') return true;
  if (scope.kind === 'shop') return scope.shopId === line.shopId;
  if (scope.kind === 'item') return scope.skuIds.includes(line.skuId);
  return scope.category === line.category && (!scope.shopId || scope.shopId === line.shopId);
}

function take(rows: Row[], key: 'base' | 'left', amount: Fen): void {
  const parts = apportion(
    amount,
    rows.map((row) => row[key]),
    rows.map((row) => row.line.skuId),
  );
  rows.forEach((row, index) => {
    row[key] -= parts[index] as Fen;
  });
}

function saving(promotion: Promotion, amount: Fen): Fen {
  let reached: Promotion['tiers'][number] | undefined;
  for (const tier of promotion.tiers) {
    if (tier.thresholdFen <= amount && (!reached || tier.thresholdFen >= reached.thresholdFen))
      reached = tier;
  }
  if (!reached) return 0n;
  const times = promotion.perFull && reached.thresholdFen > 0n ? amount / reached.thresholdFen : 1n;
  return min(times * reached.saveFen, amount);
}

function takePromotions(rows: Row[], promotions: Promotion[]): void {
  const free = new Set(rows);
  const waiting = [...promotions].sort((a, b) => (a.promotionId < b.promotionId ? -1 : 1));
  const plan: { served: Row[]; amount: Fen }[] = [];
  for (;;) {
    let best: { served: Row[]; amount: Fen; index: number } | undefined;
    waiting.forEach((promotion, index) => {
      const served = rows.filter((row) => free.has(row) && concerns(promotion.scope, row.line));
      const amount = saving(promotion, base(served));
      if (amount > 0n && (!best || amount > best.amount)) best = { served, amount, index };
    });
    if (!best) break;
    for (const row of best.served) free.delete(row);
    waiting.splice(best.index, 1);
    plan.push(best);
  }
  for (const { served, amount } of plan) {
    take(served, 'left', min(amount, left(served)));
    take(served, 'base', amount);
  }
}

/**
 * False if a coupon of the sequence cannot be used at its turn. One that takes nothing off may not be used up either,
 * not even to keep a line from another coupon.
 */
function takeCoupons(rows: Row[], sequence: Coupon[], at: Date): boolean {
  const free = new Set(rows);
  const plan = sequence.map((coupon) => {
    const served = rows.filter((row) => free.has(row) && concerns(coupon.scope, row.line));
    for (const row of served) free.delete(row);
    return { coupon, served };
  });
  for (const { coupon, served } of plan) {
    const valid = coupon.validFrom <= at && at < coupon.validTo;
    if (!valid || served.length === 0 || base(served) < coupon.thresholdFen) return false;
    const { benefit } = coupon;
    const wanted =
      benefit.kind === 'fixed'
        ? benefit.saveFen
        : min((left(served) * BigInt(benefit.percentOff)) / 100n, benefit.capFen);
    const amount = min(wanted, left(served));
    if (amount === 0n) return false;
    take(served, 'left', amount);
  }
  return true;
}

function freightOf(rows: Row[], input: PricingInput): Fen {
  let total = 0n;
  const parcels = new Set(rows.map((row) => `${row.line.shopId}/${row.line.freightTemplateId}`));
  for (const parcel of parcels) {
    const inside = rows.filter((row) => `${row.line.shopId}/${row.line.freightTemplateId}` === parcel);
    const template = input.freightTemplates.find((t) => parcel.endsWith(`/${t.freightTemplateId}`));
    if (!template || template.undeliverableRegions.includes(input.region)) continue;
    const pieces = inside.reduce((count, row) => count + row.line.quantity, 0);
    if (template.freeAboveFen !== null && base(inside) >= template.freeAboveFen) continue;
    if (template.freeAbovePieces !== null && pieces >= template.freeAbovePieces) continue;
    const of = {
      piece: () => 1,
      weight: (l: BasketLine) => l.weightGrams,
      volume: (l: BasketLine) => l.volumeCm3,
    };
    const units = inside.reduce((all, row) => all + of[template.measure](row.line) * row.line.quantity, 0);
    const rate = template.rates[input.region] ?? template.rates.default;
    total += rate.firstFen;
    if (rate.additionalUnits === 0) continue;
    for (let paid = rate.firstUnits; paid < units; paid += rate.additionalUnits) total += rate.additionalFen;
  }
  return total;
}

function pointsMoney(goods: Fen, input: PricingInput): Fen {
  const bound = (goods * BigInt(input.pointsPolicy.maxPercent)) / 100n;
  let money = 0n;
  for (let points = 0; points <= Math.min(input.pointsAsked, input.pointsAvailable); points += 1) {
    const worth = BigInt(Math.floor((points * 100) / input.pointsPolicy.pointsPerYuan));
    if (worth <= bound) money = worth;
  }
  return money;
}

const levelOf = ({ scope }: { scope: Scope }) => (scope.kind === 'category' ? 'item' : scope.kind);

/** What is to pay if exactly these coupons are used, in this order within a level; null if they cannot be. */
export function payableWith(input: PricingInput, sequence: readonly Coupon[]): Fen | null {
  const rows = [...input.lines].map((line) => {
    const member = (line.unitPriceFen * BigInt(input.memberPercent) + 50n) / 100n;
    const amount = (line.memberPriceEligible ? member : line.unitPriceFen) * BigInt(line.quantity);
    return { line, base: amount, left: amount };
  });
  for (const level of ['item', 'shop', 'platform'] as const) {
    takePromotions(
      rows,
      input.promotions.filter((promotion) => levelOf(promotion) === level),
    );
    const used = sequence.filter((coupon) => levelOf(coupon) === level);
    if (!takeCoupons(rows, used, input.at)) return null;
  }
  return left(rows) + freightOf(rows, input) - pointsMoney(left(rows), input);
}

/** The least to pay over every order of every subset of the coupons: brute force. */
export function cheapestByBruteForce(input: PricingInput): Fen {
  let cheapest = payableWith(input, []) as Fen;
  for (const sequence of everyOrderOfEverySubset(input.coupons)) {
    const payable = payableWith(input, sequence);
    if (payable !== null && payable < cheapest) cheapest = payable;
  }
  return cheapest;
}

function* everyOrderOfEverySubset(coupons: readonly Coupon[]): Generator<Coupon[]> {
  yield [];
  for (const first of coupons) {
    const others = coupons.filter((coupon) => coupon !== first);
    for (const rest of everyOrderOfEverySubset(others)) yield [first, ...rest];
  }
}
