import { and, asc, eq } from 'drizzle-orm';
import type { SecondOpinion } from '../../domain/order/proposal.ts';
import {
  type Allowance,
  DEFAULT_REFUND_POLICY,
  dayOf,
  type Giver,
  limitOf,
  type RefundPolicy,
} from '../../domain/order/refund-policy.ts';
import type { Database } from '../client.ts';
import { goodwillDays, refundPolicies, refundProposals } from '../schema/index.ts';

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

export type ProposalRow = typeof refundProposals.$inferSelect;

export async function findProposal(db: Database, proposalNo: string): Promise<ProposalRow | undefined> {
  const [row] = await db.select().from(refundProposals).where(eq(refundProposals.proposalNo, proposalNo));
  return row;
}

export async function requireProposal(db: Database, proposalNo: string): Promise<ProposalRow> {
  const row = await findProposal(db, proposalNo);
  if (!row) throw new Error(`no proposal ${proposalNo}`);
  return row;
}

/** The large refunds that were asked for of an order, oldest first. */
export async function listProposals(db: Database, orderNo: string): Promise<ProposalRow[]> {
  return await db
    .select()
    .from(refundProposals)
    .where(eq(refundProposals.orderNo, orderNo))
    .orderBy(asc(refundProposals.proposedAt), asc(refundProposals.proposalNo));
}

/** A second person's approval as a message carries it. */
export interface Approval extends SecondOpinion {
  proposalNo: string;
}

/** What a message that moves money brings of a second person, with the policy that asks for one. */
export async function secondPersonOf(db: Database, payload: Record<string, unknown>) {
  const approval = payload['approval'] as Approval | undefined;
  const [policy, proposal] = await Promise.all([
    loadRefundPolicy(db),
    approval ? requireProposal(db, approval.proposalNo) : undefined,
  ]);
  return { policy, approval: approval && proposal ? { proposal, opinion: approval } : null };
}

/** A message's payload as the log keeps it, which buyer and merchant read: who approved, without the words. */
export function loggedPayload(payload: Record<string, unknown>): Record<string, unknown> {
  const { approval, ...input } = payload;
  if (!approval) return input;
  const { proposalNo, by } = approval as Approval;
  return { ...input, approval: { proposalNo, by } };
}
