import { describe, expect, it } from 'vitest';
import { TRACK_STATES, type TrackState } from '../tracking/port.ts';
import { CODES, stateOfCode, stateOfName } from './states.ts';

const GROUPS: Record<TrackState, string[]> = {
  in_transit: ['0', '1001', '1002', '1003', '1004'],
  collected: ['1', '101', '102', '103', '104'],
  difficult: ['2', '201', '202', '204', '205', '206', '207', '208', '209', '210', '211', '401'],
  refused: ['14', '203'],
  signed: ['3', '301', '302', '303', '304', '305'],
  returned: ['4'],
  delivering: ['5', '501'],
  returning: ['6', '601'],
  forwarded: ['7'],
  customs: ['8', '10', '11', '12', '13'],
};
const rows = TRACK_STATES.flatMap((state) => GROUPS[state].map((code) => [code, state] as const));

describe('LG-1 the state of a code', () => {
  it.each(rows)('%s is %s', (code, state) => expect(stateOfCode(code)).toBe(state));

  it('is known for every code of the table', () => {
    expect(Object.keys(CODES).filter((code) => !rows.some(([listed]) => listed === code))).toEqual([]);
  });

  it.each(['', '9', '99', '901', '15', '1100', '10010', 'toString', '__proto__', ' 3', undefined, null])(
    'is unknown for %j',
    (code) => expect(stateOfCode(code)).toBeNull(),
  );
});

describe('LG-1 the state of a name, where there is no code', () => {
  it.each([
    ['在途', 'in_transit'],
    ['揽收', 'collected'],
    ['疑难', 'difficult'],
    ['签收', 'signed'],
    ['退签', 'returned'],
    ['派件', 'delivering'],
    ['退回', 'returning'],
    ['转投', 'forwarded'],
    ['转单', 'forwarded'],
    ['清关', 'customs'],
    ['拒签', 'refused'],
    ['投柜或站签收', 'signed'],
    ['别的', null],
    ['', null],
    [undefined, null],
  ] as const)('%s is %s', (name, state) => expect(stateOfName(name)).toBe(state));
});
