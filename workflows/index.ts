/** Every workflow type a worker serves. */
export { afterSale } from './after-sale/after-sale.ts';
export { settlement } from './finance/settlement.ts';
export { reconcile } from './operations/reconcile.ts';
export { order } from './order/order.ts';
export { refund } from './refund/refund.ts';
export { shipment } from './shipment/shipment.ts';
