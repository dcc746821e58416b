import type { ShipmentStage } from '../fulfilment/stages.ts';
import type { Fen } from '../money.ts';
import type { CancellationState, LineQuantity } from './cancellation.ts';

/** What steps after the payment write about shipments, pieces taken back, requests to stop and the human queue. */

/** A shipment with what is in it: planned for a warehouse, or a parcel that has left. */
export interface NewShipment {
  shipmentNo: string;
  orderNo: string;
  rootNo: string;
  lines: readonly LineQuantity[];
  how:
    | { stage: 'planned'; warehouseId: string }
    | (Parcel & { stage: 'handed_over'; warehouseId: string | null; partOf: string | null });
}

/** A parcel as it left. */
export interface Parcel {
  carrier: string;
  trackingNo: string;
  weightGrams: number | null;
}

/** A shipment goes on, if it is still in one of the stages; what was packed apart leaves its lines. */
export interface ShipmentChange {
  shipmentNo: string;
  from: readonly ShipmentStage[];
  to: ShipmentStage;
  parcel?: Parcel;
  /** The pieces that are in other parcels now. */
  without?: readonly LineQuantity[];
}

/** Pieces that were taken back, with what they carried (RF-4). */
export interface LineReversal {
  orderNo: string;
  lineNo: number;
  cause: string;
  quantity: number;
  cashFen: Fen;
  points: number;
  pointsFen: Fen;
}

export interface NewCancellation {
  cancellationNo: string;
  orderNo: string;
  askedBy: string;
  reason: string;
  lines: readonly LineQuantity[] | null;
  missing: boolean;
  shipmentNos: readonly string[];
  state: CancellationState;
  answerDueAt: Date | null;
}

/** What came of a request; `queued` leaves it open. */
export interface DecidedCancellation {
  cancellationNo: string;
  state: CancellationState;
}

/** How long a person has for a work item that names no other time. */
export const WORK_ITEM_DUE_MS = 24 * 3_600_000;

/** Something a person must decide. */
export interface NewWorkItem {
  workItemId: string;
  kind: string;
  orderNo: string;
  reason: string;
  ownerRole: string;
  waysOut: readonly string[];
  /** A day from now when not given. */
  dueAt?: Date;
}

/** A parcel's new number, if it still has the old one and is not signed for; its watch begins anew (FU-3). */
export interface ShipmentCorrection {
  shipmentNo: string;
  from: { carrier: string; trackingNo: string };
  to: { carrier: string; trackingNo: string };
  /** Only while its carrier has told nothing of it. */
  onlyUnheard?: boolean;
}
