import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { fen, instant } from './columns.ts';

/** A payment attempt: a thing of its own with its own number, one row per try, its history kept. */
export const payments = pgTable(
  'payments',
  {
    outTradeNo: text('out_trade_no').primaryKey(),
    orderNo: text('order_no').notNull(),
    attempt: integer('attempt').notNull(),
    method: text('method').notNull(),
    provider: text('provider').notNull(),
    amountFen: fen('amount_fen').notNull(),
    /** starting → open → succeeded | closed; starting → failed when the provider refused it. */
    state: text('state', { enum: ['starting', 'open', 'succeeded', 'closed', 'failed'] }).notNull(),
    /** What the buyer's client needs to go on. */
    action: jsonb('action').$type<Record<string, string>>(),
    failure: jsonb('failure').$type<{ code: string; zh: string; en: string; retryable: boolean }>(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    endedAt: instant('ended_at'),
    /** The provider's number, time and amount of the money that came (PY-2). */
    providerTradeNo: text('provider_trade_no'),
    paidAt: instant('paid_at'),
    receivedFen: fen('received_fen'),
  },
  (t) => [
    // At most one attempt of an order can take money at a time.
    uniqueIndex('payments_one_open').on(t.orderNo).where(sql`state in ('starting', 'open')`),
    index('payments_order').on(t.orderNo),
  ],
);

/** Which order of a tree a payment pays, and how much of it. */
export const paymentAllocations = pgTable(
  'payment_allocations',
  {
    outTradeNo: text('out_trade_no').notNull(),
    orderNo: text('order_no').notNull(),
    amountFen: fen('amount_fen').notNull(),
  },
  (t) => [primaryKey({ columns: [t.outTradeNo, t.orderNo] })],
);

/** Money on its way back (PY-8): the row first, the provider second, always with the same number. */
export const refunds = pgTable(
  'refunds',
  {
    refundNo: text('refund_no').primaryKey(),
    outTradeNo: text('out_trade_no').notNull(),
    orderNo: text('order_no').notNull(),
    amountFen: fen('amount_fen').notNull(),
    reason: text('reason').notNull(),
    state: text('state', { enum: ['requested', 'succeeded', 'queued'] }).notNull(),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
    failure: jsonb('failure').$type<{ code: string; message: string }>(),
  },
  (t) => [index('refunds_order').on(t.orderNo), index('refunds_state').on(t.state)],
);
