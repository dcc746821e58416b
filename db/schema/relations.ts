import { relations } from 'drizzle-orm';
import { merchants } from './catalogue.ts';
import { settlementLines } from './finance.ts';
import { parcelAnomalies, shipments, trackEvents } from './fulfilment.ts';
import { orderLines, orders } from './orders.ts';
import { payments, refunds } from './payments.ts';

export const orderRelations = relations(orders, ({ many, one }) => ({
  lines: many(orderLines),
  shipments: many(shipments),
  payments: many(payments),
  refunds: many(refunds),
  settlementLines: many(settlementLines),
  merchant: one(merchants, { fields: [orders.merchantId], references: [merchants.merchantId] }),
  children: many(orders, { relationName: 'tree' }),
  parent: one(orders, { fields: [orders.parentNo], references: [orders.orderNo], relationName: 'tree' }),
}));

export const orderLineRelations = relations(orderLines, ({ one }) => ({
  order: one(orders, { fields: [orderLines.orderNo], references: [orders.orderNo] }),
}));

export const settlementLineRelations = relations(settlementLines, ({ one }) => ({
  order: one(orders, { fields: [settlementLines.orderNo], references: [orders.orderNo] }),
}));

export const shipmentRelations = relations(shipments, ({ many, one }) => ({
  anomalies: many(parcelAnomalies),
  events: many(trackEvents),
  order: one(orders, { fields: [shipments.orderNo], references: [orders.orderNo] }),
}));

export const paymentRelations = relations(payments, ({ one }) => ({
  order: one(orders, { fields: [payments.orderNo], references: [orders.orderNo] }),
}));

export const refundRelations = relations(refunds, ({ one }) => ({
  order: one(orders, { fields: [refunds.orderNo], references: [orders.orderNo] }),
}));

export const parcelAnomalyRelations = relations(parcelAnomalies, ({ one }) => ({
  shipment: one(shipments, { fields: [parcelAnomalies.shipmentNo], references: [shipments.shipmentNo] }),
}));

export const trackEventRelations = relations(trackEvents, ({ one }) => ({
  shipment: one(shipments, { fields: [trackEvents.shipmentNo], references: [shipments.shipmentNo] }),
}));
