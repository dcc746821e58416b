import { boolean, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { AfterSalePeriods } from '../../domain/after-sale/deadlines.ts';
import type { ReviewRules } from '../../domain/order/review-rules.ts';
import type { FreightTemplate } from '../../domain/pricing/types.ts';
import { fen, fenJson, instant } from './columns.ts';

/** Who owns shops and is settled with. */
export const merchants = pgTable('merchants', {
  merchantId: text('merchant_id').primaryKey(),
  name: text('name').notNull(),
  contact: text('contact').notNull(),
  /** Who stands on parcels as their sender; null where the merchant gets no waybills here (FU-8). */
  sender: jsonb('sender').$type<{ name: string; phone: string; address: string }>(),
});

/** A shop and its policies (SB-5, ST-3, FU-1). */
export const shops = pgTable('shops', {
  shopId: text('shop_id').primaryKey(),
  merchantId: text('merchant_id')
    .notNull()
    .references(() => merchants.merchantId),
  name: text('name').notNull(),
  /** `self_operated`: reviewed by rules; `third_party`: reviewed by hand (decision on review). */
  kind: text('kind', { enum: ['self_operated', 'third_party'] }).notNull(),
  paymentTimeoutSeconds: integer('payment_timeout_seconds').notNull().default(1800),
  /** Seconds to pay by category, where they differ from the shop's (SB-5). */
  paymentTimeoutByCategory: jsonb('payment_timeout_by_category')
    .$type<Record<string, number>>()
    .notNull()
    .default({}),
  autoReceiptSeconds: integer('auto_receipt_seconds')
    .notNull()
    .default(10 * 86_400),
  /**
   * How long after the carrier's word that all parcels are signed for the goods count as received (LG-4, decision 27);
   * 0 at once, null not by that word.
   */
  signedReceiptSeconds: integer('signed_receipt_seconds').default(3 * 86_400),
  /** Promised time from payment to hand-over (FU-7). */
  shipWithinSeconds: integer('ship_within_seconds')
    .notNull()
    .default(2 * 86_400),
  paymentMethods: text('payment_methods').array().notNull(),
  /** Points a buyer earns per whole yuan of goods that stay (CK-12); 0: none. */
  earnRate: integer('earn_rate').notNull().default(1),
  /** How long the sides of an after-sale case have, in seconds, where not by default (RF-3, RT-3…RT-7). */
  afterSalePeriods: jsonb('after_sale_periods').$type<AfterSalePeriods>().notNull().default({}),
  /** What sends a self-operated shop's order to a person's review, and how long any may wait for it (FU-1). */
  reviewRules: fenJson<ReviewRules>('review_rules').notNull().default({}),
});

/** The product catalogue: what is sold, at which price, and how its stock is held (IN-1). */
export const skus = pgTable(
  'skus',
  {
    skuId: text('sku_id').primaryKey(),
    shopId: text('shop_id')
      .notNull()
      .references(() => shops.shopId),
    title: text('title').notNull(),
    spec: text('spec').notNull(),
    category: text('category').notNull(),
    priceFen: fen('price_fen').notNull(),
    weightGrams: integer('weight_grams').notNull(),
    volumeCm3: integer('volume_cm3').notNull(),
    memberPriceEligible: boolean('member_price_eligible').notNull().default(false),
    freightTemplateId: text('freight_template_id').notNull(),
    /** `reserve`: locked by the order, sold at payment; `on_payment`: taken when the money arrives. */
    inventoryMode: text('inventory_mode', { enum: ['reserve', 'on_payment'] }).notNull(),
    /** Average rating × 100, or null without one (CK-13). */
    ratingHundredths: integer('rating_hundredths'),
    onSale: boolean('on_sale').notNull().default(true),
  },
  // Serves the item list by category and the alternatives of a sold-out SKU (SB-2).
  (t) => [index('skus_category').on(t.category, t.skuId)],
);

export const freightTemplates = pgTable('freight_templates', {
  freightTemplateId: text('freight_template_id').primaryKey(),
  shopId: text('shop_id')
    .notNull()
    .references(() => shops.shopId),
  measure: text('measure', { enum: ['piece', 'weight', 'volume'] }).notNull(),
  rates: fenJson<FreightTemplate['rates']>('rates').notNull(),
  freeAboveFen: fen('free_above_fen'),
  freeAbovePieces: integer('free_above_pieces'),
  undeliverableRegions: text('undeliverable_regions').array().notNull(),
});

/** What a merchant and the platform agreed (FN-5); the one in force at payment applies. */
export const contracts = pgTable('contracts', {
  contractId: text('contract_id').primaryKey(),
  merchantId: text('merchant_id')
    .notNull()
    .references(() => merchants.merchantId),
  validFrom: instant('valid_from').notNull(),
  validTo: instant('valid_to'),
  /** Settlement is due this long after receipt (T+N); seconds, so that a demo need not wait a day. */
  settleAfterSeconds: integer('settle_after_seconds').notNull(),
  /** Commission in basis points by category; `default` for the others. */
  commissionBps: jsonb('commission_bps').$type<Record<string, number> & { default: number }>().notNull(),
});
