import { type Fen, sumFen } from '../money.ts';
import { compareText, groupBy } from './group.ts';
import type { Bearer, PricedLine, PricingResult } from './types.ts';

/** What any node of the order tree carries: its lines added up, and nothing else (SP-9, decision 3). */
export interface Sums {
  goodsFen: Fen;
  discountFen: Fen;
  freightFen: Fen;
  points: number;
  pointsFen: Fen;
  payableFen: Fen;
}

/** One shop's part of a priced basket (SP-3). */
export interface ShopPart extends Sums {
  shopId: string;
  lines: readonly PricedLine[];
}

/** Adds up lines. Every total of a quote, a parent or a child comes from here (SP-9). */
export function sumLines(lines: readonly PricedLine[]): Sums {
  return {
    goodsFen: sumFen(lines.map((line) => line.goodsFen)),
    discountFen: sumFen(lines.map((line) => line.discountFen)),
    freightFen: sumFen(lines.map((line) => line.freightFen)),
    points: lines.reduce((sum, line) => sum + line.points, 0),
    pointsFen: sumFen(lines.map((line) => line.pointsFen)),
    payableFen: sumFen(lines.map((line) => line.payableFen)),
  };
}

/** A priced basket by shop, in the order of shop ids; the parts sum to the whole, to the fen (SP-3, SP-9). */
export function splitByShop(result: Pick<PricingResult, 'lines'>): ShopPart[] {
  return [...groupBy(result.lines, (line) => line.shopId)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([shopId, lines]) => ({ shopId, lines, ...sumLines(lines) }));
}

/** What one side bears of the discounts on these lines; both sides together bear all of it (CK-9). */
export function discountBorneBy(bearer: Bearer, lines: readonly PricedLine[]): Fen {
  const borne = lines.flatMap((line) => line.discounts).filter((discount) => discount.bearer === bearer);
  return sumFen(borne.map((discount) => discount.amountFen));
}

/**
 * Whether one promotion or coupon gave something to two shops or more: then the basket is paid as one (SP-5,
 * decision 10). Its threshold was reached together, so no shop's part can be left out. Member price and points are
 * each line's own and never join shops.
 */
export function spansShops(lines: readonly PricedLine[]): boolean {
  const gifts = lines.flatMap(({ shopId, discounts }) =>
    discounts
      .filter(({ step }) => step !== 'member')
      .map(({ step, sourceId }) => ({ shopId, key: `${step} ${sourceId}` })),
  );
  const shopsOf = groupBy(gifts, ({ key }) => key);
  return [...shopsOf.values()].some((given) => new Set(given.map(({ shopId }) => shopId)).size >= 2);
}
