import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Anomaly,
  estimateArrival,
  keyOf,
  type ParcelState,
  type ParcelTrack,
  stallsAt,
  type TrackedEvent,
  takeReport,
} from './tracks.ts';

const HOUR = 3_600_000;
const shippedAt = new Date('2026-11-11T00:00:00Z');
const at = (hours: number) => new Date(shippedAt.getTime() + hours * HOUR);
const event = (hours: number, state: ParcelState, trouble: TrackedEvent['trouble'] = null): TrackedEvent => ({
  at: at(hours),
  text: `${state} ${hours}`,
  code: null,
  location: null,
  state,
  trouble,
});

/** Takes reports one after another, as a parcel's row does. */
function follow(reports: readonly (readonly TrackedEvent[])[]) {
  const known = new Map<string, TrackedEvent>();
  const open = new Set<Anomaly>();
  const milestones: string[] = [];
  const opened: Anomaly[] = [];
  const track: ParcelTrack = { state: 'handed_over', lastEventAt: null, shippedAt, openAnomalies: [] };
  for (const events of reports) {
    const state = events.at(-1)?.state ?? 'handed_over';
    const change = takeReport(track, { state, events }, new Set(known.keys()));
    for (const one of change.newEvents) known.set(keyOf(one), one);
    for (const anomaly of change.closed) open.delete(anomaly);
    for (const anomaly of change.opened) open.add(anomaly);
    opened.push(...change.opened);
    if (change.milestone) milestones.push(change.milestone);
    Object.assign(track, { state: change.state, lastEventAt: change.lastEventAt, openAnomalies: [...open] });
  }
  return { track, known, milestones, opened, open };
}

test('LG-1 whatever comes twice and in whatever order, in the end every event is there and the newest one says where the parcel is', () => {
  const states = fc.constantFrom<ParcelState>(
    'collected',
    'in_transit',
    'delivering',
    'difficult',
    'forwarded',
  );
  const course = fc.array(states, { minLength: 1, maxLength: 12 });
  const cuts = fc.array(fc.nat(11), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(course, cuts, fc.boolean(), (names, ends, signs) => {
      const events = names.map((state, hours) => event(hours, state));
      if (signs) events.push(event(names.length, 'signed'));
      const reports = [...ends.map((end) => events.slice(0, (end % events.length) + 1)), events];
      const { track, known, milestones } = follow([...reports, ...reports]);
      expect(known.size).toBe(events.length);
      expect(track.state).toBe(events.at(-1)?.state);
      expect(track.lastEventAt).toEqual(events.at(-1)?.at);
      // However often it is told, the order hears once that it is signed for.
      expect(milestones).toEqual(signs ? ['signed'] : []);
    }),
  );
});

describe('LG-2 troubles open once and end with what ends them', () => {
  const course = [event(1, 'collected'), event(5, 'in_transit')];
  test.each<[string, TrackedEvent[], Anomaly[], Anomaly[]]>([
    [
      'damaged stays until somebody signs',
      [event(9, 'difficult', 'damaged'), event(12, 'delivering')],
      ['damaged'],
      ['damaged'],
    ],
    ['signed ends it', [event(9, 'difficult', 'damaged'), event(12, 'signed')], ['damaged'], []],
    [
      'a failed delivery ends with the next try',
      [event(9, 'difficult', 'failed_delivery'), event(24, 'delivering')],
      ['failed_delivery'],
      [],
    ],
    [
      'it fails again: told again',
      [
        event(9, 'difficult', 'failed_delivery'),
        event(24, 'delivering'),
        event(30, 'difficult', 'failed_delivery'),
      ],
      ['failed_delivery', 'failed_delivery'],
      ['failed_delivery'],
    ],
    [
      'refused, and back',
      [event(9, 'refused'), event(12, 'returning'), event(48, 'returned')],
      ['refused'],
      [],
    ],
    ['lost stays', [event(90, 'difficult', 'lost')], ['lost'], ['lost']],
  ])('%s', (_what, more, opened, open) => {
    const all = [...course, ...more];
    const result = follow(all.map((_event, index) => all.slice(0, index + 1)));
    expect(result.opened).toEqual(opened);
    expect([...result.open]).toEqual(open);
  });

  test('an event that comes late, of before, opens nothing', () => {
    const late = event(2, 'difficult', 'damaged');
    const { opened, known, track } = follow([
      course,
      [course[0] as TrackedEvent, late, course[1] as TrackedEvent],
    ]);
    expect(opened).toEqual([]);
    expect(known.size).toBe(3);
    expect(track.state).toBe('in_transit');
  });

  test('two events of the same second both count: carriers write whole seconds', () => {
    const { track } = follow([[event(1, 'collected')], [event(1, 'collected'), event(1, 'in_transit')]]);
    expect(track.state).toBe('in_transit');
  });
});

test.each([
  ['shunfeng', '31', 24],
  ['zhongtong', '31', 48],
  ['ems', '31', 72],
  ['zhongtong', '65', 96],
  ['shunfeng', '540000', 72],
])('LG-2 %s to region %s is silent for too long after %i hours', (carrier, region, hours) => {
  expect(stallsAt({ carrier, region, lastEventAt: at(5), shippedAt })).toEqual(at(5 + hours));
  expect(stallsAt({ carrier, region, lastEventAt: null, shippedAt })).toEqual(at(hours));
});

test.each<[string, string, ParcelState, Date | null, string | null]>([
  ['shunfeng', '31', 'in_transit', at(48), 'express_2d'],
  ['yunda', '31', 'handed_over', at(96), 'standard_4d'],
  ['yunda', '65', 'in_transit', at(144), 'standard_far_6d'],
  ['yunda', '31', 'delivering', new Date('2026-11-11T16:00:00Z'), 'out_for_delivery'],
  ['yunda', '31', 'signed', null, null],
  ['yunda', '31', 'refused', null, null],
])('LG-1 %s to %s, %s: the estimate and its rule', (carrier, region, state, expected, rule) => {
  const estimate = estimateArrival({ carrier, region, shippedAt, state, lastEventAt: at(9) });
  expect(estimate).toEqual(expected && { at: expected, rule });
});
