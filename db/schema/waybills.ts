import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { WaybillState } from '../../domain/fulfilment/waybills.ts';
import type { Carrier } from '../../domain/logistics/carriers.ts';
import { merchants } from './catalogue.ts';
import { instant, sealed } from './columns.ts';
import { orders } from './orders.ts';

/** A carrier's electronic waybill for a parcel with pieces of one or several orders of a buyer (FU-8). */
export const waybills = pgTable(
  'waybills',
  {
    /** Also the number under which the carrier is asked: the same number is the same waybill. */
    waybillNo: text('waybill_no').primaryKey(),
    bodyHash: text('body_hash').notNull(),
    merchantId: text('merchant_id')
      .notNull()
      .references(() => merchants.merchantId),
    buyerId: text('buyer_id').notNull(),
    carrier: text('carrier').$type<Carrier>().notNull(),
    /** Null where it was not weighed. */
    weightGrams: integer('weight_grams'),
    state: text('state').$type<WaybillState>().notNull().default('asked'),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    /** When the carrier was last asked for it, or to take it back. */
    askedAt: instant('asked_at').notNull(),
    trackingNo: text('tracking_no'),
    /** The carrier's own number of the request, where it has one. */
    carrierOrderNo: text('carrier_order_no'),
    /** Where the label is: with the buyer's key, for it shows the address. */
    sealedLabelUrl: sealed('sealed_label_url'),
    /** What the carrier last refused, and why. */
    refusal: jsonb('refusal').$type<{ code: string; message: string }>(),
    endedAt: instant('ended_at'),
  },
  (t) => [
    index('waybills_merchant').on(t.merchantId, t.createdAt),
    // Serves the round, which looks at what is under way.
    index('waybills_open').on(t.askedAt).where(sql`ended_at is null`),
    check('waybills_issued', sql`${t.state} in ('asked', 'refused') or ${t.trackingNo} is not null`),
    check(
      'waybills_ended',
      sql`(${t.state} in ('refused', 'handed_over', 'voided')) = (${t.endedAt} is not null)`,
    ),
  ],
);

/** An order in a waybill's parcel, with the version of its address that stands on the label. */
export const waybillOrders = pgTable(
  'waybill_orders',
  {
    waybillNo: text('waybill_no')
      .notNull()
      .references(() => waybills.waybillNo),
    orderNo: text('order_no')
      .notNull()
      .references(() => orders.orderNo),
    addressVersion: integer('address_version').notNull(),
  },
  (t) => [primaryKey({ columns: [t.waybillNo, t.orderNo] }), index('waybill_orders_order').on(t.orderNo)],
);

/** The pieces of it. */
export const waybillLines = pgTable(
  'waybill_lines',
  {
    waybillNo: text('waybill_no').notNull(),
    orderNo: text('order_no').notNull(),
    lineNo: integer('line_no').notNull(),
    quantity: integer('quantity').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.waybillNo, t.orderNo, t.lineNo] }),
    foreignKey({
      columns: [t.waybillNo, t.orderNo],
      foreignColumns: [waybillOrders.waybillNo, waybillOrders.orderNo],
    }),
    check('waybill_lines_quantity', sql`${t.quantity} > 0`),
  ],
);
