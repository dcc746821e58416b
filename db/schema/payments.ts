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
    /** The provider's own handle of the attempt, where it finds nothing without it. */
    providerRef: text('provider_ref'),
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
    /** The kind of card that paid: debit, credit, prepaid (PY-1). */
    funding: text('funding'),
  },
  (t) => [
    // At most one attempt of an order can take money at a time.
    uniqueIndex('payments_one_open').on(t.orderNo).where(sql`state in ('starting', 'open')`),
    index('payments_order').on(t.orderNo),
  ],
);

/** Tries that the provider reported as failed while the attempt stayed open (PY-4): append-only. */
export const paymentDeclines = pgTable(
  'payment_declines',
  {
    outTradeNo: text('out_trade_no')
      .notNull()
      .references(() => payments.outTradeNo),
    /** The provider's id of the event. */
    eventKey: text('event_key').notNull(),
    /** The provider's own code. */
    providerCode: text('provider_code').notNull(),
    /** Our code of the reason, and its words for the buyer. */
    code: text('code').notNull(),
    zh: text('zh').notNull(),
    en: text('en').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.outTradeNo, t.eventKey] })],
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
    /** Where the money lies until it is back: an order's deposits, or what belonged to no open order (PY-6). */
    source: text('source', { enum: ['deposits', 'unallocated'] }).notNull(),
    state: text('state', { enum: ['requested', 'succeeded', 'queued'] }).notNull(),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
    failure: jsonb('failure').$type<{ code: string; message: string }>(),
    /** What proves that a person paid it out by hand, past the provider. */
    proof: text('proof'),
  },
  (t) => [
    index('refunds_order').on(t.orderNo),
    index('refunds_state').on(t.state),
    index('refunds_payment').on(t.outTradeNo),
  ],
);
