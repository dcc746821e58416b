import { describe, expect, test } from 'vitest';
import {
  estimateShipping,
  furtherStage,
  IN_WAREHOUSE,
  isInWarehouse,
  isSent,
  SHIPMENT_STAGES,
  warehouseStage,
} from './stages.ts';

const PATH = ['planned', ...IN_WAREHOUSE, 'handed_over'] as const;

describe('FU-2 a shipment only goes forward', () => {
  test.each(PATH.flatMap((now) => PATH.map((reported) => [now, reported] as const)))(
    '%s, then %s is reported',
    (now, reported) => {
      const isLater = PATH.indexOf(reported) > PATH.indexOf(now);
      expect(furtherStage(now, reported)).toBe(isLater ? reported : now);
    },
  );

  test.each(['handed_over', 'refused', 'cancelled'] as const)('what is %s stays so', (ended) => {
    for (const reported of SHIPMENT_STAGES) expect(furtherStage(ended, reported)).toBe(ended);
    expect(isInWarehouse(ended)).toBe(false);
  });

  test('an exception and a stop of its own are refusals, all else is its word', () => {
    expect([warehouseStage('exception'), warehouseStage('cancelled')]).toEqual(['refused', 'refused']);
    for (const stage of ['accepted', 'picking', 'checked', 'packed', 'weighed', 'handed_over'] as const)
      expect(warehouseStage(stage)).toBe(stage);
  });
});

describe('FU-2 when it should leave', () => {
  const now = new Date('2026-03-01T04:00:00Z');
  const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
  const promised = { at: hours(48), rule: 'promised_ship_by' };

  test.each([
    ['not accepted yet: the promise', 'planned', null, 3_600, hours(48), promised],
    [
      'accepted: its handling time',
      'picking',
      hours(-1),
      7_200,
      hours(48),
      { at: hours(1), rule: 'warehouse_handling' },
    ],
    ['that has passed: the promise', 'packed', hours(-2), 7_200, hours(48), promised],
    ['no handling time is known: the promise', 'accepted', hours(-1), null, hours(48), promised],
    ['no promise either', 'accepted', hours(-1), null, null, null],
    ['it has left', 'handed_over', hours(-1), 7_200, hours(48), null],
    ['it will not leave', 'refused', hours(-1), 7_200, hours(48), null],
    ['it was stopped', 'cancelled', null, 7_200, hours(48), null],
  ] as const)('%s', (_name, stage, acceptedAt, handlingSeconds, shipBy, expected) => {
    expect(estimateShipping({ stage, acceptedAt }, { handlingSeconds, shipBy, now })).toEqual(expected);
  });

  test('a parcel has a carrier, a number and a time', () => {
    const sent = { carrier: 'shunfeng', trackingNo: 'SF1', shippedAt: now };
    expect(isSent(sent)).toBe(true);
    for (const key of ['carrier', 'trackingNo', 'shippedAt'] as const)
      expect(isSent({ ...sent, [key]: null })).toBe(false);
  });
});
