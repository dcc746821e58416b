import { and, eq } from 'drizzle-orm';
import {
  type Allowance,
  DEFAULT_REFUND_POLICY,
  dayOf,
  type Giver,
  limitOf,
  type RefundPolicy,
} from '../../domain/order/refund-policy.ts';
import type { Database } from '../client.ts';
import { goodwillDays, refundPolicies } from '../schema/index.ts';

/** What staff may give back now (RF-8). */
export async function loadRefundPolicy(db: Database): Promise<RefundPolicy> {
  const [row] = await db.select().from(refundPolicies).where(eq(refundPolicies.policyId, 'platform'));
  return row ?? DEFAULT_REFUND_POLICY;
}

/** What somebody can still give on the day of a moment. */
export async function loadAllowance(
  db: Database,
  { operator, giver, at }: { operator: string; giver: Giver; at: Date },
): Promise<Allowance> {
  const { day, renewsAt } = dayOf(at);
  const [policy, [row]] = await Promise.all([
    loadRefundPolicy(db),
    db
      .select({ usedFen: goodwillDays.usedFen })
      .from(goodwillDays)
      .where(and(eq(goodwillDays.operator, operator), eq(goodwillDays.day, day))),
  ]);
  return { operator, day, renewsAt, limitFen: limitOf(policy, giver), usedFen: row?.usedFen ?? 0n };
}
