import { relations } from 'drizzle-orm';
import { afterSaleEvidence, afterSaleLines, afterSaleLog, afterSales } from './after-sales.ts';
import { coupons } from './benefits.ts';
import { merchants, shops } from './catalogue.ts';
import { settlementLines } from './finance.ts';
import {
  cancellations,
  orderAddresses,
  parcelAnomalies,
  shipmentLines,
  shipmentReports,
  shipments,
  trackEvents,
  warehouses,
} from './fulfilment.ts';
import { orderLines, orders } from './orders.ts';
import { payments, refunds } from './payments.ts';

export const orderRelations = relations(orders, ({ many, one }) => ({
  lines: many(orderLines),
  shipments: many(shipments),
  cancellations: many(cancellations),
  addresses: many(orderAddresses),
  payments: many(payments),
  refunds: many(refunds),
  coupons: many(coupons),
  settlementLines: many(settlementLines),
  shop: one(shops, { fields: [orders.shopId], references: [shops.shopId] }),
  merchant: one(merchants, { fields: [orders.merchantId], references: [merchants.merchantId] }),
  children: many(orders, { relationName: 'tree' }),
  parent: one(orders, { fields: [orders.parentNo], references: [orders.orderNo], relationName: 'tree' }),
}));

export const orderLineRelations = relations(orderLines, ({ one }) => ({
  order: one(orders, { fields: [orderLines.orderNo], references: [orders.orderNo] }),
}));

export const couponRelations = relations(coupons, ({ one }) => ({
  order: one(orders, { fields: [coupons.orderNo], references: [orders.orderNo] }),
}));

export const settlementLineRelations = relations(settlementLines, ({ one }) => ({
  order: one(orders, { fields: [settlementLines.orderNo], references: [orders.orderNo] }),
}));

export const shipmentRelations = relations(shipments, ({ many, one }) => ({
  anomalies: many(parcelAnomalies),
  events: many(trackEvents),
  lines: many(shipmentLines),
  reports: many(shipmentReports),
  order: one(orders, { fields: [shipments.orderNo], references: [orders.orderNo] }),
  case: one(afterSales, {
    fields: [shipments.caseNo],
    references: [afterSales.caseNo],
    relationName: 'sent_back',
  }),
  warehouse: one(warehouses, { fields: [shipments.warehouseId], references: [warehouses.warehouseId] }),
}));

export const shipmentLineRelations = relations(shipmentLines, ({ one }) => ({
  shipment: one(shipments, { fields: [shipmentLines.shipmentNo], references: [shipments.shipmentNo] }),
}));

export const shipmentReportRelations = relations(shipmentReports, ({ one }) => ({
  shipment: one(shipments, { fields: [shipmentReports.shipmentNo], references: [shipments.shipmentNo] }),
}));

export const cancellationRelations = relations(cancellations, ({ one }) => ({
  order: one(orders, { fields: [cancellations.orderNo], references: [orders.orderNo] }),
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

export const orderAddressRelations = relations(orderAddresses, ({ one }) => ({
  order: one(orders, { fields: [orderAddresses.orderNo], references: [orders.orderNo] }),
}));

export const afterSaleRelations = relations(afterSales, ({ many, one }) => ({
  lines: many(afterSaleLines),
  log: many(afterSaleLog),
  evidence: many(afterSaleEvidence),
  parcels: many(shipments, { relationName: 'sent_back' }),
  outbound: one(shipments, {
    fields: [afterSales.shipmentNo],
    references: [shipments.shipmentNo],
    relationName: 'outbound',
  }),
  order: one(orders, { fields: [afterSales.orderNo], references: [orders.orderNo] }),
}));

export const afterSaleLineRelations = relations(afterSaleLines, ({ one }) => ({
  case: one(afterSales, { fields: [afterSaleLines.caseNo], references: [afterSales.caseNo] }),
}));

export const afterSaleLogRelations = relations(afterSaleLog, ({ one }) => ({
  case: one(afterSales, { fields: [afterSaleLog.caseNo], references: [afterSales.caseNo] }),
}));

export const afterSaleEvidenceRelations = relations(afterSaleEvidence, ({ one }) => ({
  case: one(afterSales, { fields: [afterSaleEvidence.caseNo], references: [afterSales.caseNo] }),
}));
