import { date, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { fen, instant } from './columns.ts';

/** What staff may give back (RF-8): one row, `platform`; without it the defaults hold. */
export const refundPolicies = pgTable('refund_policies', {
  policyId: text('policy_id').primaryKey(),
  /** The most goodwill that one of a merchant's staff, and one of customer service, gives a day, in fen. */
  merchantGoodwillPerDayFen: fen('merchant_goodwill_per_day_fen').notNull(),
  serviceGoodwillPerDayFen: fen('service_goodwill_per_day_fen').notNull(),
  /** A refund that staff start, or rule, of this or more needs a second person. */
  secondPersonFromFen: fen('second_person_from_fen').notNull(),
});

/**
 * A large refund that one person asked for and another one with the finance role decides: open → approved, in the step
 * that carries it out, or refused.
 */
export const refundProposals = pgTable(
  'refund_proposals',
  {
    proposalNo: text('proposal_no').primaryKey(),
    orderNo: text('order_no').notNull(),
    /** The case that it rules, if any. */
    caseNo: text('case_no'),
    amountFen: fen('amount_fen').notNull(),
    /** The message that carries it out, as the first person sent it. */
    kind: text('kind').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    bodyHash: text('body_hash').notNull(),
    proposedBy: text('proposed_by').notNull(),
    proposedAt: instant('proposed_at').notNull(),
    state: text('state', { enum: ['open', 'approved', 'refused'] }).notNull(),
    decidedBy: text('decided_by'),
    decidedAt: instant('decided_at'),
    words: text('words'),
  },
  // Serves the list of an order.
  (t) => [index('refund_proposals_order').on(t.orderNo)],
);

/** How much goodwill somebody gave on a day: the guard of the limit, whoever gives at the same time (RF-8). */
export const goodwillDays = pgTable(
  'goodwill_days',
  {
    /** As in the process log: `merchant:<sub>`, `platform:<sub>`. */
    operator: text('operator').notNull(),
    /** In Beijing. */
    day: date('day', { mode: 'string' }).notNull(),
    usedFen: fen('used_fen').notNull(),
    /** The limit at the last of them. */
    limitFen: fen('limit_fen').notNull(),
  },
  (t) => [primaryKey({ columns: [t.operator, t.day] })],
);
