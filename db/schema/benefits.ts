import { boolean, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import type { Bearer, CouponBenefit, Promotion, Scope } from '../../domain/pricing/types.ts';
import { fen, fenJson, instant } from './columns.ts';

/** Spend X, save Y (CK-4). Amounts inside `tiers` are fen. */
export const promotions = pgTable('promotions', {
  promotionId: text('promotion_id').primaryKey(),
  name: text('name').notNull(),
  scope: jsonb('scope').$type<Scope>().notNull(),
  issuer: text('issuer').$type<Bearer>().notNull(),
  tiers: fenJson<Promotion['tiers']>('tiers').notNull(),
  perFull: boolean('per_full').notNull().default(false),
  validFrom: instant('valid_from').notNull(),
  validTo: instant('valid_to').notNull(),
});

/**
 * A coupon in a buyer's hand (CK-5): available → locked by submit → used by payment, or available again. Given back after
 * its time it is expired, and where the buyer had no fault another one takes its place (decision 7).
 */
export const coupons = pgTable(
  'coupons',
  {
    couponId: text('coupon_id').primaryKey(),
    buyerId: text('buyer_id').notNull(),
    name: text('name').notNull(),
    scope: jsonb('scope').$type<Scope>().notNull(),
    issuer: text('issuer').$type<Bearer>().notNull(),
    thresholdFen: fen('threshold_fen').notNull(),
    benefit: fenJson<CouponBenefit>('benefit').notNull(),
    validFrom: instant('valid_from').notNull(),
    validTo: instant('valid_to').notNull(),
    state: text('state', { enum: ['available', 'locked', 'used', 'expired'] })
      .notNull()
      .default('available'),
    /** The payment root that holds it while locked or used. */
    orderNo: text('order_no'),
  },
  (t) => [
    // Serves the buyer's coupon list and the quote.
    index('coupons_buyer').on(t.buyerId, t.state),
    // Serves loading a payment root with what it holds.
    index('coupons_order').on(t.orderNo),
  ],
);

/** Member levels and the percent of the price they pay (CK-3). */
export const memberLevels = pgTable('member_levels', {
  level: text('level').primaryKey(),
  percent: integer('percent').notNull(),
});

/** A buyer's points (CK-6). `frozen` belongs to unpaid orders; the balance may become negative by a take-back. */
export const pointsAccounts = pgTable('points_accounts', {
  buyerId: text('buyer_id').primaryKey(),
  balance: integer('balance').notNull().default(0),
  frozen: integer('frozen').notNull().default(0),
});

/** Every change of a points account with its cause; append-only. */
export const pointsMovements = pgTable(
  'points_movements',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    buyerId: text('buyer_id').notNull(),
    orderNo: text('order_no'),
    cause: text('cause', {
      enum: ['freeze', 'unfreeze', 'deduct', 'return', 'opening', 'earn', 'unearn'],
    }).notNull(),
    balanceDelta: integer('balance_delta').notNull(),
    frozenDelta: integer('frozen_delta').notNull(),
    /** Sets apart the movements of one cause: the step, where an order comes back in parts. */
    ref: text('ref').notNull().default(''),
    at: instant('at').notNull(),
  },
  (t) => [unique('points_movements_once').on(t.orderNo, t.cause, t.ref)],
);
