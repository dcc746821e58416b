/** Some pieces of a line of a leaf. */
export interface LineQuantity {
  lineNo: number;
  quantity: number;
}

/**
 * What became of a request to stop a paid leaf or lines of it: `asking` the warehouse or the merchant; `agreed`, its
 * money goes back; `partly_agreed`, some of it had left (CN-5); `refused`, all of it had; `queued`, nobody knows and a
 * person looks (CN-4).
 */
export type CancellationState = 'asking' | 'queued' | 'agreed' | 'partly_agreed' | 'refused';

/** Whether a request has its answer; one that is `queued` has none yet. */
export const isDecided = (state: CancellationState): boolean => state !== 'asking' && state !== 'queued';
