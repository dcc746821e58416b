import type { ReviewRules } from './review-rules.ts';
import type { NodeState, ReviewState } from './states.ts';

/** How long a paid order may wait for its review where its shop does not say (FU-1). */
export const REVIEW_WITHIN_SECONDS = 86_400;

/** What decides whether a leaf waits too long. `db/queries/overdue.ts` says the same in SQL. */
export interface Waiting {
  state: NodeState;
  review: ReviewState;
  paidAt: Date | null;
  shipWithinSeconds: number;
  /** Its shop's; null for a parent, which is neither reviewed nor shipped. */
  shop: { reviewRules: ReviewRules } | null;
}

/** Until when the shop promised to ship; null before payment (FU-7). */
export function shipByOf({ paidAt, shipWithinSeconds }: Pick<Waiting, 'paidAt' | 'shipWithinSeconds'>) {
  return paidAt && later(paidAt, shipWithinSeconds);
}

/** The earliest promise to ship that some of these leaves broke and still break, or null (FU-7). */
export function shipOverdueSince(leaves: readonly Waiting[], now: Date): Date | null {
  const broken = leaves
    .filter(({ state }) => state === 'awaiting_shipment')
    .flatMap((leaf) => shipByOf(leaf) ?? [])
    .filter((shipBy) => shipBy < now)
    .map((shipBy) => shipBy.getTime());
  return broken.length > 0 ? new Date(Math.min(...broken)) : null;
}

/** Whether a paid leaf waits longer for its review than its shop allows (FU-1). */
export function isReviewOverdue({ state, review, paidAt, shop }: Waiting, now: Date): boolean {
  if (state !== 'awaiting_shipment' || review === 'confirmed' || !paidAt) return false;
  return later(paidAt, shop?.reviewRules.withinSeconds ?? REVIEW_WITHIN_SECONDS) < now;
}

const later = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
