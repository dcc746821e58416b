/** A parcel that the buyer sent back for a case (RT-4). */
export interface SentBack {
  shipmentNo: string;
  carrier: string | null;
  trackingNo: string | null;
  /** Null while nothing was heard of it. */
  lastEventAt: Date | null;
}

interface Parcels {
  state: string;
  /** Oldest first. */
  parcels: readonly SentBack[];
}

/** Whether a word of a carrier is about the parcel that is on its way now; one that was refused has no number here. */
export const isNewest = ({ parcels }: Parcels, shipmentNo: string | undefined): boolean =>
  parcels.at(-1)?.shipmentNo === shipmentNo;

/** The parcel whose number the buyer can still correct: nothing was heard of it. */
export function correctableParcel({ state, parcels }: Parcels): SentBack | null {
  const last = parcels.at(-1);
  return state === 'returning' && last?.lastEventAt === null ? last : null;
}

/** Why a number cannot be corrected to this one; null where it can. */
export function cannotCorrect(
  theCase: Parcels,
  { carrier, trackingNo }: { carrier: string; trackingNo: string },
): string | null {
  const parcel = correctableParcel(theCase);
  if (!parcel) return 'not_now';
  return parcel.carrier === carrier && parcel.trackingNo === trackingNo ? 'same_tracking_no' : null;
}
