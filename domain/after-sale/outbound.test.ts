import { describe, expect, test } from 'vitest';
import type { ParcelState } from '../logistics/tracks.ts';
import type { CaseState } from './case.ts';
import { onOutbound } from './outbound.ts';

const returning = { to: 'returning', within: 'parcelArrives' };
const late = { to: 'awaiting_parcel', within: 'lateParcelComesBack' };
const buyers = { to: 'awaiting_parcel', within: 'buyerSendsBack' };

describe('CN-6 what the carrier says of a parcel', () => {
  test.each([
    ['intercepting', 'in_transit', 'intercepted', returning],
    ['intercepting', 'in_transit', 'intercept_failed', late],
    ['intercepting', 'refused', 'parcel_refused', returning],
    ['intercepting', 'signed', 'delivered', buyers],
    ['intercepting', 'signed', 'intercepted', 'not_now'],
    ['awaiting_parcel', 'in_transit', 'intercepted', returning],
    ['awaiting_parcel', 'signed', 'intercepted', 'not_now'],
    ['awaiting_parcel', 'in_transit', 'intercept_failed', 'not_now'],
    ['awaiting_parcel', 'refused', 'parcel_refused', returning],
    ['awaiting_parcel', 'signed', 'delivered', buyers],
    ['returning', 'signed', 'delivered', buyers],
    ['returning', 'returning', 'intercepted', 'not_now'],
    ['returning', 'refused', 'parcel_refused', 'not_now'],
    ['disputed', 'signed', 'delivered', 'not_now'],
  ] as const)('%s, %s: %s', (state, trackState, word, expected) => {
    expect(onOutbound({ state, outbound: { trackState }, parcels: [] }, word)).toEqual(expected);
  });

  test.each(['intercepted', 'parcel_refused', 'delivered'] as const)(
    '%s changes no case that is about no parcel, and none whose goods the buyer sent back',
    (word) => {
      const state: CaseState = 'awaiting_parcel';
      const outbound = { trackState: 'in_transit' as ParcelState };
      expect(onOutbound({ state, outbound: null, parcels: [] }, word)).toBe('not_now');
      expect(onOutbound({ state, outbound, parcels: [{}] }, word)).toBe('not_now');
    },
  );
});
