import { pointsReturnVoucher } from '../ledger/vouchers.ts';
import type { Effects } from './effects.ts';
import type { OrderNode } from './node.ts';

/** What the payment of a leaf did and its end undoes: redeemed points come back, coupons that served nothing else too. */

/** Gives back the points that were redeemed for a leaf. `paymentVoucherNo` is the voucher that took them. */
export function givePointsBack(
  effects: Effects,
  { orderNo, rootNo, buyerId, points, pointsFen }: OrderNode,
  at: Date,
  paymentVoucherNo: string,
): void {
  // Of few points over many lines a leaf can carry a share in money and not one whole point.
  if (points > 0)
    effects.points.push({ orderNo, buyerId, cause: 'return', balanceDelta: points, frozenDelta: 0 });
  if (pointsFen === 0n) return;
  effects.vouchers.push(
    pointsReturnVoucher({ orderNo, rootNo, operator: 'system', at }, { pointsFen }, paymentVoucherNo),
  );
}

/** Whether a coupon took something off a leaf. */
export const hasServed = ({ lines }: Pick<OrderNode, 'lines'>, couponId: string): boolean =>
  lines.some((line) => line.discounts.some((discount) => discount.sourceId === couponId));

/** Whether every leaf that a coupon served is undone: then the coupon comes back, with the last of them (decision 7). */
export function isCouponUndone(
  leaves: readonly OrderNode[],
  couponId: string,
  isUndone: (leaf: OrderNode) => boolean,
): boolean {
  const served = leaves.filter((leaf) => hasServed(leaf, couponId));
  return served.length > 0 && served.every(isUndone);
}
