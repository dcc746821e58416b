import { type Fen, minFen, sumFen } from '../money.ts';
import { compareText } from './group.ts';
import { couponNotApplied } from './not-applied.ts';
import { inScope, type Level, levelOf } from './scope.ts';
import { baseOf, type LineState, leftOf, type PricingState, takeDiscount } from './state.ts';
import type { Coupon, CouponBenefit, NotApplied, PricingInput } from './types.ts';
import { keepCheapest } from './ways.ts';

/** A coupon with the lines it serves and what it saves on them. */
interface Serving {
  readonly coupon: Coupon;
  readonly lines: readonly LineState[];
  readonly amountFen: Fen;
}

/** One way to use coupons of a level. */
interface Way {
  readonly servings: readonly Serving[];
  /** For each line of the basket the coupon that serves it, null while it is free: one coupon per line and level. */
  readonly servedBy: readonly (string | null)[];
  readonly pruned: boolean;
}

/**
 * The coupons (优惠券) of one level. Returns every way to use them, none included; the pipeline goes on with each and
 * `priceBasket` keeps the cheapest end (CK-5, CK-10, decisions 1 and 2).
 *
 * A coupon serves all lines of its scope that no other coupon of its level serves: hence one platform coupon per
 * checkout, one shop coupon per shop, and one category or item coupon per line. Its threshold is judged on those lines.
 */
export function coupons(level: Level) {
  return (state: PricingState, input: PricingInput): PricingState[] => {
    const named = input.coupons
      .filter((coupon) => levelOf(coupon.scope) === level)
      .sort((a, b) => compareText(a.couponId, b.couponId));
    const usable = named.filter((coupon) => obstacleTo(coupon, state, input.at) === null);
    return everyWay(usable, state).map((way) => {
      const notApplied = named.flatMap((coupon) => whyNot(coupon, way, state, input.at) ?? []);
      return { ...useCoupons(state, way, level), notApplied: [...state.notApplied, ...notApplied] };
    });
  };
}

/**
 * What a coupon saves on what is left of its lines: a fixed sum, or a percentage rounded down to the fen, up to its cap;
 * never more than what is left (CK-5, decision 4).
 */
export function couponSaving(benefit: CouponBenefit, leftFen: Fen): Fen {
  if (benefit.kind === 'fixed') return minFen(benefit.saveFen, leftFen);
  return minFen((leftFen * BigInt(benefit.percentOff)) / 100n, benefit.capFen);
}

/** Breadth first: with no coupon, with one, with two, … */
function everyWay(usable: readonly Coupon[], state: PricingState): Way[] {
  const ways: Way[] = [];
  let withThisMany: Way[] = [{ servings: [], servedBy: state.lines.map(() => null), pruned: state.pruned }];
  while (withThisMany.length > 0) {
    ways.push(...withThisMany);
    const withOneMore = withThisMany.flatMap((way) =>
      usable.flatMap((coupon) => withCoupon(way, coupon, state) ?? []),
    );
    withThisMany = keepCheapest(distinct(withOneMore), notSaved);
  }
  return keepCheapest(ways, notSaved);
}

/** Coupons of one level serve different lines, so what they save simply adds up. */
function notSaved(way: Way): Fen {
  return -sumFen(way.servings.map((serving) => serving.amountFen));
}

/** Null if the coupon is used already, misses its threshold on the lines still free, or would take nothing off them. */
function withCoupon(way: Way, coupon: Coupon, state: PricingState): Way | null {
  const { couponId, scope, thresholdFen, benefit } = coupon;
  if (way.servings.some((serving) => serving.coupon === coupon)) return null;
  const lines = state.lines.filter(({ line }, index) => way.servedBy[index] === null && inScope(line, scope));
  const amountFen = couponSaving(benefit, leftOf(lines));
  if (baseOf(lines) < thresholdFen || amountFen === 0n) return null;

  const servedBy = way.servedBy.map((id, index) =>
    lines.includes(state.lines[index] as LineState) ? couponId : id,
  );
  return { ...way, servings: [...way.servings, { coupon, lines, amountFen }], servedBy };
}

/** Orders of taking that serve the same lines with the same coupons are one way: the first found. */
function distinct(ways: readonly Way[]): Way[] {
  const byAssignment = new Map<string, Way>();
  for (const way of ways) {
    const assignment = JSON.stringify(way.servedBy);
    if (!byAssignment.has(assignment)) byAssignment.set(assignment, way);
  }
  return [...byAssignment.values()];
}

function useCoupons(state: PricingState, { servings, pruned }: Way, level: Level): PricingState {
  return servings.reduce(
    (current, { coupon, lines, amountFen }) => {
      const { couponId: sourceId, name, issuer: bearer } = coupon;
      const discounted = takeDiscount(
        current,
        { step: `${level}_coupon`, sourceId, name, bearer, amountFen },
        lines,
      );
      return { ...discounted, usedCouponIds: [...discounted.usedCouponIds, sourceId] };
    },
    { ...state, pruned },
  );
}

/**
 * What keeps a coupon from being used in this basket at all, whatever other coupons are used. It is usable from
 * `validFrom` on and no longer at `validTo`.
 */
function obstacleTo(coupon: Coupon, state: PricingState, at: Date): NotApplied['reason'] | null {
  const lines = linesInScope(coupon, state);
  if (at < coupon.validFrom) return 'not_valid_yet';
  if (at >= coupon.validTo) return 'expired';
  if (lines.length === 0) return 'not_in_scope';
  if (baseOf(lines) < coupon.thresholdFen) return 'below_threshold';
  return null;
}

/** Null if this way uses the coupon. */
function whyNot(coupon: Coupon, way: Way, state: PricingState, at: Date): NotApplied | null {
  if (way.servings.some((serving) => serving.coupon === coupon)) return null;
  const lines = linesInScope(coupon, state);
  const taken = state.lines.some((line, index) => way.servedBy[index] !== null && lines.includes(line));
  const lost = taken ? 'another_coupon_used' : 'nothing_left';
  return couponNotApplied(coupon, obstacleTo(coupon, state, at) ?? lost, baseOf(lines));
}

function linesInScope(coupon: Coupon, state: PricingState): LineState[] {
  return state.lines.filter(({ line }) => inScope(line, coupon.scope));
}
