import type { Carrier } from './carriers.ts';

/** Where a parcel is (LG-1), as far as anybody said. */
export type ParcelState =
  | 'handed_over'
  | 'collected'
  | 'in_transit'
  | 'delivering'
  | 'difficult'
  | 'customs'
  | 'forwarded'
  | 'refused'
  | 'returning'
  | 'returned'
  | 'signed';

/** What is wrong with a parcel (LG-2): found by silence, or told by its track. */
export const ANOMALIES = [
  'stalled',
  'damaged',
  'lost',
  'wrong_address',
  'failed_delivery',
  'refused',
] as const;
export type Anomaly = (typeof ANOMALIES)[number];

export interface TrackedEvent {
  at: Date;
  text: string;
  code: string | null;
  location: string | null;
  state: ParcelState;
  trouble: Exclude<Anomaly, 'stalled' | 'refused'> | null;
}

/** What a parcel's row knows of its track. */
export interface ParcelTrack {
  state: ParcelState;
  /** The newest event that was taken; null before the first. */
  lastEventAt: Date | null;
  shippedAt: Date;
  openAnomalies: readonly Anomaly[];
}

/** What a report about a parcel changes. `milestone` is for the order's workflow; the rest are rows. */
export interface TrackChange {
  /** Those not known yet, oldest first. */
  newEvents: readonly TrackedEvent[];
  state: ParcelState;
  lastEventAt: Date | null;
  opened: readonly Anomaly[];
  closed: readonly Anomaly[];
  milestone: 'signed' | 'refused' | 'returned' | null;
}

/** A parcel that has arrived, here or back, has no more way to go: later reports add events and change no state. */
const isSettled = (state: ParcelState): boolean => state === 'signed' || state === 'returned';

/**
 * Takes a carrier's report over (LG-1): every report brings the whole track, may come twice and in the wrong order, and
 * states only go forward, so only new events that are not older than the newest known one move the parcel (carriers
 * write whole seconds). Troubles open an anomaly each;
 * movement closes those that movement ends (LG-2).
 */
export function takeReport(
  parcel: ParcelTrack,
  report: { state: ParcelState; events: readonly TrackedEvent[] },
  known: ReadonlySet<string>,
): TrackChange {
  const newEvents = report.events.filter((event) => !known.has(keyOf(event)));
  const moved = newEvents.filter(({ at }) => parcel.lastEventAt === null || at >= parcel.lastEventAt);
  const newest = moved.at(-1);
  if (!newest || isSettled(parcel.state)) {
    return {
      newEvents,
      state: parcel.state,
      lastEventAt: parcel.lastEventAt,
      opened: [],
      closed: [],
      milestone: null,
    };
  }
  const state = newest === report.events.at(-1) ? report.state : newest.state;
  const troubles = new Set<Anomaly>(moved.flatMap(({ trouble }) => trouble ?? []));
  if (state === 'refused') troubles.add('refused');
  const opened = [...troubles].filter((anomaly) => !parcel.openAnomalies.includes(anomaly));
  const closed = parcel.openAnomalies.filter((anomaly) => isOver(anomaly, newest, state));
  const milestone = state === parcel.state ? null : milestoneOf(state);
  return { newEvents, state, lastEventAt: newest.at, opened, closed, milestone };
}

const milestoneOf = (state: ParcelState): TrackChange['milestone'] =>
  state === 'signed' || state === 'refused' || state === 'returned' ? state : null;

/** Silence ends with any movement; a failed delivery or a wrong address with the next try; the rest with a signature. */
function isOver(anomaly: Anomaly, newest: TrackedEvent, state: ParcelState): boolean {
  if (isSettled(state)) return true;
  if (anomaly === 'stalled') return true;
  if (anomaly === 'failed_delivery' || anomaly === 'wrong_address')
    return (
      newest.trouble === null && (state === 'delivering' || state === 'in_transit' || state === 'forwarded')
    );
  return false;
}

/** Names an event among those of its parcel: a carrier repeats itself word by word. */
export function keyOf({ at, text }: Pick<TrackedEvent, 'at' | 'text'>): string {
  return `${at.toISOString()} ${text}`;
}

const HOUR_MS = 3_600_000;

/** How long a parcel may be silent, in hours: by carrier, and longer where the way is long (LG-2). */
export interface StallPolicy {
  hours: number;
  byCarrier: Partial<Record<Carrier, number>>;
  /** Added for regions far away, by the first two digits of the region's code. */
  addedByRegion: Readonly<Record<string, number>>;
}

export const STALL_POLICY: StallPolicy = {
  hours: 48,
  byCarrier: { shunfeng: 24, jd: 24, ems: 72 },
  // Inner Mongolia, Tibet, Qinghai, Xinjiang.
  addedByRegion: { '15': 24, '54': 48, '63': 24, '65': 48 },
};

/** When a parcel that stays silent counts as stalled. */
export function stallsAt(
  parcel: { carrier: string; region: string; lastEventAt: Date | null; shippedAt: Date },
  policy: StallPolicy = STALL_POLICY,
): Date {
  const hours = policy.byCarrier[parcel.carrier as Carrier] ?? policy.hours;
  const added = policy.addedByRegion[parcel.region.slice(0, 2)] ?? 0;
  return new Date((parcel.lastEventAt ?? parcel.shippedAt).getTime() + (hours + added) * HOUR_MS);
}

const DAY_MS = 24 * HOUR_MS;
const EXPRESS: ReadonlySet<string> = new Set(['shunfeng', 'jd']);

/** An estimate with the rule that made it (LG-1, FU-2). */
export interface Estimate {
  at: Date;
  rule: string;
}

/**
 * When a parcel should arrive: an express carrier takes two days, others four, two more to regions far away; out for
 * delivery, it is today's.
 */
export function estimateArrival(
  parcel: { carrier: string; region: string; shippedAt: Date; state: ParcelState; lastEventAt: Date | null },
  policy: StallPolicy = STALL_POLICY,
): Estimate | null {
  if (isSettled(parcel.state) || parcel.state === 'refused' || parcel.state === 'returning') return null;
  if (parcel.state === 'delivering' && parcel.lastEventAt)
    return { at: endOfBeijingDay(parcel.lastEventAt), rule: 'out_for_delivery' };
  const express = EXPRESS.has(parcel.carrier);
  const far = (policy.addedByRegion[parcel.region.slice(0, 2)] ?? 0) > 0;
  const days = (express ? 2 : 4) + (far ? 2 : 0);
  return {
    at: new Date(parcel.shippedAt.getTime() + days * DAY_MS),
    rule: `${express ? 'express' : 'standard'}${far ? '_far' : ''}_${days}d`,
  };
}

function endOfBeijingDay(at: Date): Date {
  const offset = 8 * HOUR_MS;
  const day = Math.floor((at.getTime() + offset) / DAY_MS);
  return new Date((day + 1) * DAY_MS - offset);
}
