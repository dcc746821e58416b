import { z } from 'zod';
import { CARRIERS, type Carrier } from '../../domain/logistics/carriers.ts';
import type { Track, TrackEvent, TrackState } from '../tracking/port.ts';
import { stateOfCode, stateOfName } from './states.ts';
import { troubleOf } from './trouble.ts';

const code = z.union([z.string(), z.number()]).transform(String);

const reportedEvent = z.object({
  context: z.string(),
  /** As the carrier wrote it. */
  time: z.string().nullish(),
  /** Put into one form by Kuaidi100. */
  ftime: z.string().nullish(),
  /** The code's name; alone where Kuaidi100 gives no code. */
  status: z.string().nullish(),
  statusCode: code.nullish(),
  areaName: z.string().nullish(),
  location: z.string().nullish(),
});

/** What pushes and answers to queries have in common: the whole track, newest event first. */
const report = z.object({
  com: z.string().min(1),
  nu: z.string().min(1),
  state: code.nullish(),
  data: z.array(reportedEvent).nullish(),
});

/**
 * A report in our words, oldest event first, an event that is listed twice once. `malformed`: it cannot be read;
 * `foreign`: of a carrier that we do not know.
 */
export function readTrack(json: unknown, ended: boolean): Track | 'malformed' | 'foreign' {
  const parsed = report.safeParse(json);
  if (!parsed.success) return 'malformed';
  const { com, nu, data } = parsed.data;
  if (!isCarrier(com)) return 'foreign';
  const whole = stateOfCode(parsed.data.state);
  const events: TrackEvent[] = [];
  for (const [position, told] of (data ?? []).entries()) {
    const event = readEvent(told, position === 0 ? whole : null);
    if (!event) return 'malformed';
    events.push(event);
  }
  const ordered = inOrder(events);
  const state = whole ?? ordered.at(-1)?.state ?? 'in_transit';
  return { carrier: com, trackingNo: nu, state, events: ordered, ended };
}

/** `fallback`: the whole parcel's state, which describes its newest event only. */
function readEvent(told: z.infer<typeof reportedEvent>, fallback: TrackState | null): TrackEvent | null {
  const at = parseBeijing(told.ftime || told.time || '');
  if (!at) return null;
  const text = told.context.trim();
  const eventCode = told.statusCode || null;
  const state = stateOfCode(eventCode) ?? stateOfName(told.status) ?? fallback ?? 'in_transit';
  return {
    at,
    text,
    code: eventCode,
    location: told.location || told.areaName || null,
    state,
    trouble: troubleOf(eventCode, state, text),
  };
}

/** From newest first to oldest first; events of one second keep the order in which they were listed. */
function inOrder(newestFirst: readonly TrackEvent[]): TrackEvent[] {
  const seen = new Map<string, TrackEvent>();
  for (const event of newestFirst.toReversed()) {
    const name = `${event.at.getTime()} ${event.text}`;
    if (!seen.has(name)) seen.set(name, event);
  }
  return [...seen.values()].sort((a, b) => a.at.getTime() - b.at.getTime());
}

function isCarrier(company: string): company is Carrier {
  return (CARRIERS as readonly string[]).includes(company);
}

/** The moment of `2026-11-11 08:00:00` in Beijing, which is the only clock Kuaidi100 writes; null for anything else. */
function parseBeijing(text: string): Date | null {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})(:\d{2})?$/.exec(text.trim());
  if (!match) return null;
  const at = new Date(`${match[1]}T${match[2]}${match[3] ?? ':00'}+08:00`);
  return Number.isNaN(at.getTime()) ? null : at;
}
