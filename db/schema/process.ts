import { index, integer, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import type { PricedBasket } from '../../domain/pricing/basket.ts';
import { fen, fenJson, instant } from './columns.ts';

/**
 * The process log (NT-3) and, in the same row, the stored result of a step: a step that runs again finds its key and
 * answers what it answered first. Append-only.
 */
export const orderLog = pgTable(
  'order_log',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    orderNo: text('order_no').notNull(),
    stepKey: text('step_key').notNull(),
    action: text('action').notNull(),
    actor: text('actor').notNull(),
    fromState: text('from_state'),
    toState: text('to_state').notNull(),
    version: integer('version').notNull(),
    input: jsonb('input').$type<Record<string, unknown>>().notNull(),
    result: jsonb('result').$type<Record<string, unknown>>().notNull(),
    at: instant('at').notNull(),
  },
  (t) => [unique('order_log_step').on(t.orderNo, t.stepKey)],
);

/**
 * The command log: provider callbacks and commands are a row first, a signal second. The step that consumes one
 * writes its verdict; the sweeper signals again whatever has none.
 */
export const inbox = pgTable(
  'inbox',
  {
    inboxId: text('inbox_id').primaryKey(),
    source: text('source').notNull(),
    /** The provider's event id, or the caller's idempotency key with its path. */
    eventKey: text('event_key').notNull(),
    bodyHash: text('body_hash').notNull(),
    /** The order whose workflow hears of it. */
    orderNo: text('order_no').notNull(),
    kind: text('kind').notNull(),
    actor: text('actor').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    receivedAt: instant('received_at').notNull(),
    verdict: jsonb('verdict').$type<Record<string, unknown>>(),
    appliedAt: instant('applied_at'),
  },
  (t) => [
    unique('inbox_event').on(t.source, t.eventKey),
    // Serves the sweeper, which looks for what was received and not applied.
    index('inbox_unapplied').on(t.appliedAt, t.receivedAt),
  ],
);

/** Idempotency keys of writes that are not commands (SB-6): the row they made answers a repetition. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Caller, method and path. */
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    bodyHash: text('body_hash').notNull(),
    ref: text('ref').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.key] }), index('idempotency_keys_age').on(t.createdAt)],
);

/** Who must be told what (NT-2): written by the step, shown in the app; one per event and recipient. */
export const notices = pgTable(
  'notices',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    orderNo: text('order_no').notNull(),
    event: text('event').notNull(),
    /** `buyer:<id>`, `merchant:<id>` or `platform:<role>`. */
    recipient: text('recipient').notNull(),
    params: jsonb('params').$type<Record<string, unknown>>().notNull(),
    at: instant('at').notNull(),
  },
  (t) => [
    unique('notices_once').on(t.orderNo, t.event, t.recipient),
    index('notices_recipient').on(t.recipient, t.id),
  ],
);

/** The human queue: what a person must decide, until when, and the ways out. */
export const workItems = pgTable('work_items', {
  workItemId: text('work_item_id').primaryKey(),
  kind: text('kind').notNull(),
  orderNo: text('order_no'),
  reason: text('reason').notNull(),
  ownerRole: text('owner_role').notNull(),
  waysOut: text('ways_out').array().notNull(),
  openedAt: instant('opened_at').notNull(),
  dueAt: instant('due_at').notNull(),
  closedAt: instant('closed_at'),
  /** The way out that was taken, and by whom. */
  outcome: text('outcome'),
  closedBy: text('closed_by'),
});

/** A priced basket with an expiry (CK-11). */
export const quotes = pgTable('quotes', {
  quoteId: text('quote_id').primaryKey(),
  buyerId: text('buyer_id').notNull(),
  addressId: text('address_id').notNull(),
  basket: fenJson<PricedBasket>('basket').notNull(),
  payableFen: fen('payable_fen').notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
});
