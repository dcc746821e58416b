import type { AfterSale, CaseKind, CaseState } from '../after-sale/case.ts';
import type { AfterSalePeriods } from '../after-sale/deadlines.ts';
import type { Reason } from '../after-sale/reasons.ts';
import type { Fen } from '../money.ts';

/** A new case, with the hold that it places on its leaf. */
export interface NewCase {
  caseNo: string;
  orderNo: string;
  buyerId: string;
  merchantId: string;
  kind: CaseKind;
  reason: Reason;
  sealedWords: Buffer | null;
  /** The parcel that it is about, where that may come back by itself. */
  shipmentNo?: string;
  holdId: string;
  periods: AfterSalePeriods;
  wasSigned: boolean;
  state: CaseState;
  dueAt: Date | null;
  pieces: AfterSale['pieces'];
}

/** A guarded change of a case; unset fields stay. `dueAt` is always set anew. */
export interface CaseRowChange {
  caseNo: string;
  expectedVersion: number;
  to: CaseState;
  dueAt: Date | null;
  set: Partial<{
    offerFen: Fen;
    returnTo: string;
    instructions: string;
    carrier: string;
    trackingNo: string;
    refundedFen: Fen;
    outcome: string;
    replacementNo: string;
    endedAt: Date;
  }>;
}

/** A parcel that a buyer sends back for a case (RT-4). */
export interface NewSentBack {
  shipmentNo: string;
  caseNo: string;
  carrier: string;
  trackingNo: string;
}

/** What somebody did about a case, in their words. */
export interface CaseLogEntry {
  caseNo: string;
  action: string;
  actor: string;
  fromState: CaseState | null;
  toState: CaseState;
  words: string | null;
}
