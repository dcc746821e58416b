import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { StepResult } from '../../domain/order/view.ts';

/** What an order workflow is started with. Without `submit` it goes on from its row, in whatever state that is. */
export interface OrderInput {
  orderNo: string;
  submit?: { quoteId: string; buyerId: string };
}

/** How an order's run ended: its last known state, or why it was never made. */
export interface OrderOutcome {
  orderNo: string;
  state: string;
}

/** A message's place in the inbox: the row holds the rest. */
export interface InboxMessage {
  inboxId: string;
}

/** Awaits the verdict of the submit that the workflow works on anyway; carries nothing itself. */
export const submitted = defineUpdate<StepResult>('submit');

export const paymentReported = defineSignal<[InboxMessage]>('paymentReported');
export const cancelRequested = defineSignal<[InboxMessage]>('cancelRequested');
export const reviewDecided = defineSignal<[InboxMessage]>('reviewDecided');
export const shipmentReported = defineSignal<[InboxMessage]>('shipmentReported');
/** A warehouse's milestone: parcels left it, or it will not send a shipment. */
export const warehouseReported = defineSignal<[InboxMessage]>('warehouseReported');
/** A paid order, or lines of it, is to be stopped before it leaves; and a person's answer to that. */
export const stopRequested = defineSignal<[InboxMessage]>('stopRequested');
export const stopAnswered = defineSignal<[InboxMessage]>('stopAnswered');
export const shipmentCorrected = defineSignal<[InboxMessage]>('shipmentCorrected');
export const receiptConfirmed = defineSignal<[InboxMessage]>('receiptConfirmed');
export const receiptExtended = defineSignal<[InboxMessage]>('receiptExtended');
/** A parcel's milestone: signed, refused, in trouble or out of it. The track itself is rows. */
export const parcelReported = defineSignal<[InboxMessage]>('parcelReported');
export const priceChanged = defineSignal<[InboxMessage]>('priceChanged');
export const refundRequested = defineSignal<[InboxMessage]>('refundRequested');
/** A hold was placed or released beside the workflow: look at the row again. */
export const afterSaleChanged = defineSignal('afterSaleChanged');

/** To an after-sale case: one of its sides did something. */
export const caseCommanded = defineSignal<[InboxMessage]>('caseCommanded');

/** To a refund: the provider says that something about it changed. */
export const refundChanged = defineSignal('refundChanged');

/** The signal of each kind of inbox message. */
export const SIGNAL_OF = {
  payment_reported: paymentReported,
  cancel_requested: cancelRequested,
  review_decided: reviewDecided,
  shipment_reported: shipmentReported,
  warehouse_reported: warehouseReported,
  cancellation_asked: stopRequested,
  cancellation_answered: stopAnswered,
  shipment_corrected: shipmentCorrected,
  receipt_confirmed: receiptConfirmed,
  receipt_extended: receiptExtended,
  refund_requested: refundRequested,
  price_changed: priceChanged,
  parcel_reported: parcelReported,
} as const;
export type MessageKind = keyof typeof SIGNAL_OF;

export const orderWorkflowId = (orderNo: string): string => `order-${orderNo}`;
export const shipmentWorkflowId = (shipmentNo: string): string => `shipment-${shipmentNo}`;
export const caseWorkflowId = (caseNo: string): string => `after-sale-${caseNo}`;
export const refundWorkflowId = (refundNo: string): string => `refund-${refundNo}`;

/** The update's constant id: a repeated submit awaits the first one's verdict. */
export const SUBMIT_UPDATE_ID = 'submit';
