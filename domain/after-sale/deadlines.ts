const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Deadlines of every side (RF-3, RT-3, RT-4, RT-6). */
export const WITHIN = {
  merchantAnswers: 48 * HOUR_MS,
  buyerAnswers: 48 * HOUR_MS,
  someoneDisputes: 48 * HOUR_MS,
  buyerSendsBack: 7 * DAY_MS,
  /** After the carrier's word that the return was signed for. */
  merchantInspects: 10 * DAY_MS,
  /** For a return of which the carrier says nothing. */
  parcelArrives: 30 * DAY_MS,
  evidence: 48 * HOUR_MS,
  platformDecides: 72 * HOUR_MS,
} as const;
