import { checkInput } from './check.ts';
import { coupons } from './coupons.ts';
import { freight } from './freight.ts';
import { compareText } from './group.ts';
import { memberPrice } from './member.ts';
import { points } from './points.ts';
import { promotions } from './promotions.ts';
import { type LineState, leftOf, openBasket, type PricingState, type Step } from './state.ts';
import { type Sums, spansShops, sumLines } from './tree.ts';
import type { PricedLine, PricingInput, PricingResult } from './types.ts';
import { compareFen, keepCheapest } from './ways.ts';

/** The calculation order: fixed, and written down only here (CK-8, decision 2). */
export const PIPELINE: readonly Step[] = [
  memberPrice,
  promotions('item'),
  coupons('item'),
  promotions('shop'),
  coupons('shop'),
  promotions('platform'),
  coupons('platform'),
  freight,
  points,
];

/**
 * Prices a basket (CK-1 … CK-10, decisions 1–4): every step with its running total, every line with its own share of
 * each discount, of freight and of points, and why the rest does not apply.
 *
 * Of the coupons named, it uses those that make the basket cheapest, so naming one more never raises the price; a
 * coupon that would take nothing off is left for another day. Proven up to `EXACT_WAYS` ways to use them, see ways.ts.
 * Throws RangeError if the input breaks its contract (see check.ts); it depends on nothing but the input.
 */
export function priceBasket(input: PricingInput): PricingResult {
  return closeBasket(cheapestWay(input), input);
}

/** The cheapest end of the pipeline over all ways to use the coupons named. */
export function cheapestWay(input: PricingInput): PricingState {
  checkInput(input);
  const ends = PIPELINE.reduce(
    (ways, step) =>
      keepCheapest(
        ways.flatMap((way) => step(way, input)),
        leftToPay,
      ),
    [openBasket(input)],
  );
  return ends
    .map((state) => ({ state, sums: sumLines(state.lines.map(closeLine)) }))
    .reduce((best, end) => (compareEnds(end, best) < 0 ? end : best)).state;
}

const leftToPay = (state: PricingState) => leftOf(state.lines);

type End = { state: PricingState; sums: Sums };

/** Least money, then least points, then fewest coupons, then by coupon ids: one answer for one basket. */
function compareEnds(a: End, b: End): number {
  return (
    compareFen(a.sums.payableFen, b.sums.payableFen) ||
    compareFen(a.sums.pointsFen, b.sums.pointsFen) ||
    a.state.usedCouponIds.length - b.state.usedCouponIds.length ||
    compareText(a.state.usedCouponIds.join(), b.state.usedCouponIds.join())
  );
}

/** What the pipeline ended with, as the contract states it; lines in the order in which the buyer has them. */
export function closeBasket(state: PricingState, input: PricingInput): PricingResult {
  const priced = new Map(state.lines.map((line) => [line.line.skuId, closeLine(line)]));
  const lines = input.lines.map(({ skuId }) => priced.get(skuId) as PricedLine);
  const { steps, notApplied, usedCouponIds, undeliverableSkuIds } = state;
  return {
    lines,
    ...sumLines(lines),
    steps,
    notApplied,
    usedCouponIds,
    spansShops: spansShops(lines),
    undeliverableSkuIds,
  };
}

function closeLine({
  line,
  goodsFen,
  leftFen,
  discounts,
  freightFen,
  points,
  pointsFen,
}: LineState): PricedLine {
  const { skuId, shopId, quantity, unitPriceFen } = line;
  return {
    skuId,
    shopId,
    quantity,
    unitPriceFen,
    goodsFen,
    discounts,
    discountFen: goodsFen - leftFen,
    freightFen,
    points,
    pointsFen,
    payableFen: leftFen + freightFen - pointsFen,
  };
}
