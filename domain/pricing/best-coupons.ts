import type { Fen } from '../money.ts';
import { cheapestWay, closeBasket, priceBasket } from './price.ts';
import type { Coupon, PricingInput } from './types.ts';

/** The combination of coupons to propose to the buyer. */
export interface BestCoupons {
  /** In the order they act; empty if no coupon lowers the price. */
  couponIds: readonly string[];
  payableFen: Fen;
  /** What the combination takes off what the buyer would pay without any coupon. */
  savedFen: Fen;
  /** True if every combination was priced, so none is cheaper; always true up to six coupons. */
  proven: boolean;
}

/**
 * The cheapest combination of the buyer's coupons (CK-10); `input.coupons` is not looked at.
 *
 * The pipeline already prices every way to use the coupons it is given, in which each takes something off, so this
 * names them all. Up to `EXACT_WAYS`
 * ways, hence always up to six coupons, the answer is proven; beyond, only the `BEAM_WAYS` cheapest so far are followed
 * at each level, `proven` is false, and the answer is good but may not be the cheapest. Of equally cheap combinations
 * it proposes the one that spends fewest points, then fewest coupons.
 */
export function bestCoupons(input: PricingInput, availableCoupons: readonly Coupon[]): BestCoupons {
  const withAll = { ...input, coupons: availableCoupons };
  const cheapest = cheapestWay(withAll);
  const { payableFen, usedCouponIds } = closeBasket(cheapest, withAll);
  const without = priceBasket({ ...input, coupons: [] });
  return {
    couponIds: usedCouponIds,
    payableFen,
    savedFen: without.payableFen - payableFen,
    proven: !cheapest.pruned,
  };
}
