import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AT, aLeaf, aLine, pieces } from '../../test/support/leaves.ts';
import type { LineQuantity } from '../order/cancellation.ts';
import { type ChoiceInput, chooseAfterRefusal, type LeftParcel } from './choose.ts';
import { type Period, periodMs } from './deadlines.ts';

/** Two pieces of line 1 and one of line 2; all of it has left. */
const leaf = aLeaf([aLine(1, { quantity: 2 }), aLine(2)], {
  ...{ state: 'awaiting_receipt', autoReceiptAt: AT },
  progress: { 1: { shipped: 2 }, 2: { shipped: 1 } },
});
const request: ChoiceInput['cancellations'][number] = {
  ...{ cancellationNo: 'X', askedBy: 'buyer', state: 'refused', choice: null, lines: null },
};
const parcel = (shipmentNo: string, lines: LineQuantity[], more: Partial<LeftParcel> = {}): LeftParcel => ({
  ...{ shipmentNo, deliveryNo: shipmentNo, lines, trackState: 'in_transit', hasSystem: true },
  caseNo: `case of ${shipmentNo}`,
  ...more,
});
const choose = (changes: Partial<ChoiceInput> = {}) =>
  chooseAfterRefusal({
    ...{ leaf, cancellations: [request], cancellationNo: 'X', choice: 'return' },
    ...{
      parcels: [parcel('S1', pieces([1, 2], [2, 1]))],
      inCases: [],
      periods: {},
      actor: 'buyer:B',
      at: AT,
    },
    ...changes,
  });
const begun = (changes: Partial<ChoiceInput> = {}) =>
  choose(changes).effects.cases.map(({ shipmentNo, state, dueAt, pieces: its }) => ({
    ...{ shipmentNo, state, pieces: its.map(({ lineNo, quantity }) => ({ lineNo, quantity })) },
    withinMs: (dueAt?.getTime() ?? 0) - AT.getTime(),
  }));

describe('CN-6 the choice after a refused cancel', () => {
  test.each([
    ['a merchant’s own request', { askedBy: 'merchant' }],
    ['one that was agreed', { state: 'agreed' }],
    ['one that has no answer', { state: 'queued' }],
    ['one that was chosen on', { choice: 'keep' }],
  ] as const)('%s leaves none', (_name, changes) => {
    expect(choose({ cancellations: [{ ...request, ...changes }] }).verdict).toMatchObject({
      code: 'nothing_to_choose',
    });
  });

  test('an order that was received leaves none', () => {
    expect(choose({ leaf: { ...leaf, state: 'completed' } }).verdict).toMatchObject({
      code: 'nothing_to_choose',
    });
  });

  test('kept, nothing of the order changes but that it was chosen', () => {
    const { effects } = choose({ choice: 'keep' });
    expect(effects).toMatchObject({ cases: [], holds: [], refunds: [], nodes: [{ set: {} }] });
    expect(effects.cancellationsChosen).toEqual([{ cancellationNo: 'X', choice: 'keep' }]);
  });

  test.each([
    ['on its way: its carrier is asked', {}, 'intercepting', 'carrierIntercepts'],
    ['nobody to ask', { hasSystem: false }, 'awaiting_parcel', 'lateParcelComesBack'],
    ['signed for', { trackState: 'signed' }, 'awaiting_parcel', 'buyerSendsBack'],
    ['refused at the door', { trackState: 'refused' }, 'returning', 'parcelArrives'],
    ['on its way back', { trackState: 'returning' }, 'returning', 'parcelArrives'],
  ] as const)('a parcel %s', (_name, changes, state, period: Period) => {
    const parcels = [parcel('S1', pieces([1, 2], [2, 1]), changes)];
    expect(begun({ parcels })).toEqual([
      { shipmentNo: 'S1', state, withinMs: periodMs({}, period), pieces: pieces([1, 2], [2, 1]) },
    ]);
  });

  test('a parcel with other pieces in it is not called back', () => {
    const cancellations = [{ ...request, lines: pieces([1, 2]) }];
    expect(begun({ cancellations })).toMatchObject([{ state: 'awaiting_parcel', pieces: pieces([1, 2]) }]);
  });

  test('nor is one whose delivery has another parcel with other pieces in it', () => {
    const parcels = [
      parcel('S1', pieces([1, 2])),
      parcel('S2', pieces([2, 1]), { deliveryNo: 'S1' }),
      parcel('S3', []),
    ];
    expect(begun({ parcels })).toMatchObject([{ state: 'intercepting' }, { state: 'intercepting' }]);
    const cancellations = [{ ...request, lines: pieces([1, 2]) }];
    expect(begun({ parcels, cancellations })).toMatchObject([{ shipmentNo: 'S1', state: 'awaiting_parcel' }]);
  });

  test('what is in a case already is in no second one', () => {
    expect(begun({ inCases: pieces([1, 1], [2, 1]) })).toMatchObject([{ pieces: pieces([1, 1]) }]);
    expect(choose({ inCases: pieces([1, 2], [2, 1]) }).verdict).toMatchObject({ code: 'more_than_shipped' });
  });

  test('whatever was asked, packed and in cases: no piece is in two cases, and each case holds the order once', () => {
    const upTo = (most: number) => fc.integer({ min: 0, max: most });
    fc.assert(
      fc.property(upTo(3), upTo(3), upTo(3), upTo(3), fc.boolean(), (first, second, asked, busy, apart) => {
        const total = first + second;
        fc.pre(total > 0 && busy <= total);
        const its = aLeaf([aLine(1, { quantity: total })], {
          ...{ state: 'awaiting_receipt', autoReceiptAt: AT, progress: { 1: { shipped: total } } },
        });
        const { effects, verdict } = choose({
          leaf: its,
          cancellations: [{ ...request, lines: asked > 0 ? pieces([1, asked]) : null }],
          parcels: [
            parcel('S1', pieces([1, first])),
            parcel('S2', pieces([1, second]), apart ? {} : { deliveryNo: 'S1' }),
          ],
          inCases: busy > 0 ? pieces([1, busy]) : [],
        });
        const wanted = Math.min(asked > 0 ? asked : total, total - busy);
        const taken = effects.cases.flatMap((one) => one.pieces);
        expect(taken.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(wanted);
        expect(verdict.result).toBe(wanted > 0 ? 'accepted' : 'refused');
        expect(effects.holds.map(({ holdId }) => holdId)).toEqual(effects.cases.map(({ caseNo }) => caseNo));
        if (wanted > 0) expect(effects.nodes[0]?.set.holds).toBe(effects.cases.length);
      }),
    );
  });
});
