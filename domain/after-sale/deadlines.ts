const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** How long every side has, in seconds, where its shop says nothing else (RF-3, RT-3, RT-4, RT-6, RT-7). */
const DEFAULTS = {
  merchantAnswers: 48 * HOUR_S,
  buyerAnswers: 48 * HOUR_S,
  someoneDisputes: 48 * HOUR_S,
  buyerSendsBack: 7 * DAY_S,
  /** For a parcel that has still to arrive: it is refused at the door, or sent back after that (CN-6). */
  lateParcelComesBack: 15 * DAY_S,
  /** For the carrier to say whether it brings a parcel back (CN-6). */
  carrierIntercepts: 48 * HOUR_S,
  /** After the carrier's word that the return was signed for. */
  merchantInspects: 10 * DAY_S,
  /** For a return of which the carrier says nothing. */
  parcelArrives: 30 * DAY_S,
  evidence: 48 * HOUR_S,
  platformDecides: 72 * HOUR_S,
  /** After the receipt, to open a case without a reason, and for what is the merchant's fault. */
  returnWithoutReason: 7 * DAY_S,
  returnAtFault: 15 * DAY_S,
};
export type Period = keyof typeof DEFAULTS;

/** A shop's own periods, in seconds; a case keeps those of its opening. */
export type AfterSalePeriods = Partial<Record<Period, number>>;

/** A period in milliseconds, by the shop or by default. */
export const periodMs = (periods: AfterSalePeriods, period: Period): number =>
  (periods[period] ?? DEFAULTS[period]) * 1000;
