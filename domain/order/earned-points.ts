import { pointsEarnedVoucher, pointsUnearnedVoucher } from '../ledger/vouchers.ts';
import { worthOf } from '../pricing/points.ts';
import type { Effects } from './effects.ts';
import { goodsMoney } from './kept-money.ts';
import type { OrderNode } from './node.ts';

/**
 * The points that a received leaf earns its buyer by what stays of it (CK-12, decision 9): so many for each whole yuan
 * paid in money for goods that stay. None while it is not received, or where its shop gives none.
 */
export function pointsEarned(leaf: OrderNode): number {
  return leaf.earnRate === null ? 0 : Number(goodsMoney(leaf) / 100n) * leaf.earnRate;
}

interface By {
  operator: string;
  at: Date;
}

/** Writes into `effects` what a leaf earns that is received just now; `leaf` as it will be. Answers the points. */
export function earnPoints(effects: Effects, leaf: OrderNode, { operator, at }: By): number {
  const { orderNo, rootNo, buyerId } = leaf;
  const points = pointsEarned(leaf);
  if (points === 0) return points;
  effects.points.push({ orderNo, buyerId, cause: 'earn', balanceDelta: points, frozenDelta: 0 });
  effects.vouchers.push(pointsEarnedVoucher({ orderNo, rootNo, operator, at }, worthOf(points)));
  return points;
}

/**
 * Something of a received leaf goes back, and the points that it earned with it (RF-9): by the difference of what the leaf
 * earns before and after, so that all parts sum to the whole. The balance may go below zero (decision 9).
 */
export function unearnPoints(
  effects: Effects,
  { before, after }: { before: OrderNode; after: OrderNode },
  { cause, operator, at }: By & { cause: string },
): void {
  const { orderNo, rootNo, buyerId } = before;
  const [had, has] = [pointsEarned(before), pointsEarned(after)];
  if (had === has) return;
  const points = had - has;
  const movement = { orderNo, buyerId, cause: 'unearn' as const, ref: cause };
  effects.points.push({ ...movement, balanceDelta: -points, frozenDelta: 0 });
  const pointsFen = worthOf(had) - worthOf(has);
  effects.vouchers.push(pointsUnearnedVoucher({ orderNo, rootNo, operator, at }, { pointsFen, cause }));
  effects.notices.push({
    orderNo,
    event: `points_taken_back:${cause}`,
    recipient: `buyer:${buyerId}`,
    params: { points },
  });
}
