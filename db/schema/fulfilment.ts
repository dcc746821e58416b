import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Anomaly, ParcelState } from '../../domain/logistics/tracks.ts';
import { instant } from './columns.ts';

/** A parcel of a leaf with where it is (FU-3, FU-4, LG-1). */
export const shipments = pgTable(
  'shipments',
  {
    shipmentNo: text('shipment_no').primaryKey(),
    orderNo: text('order_no').notNull(),
    rootNo: text('root_no').notNull(),
    carrier: text('carrier').notNull(),
    trackingNo: text('tracking_no').notNull(),
    shippedAt: instant('shipped_at').notNull(),

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
    // Serves the watch, which looks at parcels that are on their way.
    index('shipments_on_the_way').on(t.shippedAt).where(sql`not track_ended`),
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
