import { sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { coupons, pointsAccounts, pointsMovements } from '../schema/index.ts';
import type { IdempotencyKey } from './idempotency.ts';
import { claimKey } from './idempotency.ts';

/** Gives a buyer a coupon, once per key. */
export async function grantCoupon(
  db: Database,
  key: IdempotencyKey,
  coupon: typeof coupons.$inferInsert,
  at: Date,
) {
  return await db.transaction(async (tx) => {
    const claim = await claimKey(tx as unknown as Database, key, coupon.couponId, at);
    if (claim.result === 'claimed') await tx.insert(coupons).values(coupon);
    return claim;
  });
}

/** Gives a buyer points, once per key. */
export async function grantPoints(
  db: Database,
  key: IdempotencyKey,
  grant: { buyerId: string; points: number },
  at: Date,
) {
  const { buyerId, points } = grant;
  return await db.transaction(async (tx) => {
    const claim = await claimKey(tx as unknown as Database, key, buyerId, at);
    if (claim.result !== 'claimed') return claim;
    await tx
      .insert(pointsAccounts)
      .values({ buyerId, balance: points })
      .onConflictDoUpdate({
        target: pointsAccounts.buyerId,
        set: { balance: sql`${pointsAccounts.balance} + ${points}` },
      });
    await tx
      .insert(pointsMovements)
      .values({ buyerId, cause: 'opening', balanceDelta: points, frozenDelta: 0, at });
    return claim;
  });
}
