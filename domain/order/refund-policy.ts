import type { Fen } from '../money.ts';

/** What staff may give back alone (RF-8), in fen: goodwill by one person a day, and any refund below `secondPersonFromFen`. */
export interface RefundPolicy {
  merchantGoodwillPerDayFen: Fen;
  serviceGoodwillPerDayFen: Fen;
  secondPersonFromFen: Fen;
}

export const DEFAULT_REFUND_POLICY: RefundPolicy = {
  merchantGoodwillPerDayFen: 50_000n,
  serviceGoodwillPerDayFen: 50_000n,
  secondPersonFromFen: 500_000n,
};

/** Who gives: it decides the limit, and who bears it. */
export type Giver = 'merchant' | 'platform';

/** What somebody can still give on a day, and when it begins anew. */
export interface Allowance {
  operator: string;
  /** The day in Beijing, as `2026-11-11`. */
  day: string;
  limitFen: Fen;
  usedFen: Fen;
  renewsAt: Date;
}

const DAY_MS = 24 * 3_600_000;
const BEIJING_MS = 8 * 3_600_000;

/** The Beijing day of a moment. */
export function dayOf(at: Date): Pick<Allowance, 'day' | 'renewsAt'> {
  const startMs = Math.floor((at.getTime() + BEIJING_MS) / DAY_MS) * DAY_MS;
  return {
    day: new Date(startMs).toISOString().slice(0, 10),
    renewsAt: new Date(startMs + DAY_MS - BEIJING_MS),
  };
}

export const limitOf = (policy: RefundPolicy, giver: Giver): Fen =>
  giver === 'merchant' ? policy.merchantGoodwillPerDayFen : policy.serviceGoodwillPerDayFen;
