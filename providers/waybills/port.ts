import type { Carrier } from '../../domain/logistics/carriers.ts';

/** Who sends or receives a parcel. `address` is all of it on one line, from the province on. */
export interface Party {
  name: string;
  phone: string;
  address: string;
}

/** A parcel for which a carrier is asked for a waybill (FU-8). */
export interface Consignment {
  /** Ours: asked again with it, the service answers the first waybill. */
  waybillNo: string;
  merchantId: string;
  carrier: Carrier;
  sender: Party;
  receiver: Party;
  /** What is in it, as it stands on the label. */
  goods: string;
  /** Null where it was not weighed; the carrier weighs it then. */
  weightGrams: number | null;
}

export interface IssuedWaybill {
  trackingNo: string;
  /** Where the label to print is; whoever knows the address can read it. */
  labelUrl: string;
  /** The carrier's own number of the request, where it has one: it is voided by it. */
  carrierOrderNo: string | null;
}

export type WaybillRefusal = { result: 'refused'; code: string; message: string };

/**
 * A service that gets electronic waybills from all carriers (FU-8). Every method may throw a `NeighbourError`: a
 * retryable one says that the result is unknown, and that the same call may be made again.
 */
export interface WaybillService {
  readonly name: string;
  /** Whether a merchant has an account at a carrier; without one nothing can be asked for. */
  serves(merchantId: string, carrier: Carrier): boolean;
  issue(consignment: Consignment): Promise<({ result: 'issued' } & IssuedWaybill) | WaybillRefusal>;
  /** Gives an unused waybill back. One that is void already is void. */
  void(waybill: {
    merchantId: string;
    carrier: Carrier;
    trackingNo: string;
    carrierOrderNo: string | null;
    reason: string;
  }): Promise<{ result: 'voided' } | WaybillRefusal>;
}
