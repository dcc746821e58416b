import { pointsReturnVoucher } from '../ledger/vouchers.ts';
import type { CouponChange, Effects } from './effects.ts';
import type { OrderNode, PaymentScope } from './node.ts';

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

/** Whether a coupon took something off pieces that were exchanged: what replaces them keeps that (RT-8). */
const servesReplacement = ({ lines, progress }: OrderNode, couponId: string): boolean =>
  hasServed({ lines: lines.filter(({ lineNo }) => (progress[lineNo]?.exchanged ?? 0) > 0) }, couponId);

/**
 * Whether every leaf that a coupon served is undone: then the coupon comes back, with the last of them (decision 7). One
 * that served what was exchanged does not.
 */
export function isCouponUndone(
  leaves: readonly OrderNode[],
  couponId: string,
  isUndone: (leaf: OrderNode) => boolean,
): boolean {
  const served = leaves.filter((leaf) => hasServed(leaf, couponId));
  return served.length > 0 && served.every((leaf) => isUndone(leaf) && !servesReplacement(leaf, couponId));
}

const REISSUED_FOR_MS = 7 * 24 * 3_600_000;

/**
 * A coupon comes back. One whose time has passed is expired (decision 6); where merchant or platform was at fault another
 * one takes its place for seven days (decision 7).
 */
export function giveCouponBack(
  effects: Effects,
  { root, coupons }: Pick<PaymentScope, 'root' | 'coupons'>,
  change: Pick<CouponChange, 'couponId' | 'from'>,
  { buyerAtFault, at }: { buyerAtFault: boolean; at: Date },
): void {
  const { couponId } = change;
  const { orderNo, buyerId } = root;
  const isExpired = coupons.some((held) => held.couponId === couponId && held.validTo <= at);
  if (!isExpired) {
    effects.coupons.push({ ...change, orderNo, to: 'available' });
    return;
  }
  const expired = { ...change, orderNo, to: 'expired' as const };
  if (buyerAtFault) {
    effects.coupons.push(expired);
    return;
  }
  const validTo = new Date(at.getTime() + REISSUED_FOR_MS);
  const reissued = { couponId: `${couponId}R`, validFrom: at, validTo };
  effects.coupons.push({ ...expired, reissued });
  effects.notices.push({
    orderNo,
    event: `coupon_reissued:${couponId}`,
    recipient: `buyer:${buyerId}`,
    params: { couponId: reissued.couponId, validTo: validTo.toISOString() },
  });
}
