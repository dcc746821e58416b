import type { Carrier } from '../../domain/logistics/carriers.ts';
import type { NoticeDelivery } from '../notice-delivery.ts';

/** Where a parcel is, in the tracking service's terms put into our words (LG-1). */
export const TRACK_STATES = [
  'collected',
  'in_transit',
  'delivering',
  'difficult',
  'customs',
  'forwarded',
  'refused',
  'returning',
  'returned',
  'signed',
] as const;
export type TrackState = (typeof TRACK_STATES)[number];

/** What went wrong with a parcel, where the track says so (LG-2). */
export type TrackTrouble = 'damaged' | 'lost' | 'wrong_address' | 'failed_delivery';

export interface TrackEvent {
  at: Date;
  /** The carrier's own sentence. */
  text: string;
  /** The service's code of this event, `1001` or the like; null where it gave none. */
  code: string | null;
  location: string | null;
  state: TrackState;
  trouble: TrackTrouble | null;
}

/** A parcel's whole track, oldest event first; every report brings all of it. */
export interface Track {
  carrier: Carrier;
  trackingNo: string;
  state: TrackState;
  events: readonly TrackEvent[];
  /** The service has stopped watching it: signed, or nothing for too long. */
  ended: boolean;
}

export interface Parcel {
  carrier: Carrier;
  trackingNo: string;
  /** Some carriers tell the track only to who knows the receiver's phone. */
  phone: string | null;
}

/** `repeated`: it was watched already, under the salt of that time. */
export type SubscribeResult =
  | { result: 'subscribed' | 'repeated' }
  | { result: 'refused'; code: string; message: string };

export type VerifiedTrackNotice =
  | { ok: true; eventKey: string; track: Track }
  | { ok: false; reason: 'bad_signature' | 'malformed' | 'foreign' };

export interface TrackAcknowledgement {
  status: 200 | 400 | 401 | 404 | 503;
  contentType: string;
  body: string;
}

/** A service that watches parcels over all carriers. Every method may throw a `NeighbourError`. */
export interface TrackingService {
  readonly name: string;
  /** Asks to be told of every change at `callbackUrl`; `salt` is a secret of this parcel and signs what is told. */
  subscribe(parcel: Parcel, callback: { url: string; salt: string }): Promise<SubscribeResult>;
  /** The track now; null while the carrier knows nothing of the number. */
  query(parcel: Parcel): Promise<Track | null>;
  verify(delivery: NoticeDelivery, salt: string): VerifiedTrackNotice;
  acknowledgement(outcome: 'taken' | 'refused' | 'unknown' | 'failed'): TrackAcknowledgement;
}
