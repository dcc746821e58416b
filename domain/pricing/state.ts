import { type Fen, sumFen } from '../money.ts';
import { apportion } from './apportion.ts';
import { compareText } from './group.ts';
import type { BasketLine, ExplainedStep, LineDiscount, NotApplied, PricingInput } from './types.ts';

/** One line on its way through the pipeline. */
export interface LineState {
  readonly line: BasketLine;
  readonly goodsFen: Fen;
  /**
   * The amount after member price and promotions as if there were no coupons. Thresholds are judged on it and
   * promotions choose by it, so no coupon can ever cost the buyer a promotion or free freight (decision 1).
   */
  readonly baseFen: Fen;
  /** What is left to pay for the goods after every step so far; the weight of the next apportionment (decision 3). */
  readonly leftFen: Fen;
  readonly discounts: readonly LineDiscount[];
  readonly freightFen: Fen;
  readonly points: number;
  readonly pointsFen: Fen;
}

/** A basket on its way through the pipeline. Steps return a new one and never change the one they got. */
export interface PricingState {
  /** By SKU id, so that nothing depends on the order in which the buyer put things into the basket. */
  readonly lines: readonly LineState[];
  readonly steps: readonly ExplainedStep[];
  readonly notApplied: readonly NotApplied[];
  readonly usedCouponIds: readonly string[];
  readonly undeliverableSkuIds: readonly string[];
  /** True if ways to use the coupons were given up unseen, so "cheapest" is no longer proven (CK-10). */
  readonly pruned: boolean;
}

/** One step of the pipeline. A step that has alternatives (which coupons to use) returns them all. */
export type Step = (state: PricingState, input: PricingInput) => PricingState | readonly PricingState[];

/** The basket before any step: goods at catalogue prices (CK-1). */
export function openBasket(input: PricingInput): PricingState {
  const lines = [...input.lines].sort((a, b) => compareText(a.skuId, b.skuId)).map(openLine);
  const goodsFen = sumFen(lines.map((line) => line.goodsFen));
  return {
    lines,
    steps: [
      { step: 'goods', sourceId: null, name: '商品金额', amountFen: goodsFen, runningTotalFen: goodsFen },
    ],
    notApplied: [],
    usedCouponIds: [],
    undeliverableSkuIds: [],
    pruned: false,
  };
}

function openLine(line: BasketLine): LineState {
  const goodsFen = line.unitPriceFen * BigInt(line.quantity);
  return {
    line,
    goodsFen,
    baseFen: goodsFen,
    leftFen: goodsFen,
    discounts: [],
    freightFen: 0n,
    points: 0,
    pointsFen: 0n,
  };
}

export function baseOf(lines: readonly LineState[]): Fen {
  return sumFen(lines.map((line) => line.baseFen));
}

export function leftOf(lines: readonly LineState[]): Fen {
  return sumFen(lines.map((line) => line.leftFen));
}

/** The lines of the basket that a set of lines names, as they stand now. */
export function sameLines(state: PricingState, named: readonly LineState[]): LineState[] {
  const skuIds = new Set(named.map((line) => line.line.skuId));
  return state.lines.filter((line) => skuIds.has(line.line.skuId));
}

/** An amount over lines by a weight of theirs, as the share of each SKU (decision 3). */
export function sharesOf(amountFen: Fen, lines: readonly LineState[], weight: (line: LineState) => Fen) {
  const skuIds = lines.map((line) => line.line.skuId);
  const parts = apportion(amountFen, lines.map(weight), skuIds);
  return new Map(skuIds.map((skuId, index) => [skuId, parts[index] as Fen]));
}

/** Takes a discount off the lines, apportioned by what is left of each, and explains it. Zero leaves no trace. */
export function takeDiscount(
  state: PricingState,
  discount: LineDiscount,
  among: readonly LineState[],
): PricingState {
  if (discount.amountFen === 0n) return state;
  const shares = sharesOf(discount.amountFen, sameLines(state, among), (line) => line.leftFen);
  return explain(discountLines(state, discount, shares), { ...discount, amountFen: -discount.amountFen });
}

/** Records each line's own share of a discount (CK-9). */
export function discountLines(
  state: PricingState,
  discount: Omit<LineDiscount, 'amountFen'>,
  shares: ReadonlyMap<string, Fen>,
): PricingState {
  const { step, sourceId, name, bearer } = discount;
  const lines = state.lines.map((line) => {
    const amountFen = shares.get(line.line.skuId) ?? 0n;
    if (amountFen === 0n) return line;
    const discounts = [...line.discounts, { step, sourceId, name, bearer, amountFen }];
    return { ...line, leftFen: line.leftFen - amountFen, discounts };
  });
  return { ...state, lines };
}

/** Adds one row to the explanation; `amountFen` is what it does to the total (CK-1). */
export function explain(state: PricingState, row: Omit<ExplainedStep, 'runningTotalFen'>): PricingState {
  const { step, sourceId, name, amountFen } = row;
  const runningTotalFen = (state.steps.at(-1)?.runningTotalFen ?? 0n) + amountFen;
  return { ...state, steps: [...state.steps, { step, sourceId, name, amountFen, runningTotalFen }] };
}
