import type { Carrier } from '../../domain/logistics/carriers.ts';
import type { NoticeDelivery } from '../notice-delivery.ts';

/** How far a warehouse is with a delivery order, in the order in which it happens; the last four end it (FU-2). */
export const WAREHOUSE_STAGES = [
  'accepted',
  'picking',
  'checked',
  'packed',
  'weighed',
  'handed_over',
  'refused',
  'cancelled',
  'exception',
] as const;
export type WarehouseStage = (typeof WAREHOUSE_STAGES)[number];

/** What a warehouse is asked to send: one parcel's worth of lines to one receiver. */
export interface DeliveryOrder {
  /** Our number of the shipment: unique, and the same at every try. */
  shipmentNo: string;
  warehouseCode: string;
  /** Null where the warehouse chooses. */
  carrier: Carrier | null;
  placedAt: Date;
  paidAt: Date;
  receiver: { name: string; phone: string; province: string; city: string; district: string; street: string };
  lines: readonly { lineNo: number; skuId: string; title: string; quantity: number }[];
  remark: string | null;
}

/** Which delivery order is meant. */
export interface DeliveryOrderRef {
  shipmentNo: string;
  warehouseCode: string;
}

/** `refused` is the warehouse's word that it will not send it, with its code; pushing the same number twice is accepted. */
export type PushResult =
  | { result: 'accepted'; warehouseOrderId: string }
  | { result: 'refused'; code: string; message: string };

/** The parcel as it left: what the warehouse weighed, and the carrier's number, which comes by itself (FU-3). */
export interface HandedOverParcel {
  carrier: Carrier;
  trackingNo: string;
  weightGrams: number | null;
  lines: readonly { lineNo: number; skuId: string; quantity: number }[];
}

export type DeliveryOrderStatus =
  | { state: 'unknown_to_warehouse' }
  | { state: 'known'; stage: WarehouseStage; warehouseOrderId: string; parcels: readonly HandedOverParcel[] };

/**
 * The answer to an intercept, which is the warehouse's alone (decision 25): `cancelled`, it will not leave; `refused`,
 * it has left or is leaving; `pending`, it does not know yet: ask again.
 */
export type CancelResult =
  | { result: 'cancelled' }
  | { result: 'refused'; code: string; message: string }
  | { result: 'pending' };

/** What a verified notification says. `eventKey` names the event: the same one told twice has the same key. */
export type WarehouseNotice = { eventKey: string; shipmentNo: string; warehouseCode: string } & (
  | { kind: 'stage'; stage: WarehouseStage; at: Date; operator: string | null; remark: string | null }
  | { kind: 'handed_over'; at: Date; parcels: readonly HandedOverParcel[] }
  /** The carrier's answer to an intercept on the way (decision 25). */
  | { kind: 'carrier_intercept'; succeeded: boolean; at: Date }
  | { kind: 'noted' }
);

export type VerifiedWarehouseNotice =
  | { ok: true; notice: WarehouseNotice }
  | { ok: false; reason: 'bad_signature' | 'stale' | 'wrong_customer' | 'wrong_app' | 'malformed' };

export interface WarehouseAcknowledgement {
  status: 200 | 400 | 401 | 404 | 503;
  contentType: string;
  body: string;
}

/**
 * A warehouse management system (WMS). Every method may throw a `NeighbourError`; where that is `retryable` the result is
 * unknown, and `query` by our number or the same call again tells.
 */
export interface WarehouseSystem {
  readonly name: string;
  push(order: DeliveryOrder): Promise<PushResult>;
  query(ref: DeliveryOrderRef): Promise<DeliveryOrderStatus>;
  /** Asks the warehouse to stop it before it leaves. Asking again is harmless. */
  cancel(ref: DeliveryOrderRef, reason: string): Promise<CancelResult>;
  verify(delivery: NoticeDelivery, query: URLSearchParams): VerifiedWarehouseNotice;
  acknowledgement(outcome: 'taken' | 'refused' | 'unknown' | 'failed'): WarehouseAcknowledgement;
}
