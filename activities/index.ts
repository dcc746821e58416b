import { activityInfo } from '@temporalio/activity';
import type { Database } from '../db/client.ts';
import * as afterSales from './after-sales/case.ts';
import { askCarrierIntercept } from './after-sales/intercept.ts';
import { reconcileCases, reconcileOrders, reconcileRefunds } from './operations/reconcile.ts';
import type { WorkflowStarter } from './operations/starter.ts';
import * as fulfilment from './orders/fulfilment.ts';
import * as leaf from './orders/leaf.ts';
import * as paymentRoot from './orders/payment-root.ts';
import { refundLeaf } from './orders/refund.ts';
import { submit } from './orders/submit.ts';
import { closeAndEnd, closeOpenAttempts } from './payments/close-and-end.ts';
import type { PaymentProviders } from './payments/providers.ts';
import { finishRefund, queueRefund, sendRefund } from './payments/refund.ts';
import { settleDue } from './settlement/settle-due.ts';
import { interceptShipment } from './warehouse/intercept.ts';
import { pushShipment, reportPushTrouble, type Warehouses } from './warehouse/push.ts';

export interface ActivityDependencies {
  db: Database;
  providers: PaymentProviders;
  warehouses: Pick<Warehouses, 'systems' | 'privacy'>;
  starter: WorkflowStarter;
}

/** Every activity as a closure over what it needs; workflows see only the type. */
export function createActivities({ db, providers, warehouses, starter }: ActivityDependencies) {
  const inWarehouses = { ...warehouses, db, starter };
  return {
    submit: (request: Parameters<typeof submit>[1]) => submit(db, request),
    loadOrder: (request: Parameters<typeof leaf.loadOrder>[1]) => leaf.loadOrder(db, request),
    recordPayment: (step: paymentRoot.MessageStep) => paymentRoot.recordPayment(db, step),
    endUnpaid: (step: paymentRoot.EndUnpaidStep) => paymentRoot.endUnpaid(db, step),
    review: (step: paymentRoot.MessageStep) => leaf.review(db, step),
    ship: (step: paymentRoot.MessageStep) => leaf.ship(db, step),
    dispatch: (step: Parameters<typeof fulfilment.dispatch>[1]) => fulfilment.dispatch(db, step),
    takeWarehouseReport: (step: paymentRoot.MessageStep) => fulfilment.takeWarehouseReport(db, step),
    askCancel: (step: paymentRoot.MessageStep) => fulfilment.askCancel(db, step),
    answerCancel: (step: paymentRoot.MessageStep) => fulfilment.answerCancel(db, step),
    decideCancel: (step: Parameters<typeof fulfilment.decideCancel>[1]) => fulfilment.decideCancel(db, step),
    agreeCancel: (step: Parameters<typeof fulfilment.agreeCancel>[1]) => fulfilment.agreeCancel(db, step),
    loadCase: (one: { caseNo: string }) => afterSales.loadCase(db, one),
    commandCase: (step: Parameters<typeof afterSales.commandCase>[2]) =>
      afterSales.commandCase(db, starter, step),
    caseTimeOver: (step: Parameters<typeof afterSales.caseTimeOver>[2]) =>
      afterSales.caseTimeOver(db, starter, step),
    askCarrierIntercept: (one: { caseNo: string }) => askCarrierIntercept(inWarehouses, one),
    // Each try counts from its own beginning: a push that is under way is fenced by it.
    pushShipment: (shipment: { shipmentNo: string; atMs: number }) =>
      pushShipment(inWarehouses, { ...shipment, atMs: activityInfo().currentAttemptScheduledTimestampMs }),
    reportPushTrouble: (shipment: { shipmentNo: string; atMs: number }) =>
      reportPushTrouble(inWarehouses, shipment),
    interceptShipment: (shipment: { shipmentNo: string; atMs: number }) =>
      interceptShipment(inWarehouses, shipment),
    correctShipment: (step: paymentRoot.MessageStep) => leaf.correctShipment(db, step),
    receive: (step: paymentRoot.MessageStep) => leaf.receive(db, step),
    extendReceipt: (step: paymentRoot.MessageStep) => leaf.extendReceipt(db, step),
    reportParcel: (step: paymentRoot.MessageStep) => leaf.reportParcel(db, step),
    changePrice: (step: paymentRoot.MessageStep) => paymentRoot.changePrice(db, step),
    refundLeaf: (step: paymentRoot.MessageStep) => refundLeaf(db, step),
    autoReceive: (step: { orderNo: string; atMs: number }) => leaf.autoReceive(db, step),
    closeAndEnd: (step: paymentRoot.EndUnpaidStep) => closeAndEnd(db, providers, step),
    closeOpenAttempts: (order: { orderNo: string; atMs: number }) => closeOpenAttempts(db, providers, order),
    sendRefund: (refundNo: string) => sendRefund(db, providers, refundNo),
    finishRefund: (refund: { refundNo: string; atMs: number }) => finishRefund(db, refund),
    queueRefund: (refund: { refundNo: string; code: string; atMs: number }) => queueRefund(db, refund),
    settleDue: (run: { atMs: number }) => settleDue(db, run),
    reconcileOrders: (page: { atMs: number; after: string }) => reconcileOrders(db, starter, page),
    reconcileCases: (page: { atMs: number; after: string }) => reconcileCases(db, starter, page),
    reconcileRefunds: (page: { atMs: number; after: string }) => reconcileRefunds(db, starter, page),
  };
}

export type Activities = ReturnType<typeof createActivities>;
