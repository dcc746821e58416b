import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { ShipmentStage } from '../../domain/fulfilment/stages.ts';
import type { Anomaly, ParcelState } from '../../domain/logistics/tracks.ts';
import type { CancellationChoice, CancellationState, LineQuantity } from '../../domain/order/cancellation.ts';
import { afterSales } from './after-sales.ts';
import { fen, instant, sealed } from './columns.ts';

/** Where stock lies. `system` names the warehouse management system that is told what to send; without one merchants hand over by themselves. */
export const warehouses = pgTable('warehouses', {
  /** Also its code in that system. */
  warehouseId: text('warehouse_id').primaryKey(),
  name: text('name').notNull(),
  /** The province it stands in. */
  region: text('region').notNull(),
  system: text('system', { enum: ['qimen'] }),
  /** How long it usually takes from accepting a shipment to handing it over: the estimated ship time (FU-2). */
  handlingSeconds: integer('handling_seconds').notNull().default(86_400),
});

/**
 * A shipment of a leaf (FU-2, FU-3, FU-4): planned for a warehouse and worked there, or handed over by the merchant; a
 * parcel with a track from then on (LG-1). What a buyer sends back for a case (RT-4) is the case's and not the leaf's:
 * it has no lines, and a query by order does not see it (ADR 16).
 */
export const shipments = pgTable(
  'shipments',
  {
    shipmentNo: text('shipment_no').primaryKey(),
    orderNo: text('order_no'),
    rootNo: text('root_no'),
    /** The case that it comes back for; null for a leaf's. */
    caseNo: text('case_no').references(() => afterSales.caseNo),
    stage: text('stage').$type<ShipmentStage>().notNull().default('handed_over'),
    /** The warehouse that works it; null for what the merchant handed over. */
    warehouseId: text('warehouse_id'),
    /** The warehouse's own number of it. */
    warehouseOrderId: text('warehouse_order_id'),
    /** Of a further parcel of a shipment that the warehouse packed into several: that shipment. */
    partOf: text('part_of'),
    plannedAt: instant('planned_at'),
    acceptedAt: instant('accepted_at'),
    /** When the warehouse was last heard of or asked about it; its silence is counted from here. */
    heardAt: instant('heard_at'),
    weightGrams: integer('weight_grams'),
    carrier: text('carrier'),
    trackingNo: text('tracking_no'),
    shippedAt: instant('shipped_at'),

    /** The newest of its track; events that come late add rows and change nothing here. */
    trackState: text('track_state').$type<ParcelState>().notNull().default('handed_over'),
    lastEventAt: instant('last_event_at'),
    lastEventText: text('last_event_text'),
    /** The secret that signs what is told about this parcel; null until it is watched. */
    trackSalt: text('track_salt'),
    watchedAt: instant('watched_at'),
    /** When the tracking service was last asked, and how often it failed since it last answered. */
    askedAt: instant('asked_at'),
    failedAsks: integer('failed_asks').notNull().default(0),
    /** Nothing more will come. */
    trackEnded: boolean('track_ended').notNull().default(false),
  },
  (t) => [
    index('shipments_order').on(t.orderNo),
    index('shipments_root').on(t.rootNo),
    index('shipments_case').on(t.caseNo).where(sql`case_no is not null`),
    // Serves the statistics: what left in a period.
    index('shipments_shipped').on(t.shippedAt),
    // Serves the watch, which looks at parcels that are on their way.
    index('shipments_on_the_way').on(t.shippedAt).where(sql`not track_ended`),
    // Serves what is told of a parcel, which is all its shipments' (FU-8).
    index('shipments_in_parcel').on(t.carrier, t.trackingNo).where(sql`not track_ended`),
    // Serves the look at what lies in a warehouse.
    index('shipments_in_warehouse')
      .on(t.heardAt)
      .where(sql`stage not in ('handed_over', 'refused', 'cancelled')`),
    check('shipments_owner', sql`(${t.orderNo} is null) <> (${t.caseNo} is null)`),
    check(
      'shipments_parcel',
      sql`${t.stage} <> 'handed_over' or (${t.carrier} is not null and ${t.trackingNo} is not null and ${t.shippedAt} is not null)`,
    ),
  ],
);

/** What is in a shipment: pieces of its leaf's lines. What a warehouse packed apart moves to the further parcel. */
export const shipmentLines = pgTable(
  'shipment_lines',
  {
    shipmentNo: text('shipment_no')
      .notNull()
      .references(() => shipments.shipmentNo),
    lineNo: integer('line_no').notNull(),
    quantity: integer('quantity').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.shipmentNo, t.lineNo] }),
    check('shipment_lines_quantity', sql`${t.quantity} >= 0`),
  ],
);

/** What the warehouse told of a shipment (FU-2): picking, checking, packing, weighing; append-only. */
export const shipmentReports = pgTable(
  'shipment_reports',
  {
    shipmentNo: text('shipment_no')
      .notNull()
      .references(() => shipments.shipmentNo),
    /** Names the event: told twice, it is one row. */
    eventKey: text('event_key').notNull(),
    stage: text('stage').$type<ShipmentStage>().notNull(),
    at: instant('at').notNull(),
    operator: text('operator'),
    remark: text('remark'),
    receivedAt: instant('received_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.shipmentNo, t.eventKey] })],
);

/** Pieces of a line that were taken back, with what they carried (RF-4); append-only. */
export const lineReversals = pgTable(
  'line_reversals',
  {
    orderNo: text('order_no').notNull(),
    lineNo: integer('line_no').notNull(),
    /** The step that took them back. */
    cause: text('cause').notNull(),
    quantity: integer('quantity').notNull(),
    cashFen: fen('cash_fen').notNull(),
    points: integer('points').notNull(),
    pointsFen: fen('points_fen').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.orderNo, t.lineNo, t.cause] })],
);

/** A request to stop a paid leaf, or lines of it, before it leaves (CN-2…CN-5, FU-5), and what came of it. */
export const cancellations = pgTable(
  'cancellations',
  {
    /** The message that asked for it. */
    cancellationNo: text('cancellation_no').primaryKey(),
    orderNo: text('order_no').notNull(),
    askedBy: text('asked_by').notNull(),
    reason: text('reason').notNull(),
    /** Null for the whole order. */
    lines: jsonb('lines').$type<readonly LineQuantity[]>(),
    /** The pieces are not there: they do not go back on sale. */
    missing: boolean('missing').notNull(),
    /** The shipments that the warehouse was asked to stop. */
    shipmentNos: text('shipment_nos').array().notNull(),
    state: text('state').$type<CancellationState>().notNull(),
    askedAt: instant('asked_at').notNull(),
    /** Until when the merchant can prove that it was handed over (decision 24); null where a warehouse is asked. */
    answerDueAt: instant('answer_due_at'),
    decidedAt: instant('decided_at'),
    /** What its buyer wants instead where it was refused (CN-6). */
    choice: text('choice').$type<CancellationChoice>(),
  },
  (t) => [
    index('cancellations_order').on(t.orderNo),
    // One at a time.
    uniqueIndex('cancellations_open').on(t.orderNo).where(sql`decided_at is null`),
  ],
);

/** What the carrier told of a parcel (LG-1); append-only. */
export const trackEvents = pgTable(
  'track_events',
  {
    shipmentNo: text('shipment_no')
      .notNull()
      .references(() => shipments.shipmentNo),
    at: instant('at').notNull(),
    /** Its place in the report it came with: carriers write whole seconds. */
    seq: integer('seq').notNull(),
    text: text('text').notNull(),
    code: text('code'),
    location: text('location'),
    state: text('state').$type<ParcelState>().notNull(),
    receivedAt: instant('received_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.shipmentNo, t.at, t.text] })],
);

/** What is wrong with a parcel, from when to when (LG-2); one open row per kind, told once. */
export const parcelAnomalies = pgTable(
  'parcel_anomalies',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    shipmentNo: text('shipment_no')
      .notNull()
      .references(() => shipments.shipmentNo),
    kind: text('kind').$type<Anomaly>().notNull(),
    openedAt: instant('opened_at').notNull(),
    closedAt: instant('closed_at'),
  },
  (t) => [uniqueIndex('parcel_anomalies_open').on(t.shipmentNo, t.kind).where(sql`closed_at is null`)],
);

/** Where a leaf goes since its buyer changed it (FU-6): newer versions count, the order's snapshot stays; append-only. */
export const orderAddresses = pgTable(
  'order_addresses',
  {
    orderNo: text('order_no').notNull(),
    version: integer('version').notNull(),
    region: text('region').notNull(),
    sealedContact: sealed('sealed_contact').notNull(),
    changedBy: text('changed_by').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.orderNo, t.version] })],
);

/** Words beside a leaf (FU-6): the buyer's to the merchant and the warehouse, and the merchant's own; append-only. */
export const orderNotes = pgTable(
  'order_notes',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    orderNo: text('order_no').notNull(),
    kind: text('kind', { enum: ['buyer_message', 'merchant_note'] }).notNull(),
    /** With the buyer's key: people write about people. */
    sealedText: sealed('sealed_text').notNull(),
    author: text('author').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [index('order_notes_order').on(t.orderNo)],
);
