import { date, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { fen } from './columns.ts';

/** What staff may give back (RF-8): one row, `platform`; without it the defaults hold. */
export const refundPolicies = pgTable('refund_policies', {
  policyId: text('policy_id').primaryKey(),
  /** The most goodwill that one of a merchant's staff, and one of customer service, gives a day, in fen. */
  merchantGoodwillPerDayFen: fen('merchant_goodwill_per_day_fen').notNull(),
  serviceGoodwillPerDayFen: fen('service_goodwill_per_day_fen').notNull(),
});

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
