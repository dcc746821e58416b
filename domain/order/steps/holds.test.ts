import { expect, test } from 'vitest';
import { AT, aLeaf, aLine } from '../../../test/support/leaves.ts';
import { noEffects } from '../effects.ts';
import type { NodeState } from '../states.ts';
import { releaseHold } from './holds.ts';
import { type ParcelReport, reportParcel } from './parcel.ts';

const leafIn = (state: NodeState, holds: number) => aLeaf([aLine(1)], { state, holds });
const trouble = { shipmentNo: 'NS1', anomaly: 'stalled', id: 7 } as const;
const report = (state: NodeState, holds: number, what: ParcelReport) =>
  reportParcel(leafIn(state, holds), what, { signedReceiptSeconds: null }, AT);

test('LG-4 RT-7 a case closed its leaf while a parcel was in trouble: the end of the trouble lets the leaf go', () => {
  const { effects } = report('closed', 1, { ...trouble, what: 'closed', isHeld: true });
  expect(effects.nodes).toMatchObject([{ from: 'closed', to: 'closed', set: { holds: 0 } }]);
  expect(effects.holds).toMatchObject([{ holdId: 'NS1-stalled-7', placed: false }]);
});

test.each([
  ['a trouble that had no hold ends', 'closed', { ...trouble, what: 'closed', isHeld: false }, 'not_held'],
  ['one ends beside a case', 'completed', { ...trouble, what: 'closed', isHeld: true }, 'not_held'],
  ['one begins when all is over', 'closed', { ...trouble, what: 'opened' }, 'not_holdable'],
] as const)('LG-4 %s: refused, and other holds stay', (_name, state, what, code) => {
  const { verdict, effects } = report(state, 1, what);
  expect(verdict).toMatchObject({ result: 'refused', code });
  expect(effects).toEqual(noEffects());
});

test('ST-3 a hold that a person placed is let go of a closed leaf, too', () => {
  const hold = { holdId: 'H', reason: 'test', placedBy: 'platform' };
  expect(releaseHold(leafIn('closed', 1), hold, AT).effects.nodes).toMatchObject([{ set: { holds: 0 } }]);
});
