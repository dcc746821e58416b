import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** A parcel of a leaf with its track (FU-3, FU-4). */
export const shipments = pgTable(
  'shipments',
  {
    shipmentNo: text('shipment_no').primaryKey(),
    orderNo: text('order_no').notNull(),
    rootNo: text('root_no').notNull(),
    carrier: text('carrier').notNull(),
    trackingNo: text('tracking_no').notNull(),
    shippedAt: instant('shipped_at').notNull(),
  },
  (t) => [index('shipments_order').on(t.orderNo), index('shipments_root').on(t.rootNo)],
);
