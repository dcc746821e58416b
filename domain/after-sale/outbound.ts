import type { ParcelState } from '../logistics/tracks.ts';
import type { Period } from './deadlines.ts';

/** The parcel on its way to the buyer that a case is about (LG-3, CN-6). */
export interface Outbound {
  trackState: ParcelState;
}

interface AboutParcel {
  state: string;
  outbound: Outbound | null;
  /** What the buyer sent back. */
  parcels: readonly object[];
}

const WORDS = ['intercepted', 'intercept_failed', 'parcel_refused', 'delivered'] as const;
type Word = (typeof WORDS)[number];

export const isOfOutbound = <Command extends { do: string }>(
  command: Command,
): command is Extract<Command, { do: Word }> => (WORDS as readonly string[]).includes(command.do);

/**
 * What the carrier's word about the parcel makes of its case; a text is why it changes nothing. The signature has the
 * last word: a parcel that was delivered is the buyer's to send back, whatever was said of an intercept.
 */
export function onOutbound(
  { state, outbound, parcels }: AboutParcel,
  word: Word,
): { to: 'returning' | 'awaiting_parcel'; within: Period } | string {
  if (!outbound || parcels.length > 0) return 'not_now';
  const waits = state === 'intercepting' || state === 'awaiting_parcel';
  switch (word) {
    case 'intercepted':
      if (!waits || outbound.trackState === 'signed') return 'not_now';
      return { to: 'returning', within: 'parcelArrives' };
    case 'parcel_refused':
      return waits ? { to: 'returning', within: 'parcelArrives' } : 'not_now';
    case 'intercept_failed':
      return state === 'intercepting' ? { to: 'awaiting_parcel', within: 'lateParcelComesBack' } : 'not_now';
    case 'delivered':
      return waits || state === 'returning' ? { to: 'awaiting_parcel', within: 'buyerSendsBack' } : 'not_now';
  }
}

/** Whether nobody said yet where the goods are to be sent: the merchant is asked. */
export const needsAddress = ({ state, returnTo }: { state: string; returnTo: string | null }): boolean =>
  returnTo === null && (state === 'intercepting' || state === 'awaiting_parcel');
