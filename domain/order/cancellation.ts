/** Some pieces of a line of a leaf. */
export interface LineQuantity {
  lineNo: number;
  quantity: number;
}

/** How many pieces these are in all. */
export const count = (pieces: readonly LineQuantity[]): number =>
  pieces.reduce((sum, { quantity }) => sum + quantity, 0);

/**
 * What became of a request to stop a paid leaf or lines of it: `asking` the warehouse or the merchant; `agreed`, its
 * money goes back; `partly_agreed`, some of it had left (CN-5); `refused`, all of it had; `queued`, nobody knows and a
 * person looks (CN-4).
 */
export type CancellationState = 'asking' | 'queued' | 'agreed' | 'partly_agreed' | 'refused';

/** What a buyer whose request was refused wants instead (CN-6): the order, or its money once the parcel is back. */
export const CANCELLATION_CHOICES = ['keep', 'return'] as const;
export type CancellationChoice = (typeof CANCELLATION_CHOICES)[number];

/** Whether a request has its answer; one that is `queued` has none yet. */
export const isDecided = (state: CancellationState): boolean => state !== 'asking' && state !== 'queued';

/** What decides whether its buyer can still choose. */
export interface ChoosableRequest {
  cancellationNo: string;
  askedBy: string;
  state: CancellationState;
  choice: CancellationChoice | null;
}

/** The newest request whose buyer can still choose (CN-6): refused, not a merchant's, and the order is not received. */
export function requestToChooseOn(order: {
  state: string;
  cancellations: readonly ChoosableRequest[];
}): string | null {
  if (order.state !== 'awaiting_shipment' && order.state !== 'awaiting_receipt') return null;
  const open = order.cancellations.filter(
    ({ state, askedBy, choice }) => state === 'refused' && askedBy !== 'merchant' && choice === null,
  );
  return open.at(-1)?.cancellationNo ?? null;
}
