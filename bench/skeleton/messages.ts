import { defineSignal, defineUpdate } from '@temporalio/workflow';

/** What the skeleton hears: as many messages as a plain order, of the same kinds. */
export const submitted = defineUpdate<string>('submit');
export const paymentReported = defineSignal<[{ inboxId: string }]>('paymentReported');
export const shipmentReported = defineSignal<[{ inboxId: string }]>('shipmentReported');
export const receiptConfirmed = defineSignal<[{ inboxId: string }]>('receiptConfirmed');

export type SkeletonStep = 'paid' | 'shipped' | 'received';

/** What the skeleton's worker tells the load generator: how far an order is. */
export interface ProgressMessage {
  orderNo: string;
  step: SkeletonStep;
}

/** Two activities that do nothing. */
export const nothing = {
  begin: async (_orderNo: string): Promise<void> => {},
  end: async (_orderNo: string): Promise<void> => {},
};
