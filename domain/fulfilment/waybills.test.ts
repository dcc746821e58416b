import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aLeaf, aLine } from '../../test/support/leaves.ts';
import type { LineQuantity } from '../order/cancellation.ts';
import type { OrderNode } from '../order/node.ts';
import { openLines } from '../order/progress.ts';
import { consign, type Packing } from './waybills.ts';

const HOME = {
  ...{ name: '王芳', phone: '13800000001' },
  ...{ province: '上海市', city: '上海市', district: '徐汇区', street: '淮海中路 100 号' },
};
const packing = (
  orderNo: string,
  changes: Partial<OrderNode> = {},
  more: Partial<Packing> = {},
): Packing => ({
  leaf: aLeaf([aLine(1, { quantity: 3 }), aLine(2)], { orderNo, ...changes }),
  ...{ receiver: HOME, waybilled: [] },
  ...more,
});
const ALL: LineQuantity[] = [
  { lineNo: 1, quantity: 3 },
  { lineNo: 2, quantity: 1 },
];

test('FU-8 one order, or several of one buyer to one address, go into one parcel with all that is open', () => {
  expect(consign([packing('A')])).toEqual({ result: 'consigned', pieces: [{ orderNo: 'A', lines: ALL }] });
  const lines = [{ lineNo: 1, quantity: 2 }];
  expect(consign([packing('A'), packing('B', { shopId: 'S2' }, { lines })])).toEqual({
    result: 'consigned',
    pieces: [
      { orderNo: 'A', lines: ALL },
      { orderNo: 'B', lines },
    ],
  });
});

test.each<[string, Packing, string]>([
  ['another buyer', packing('B', { buyerId: 'B2' }), 'other_receiver'],
  [
    'another street',
    packing('B', {}, { receiver: { ...HOME, street: '淮海中路 101 号' } }),
    'other_receiver',
  ],
  ['another phone', packing('B', {}, { receiver: { ...HOME, phone: '13800000002' } }), 'other_receiver'],
  ['not paid', packing('B', { state: 'awaiting_payment' }), 'not_awaiting_shipment'],
  ['not reviewed', packing('B', { review: 'held' }), 'not_reviewed'],
  ['being cancelled', packing('B', { cancellationNo: 'C' }), 'cancellation_open'],
  ['a warehouse sends it', packing('B', { dispatch: 'due' }), 'warehouse_ships'],
  ['more than there is', packing('B', {}, { lines: [{ lineNo: 2, quantity: 2 }] }), 'more_than_open'],
  ['all of it has a waybill', packing('B', {}, { waybilled: ALL }), 'waybill_open'],
  [
    'these pieces have a waybill',
    packing('B', {}, { waybilled: [{ lineNo: 1, quantity: 2 }], lines: [{ lineNo: 1, quantity: 2 }] }),
    'waybill_open',
  ],
])('FU-8 refused and named: %s', (_, second, code) => {
  expect(consign([packing('A'), second])).toEqual({ result: 'refused', code, orderNo: 'B' });
});

test('FU-8 no piece has two open waybills, however parcels are asked for', () => {
  const wishes = fc.array(
    fc.array(
      fc.record({ lineNo: fc.integer({ min: 1, max: 3 }), quantity: fc.integer({ min: 1, max: 3 }) }),
      { maxLength: 3 },
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(wishes, (parcels) => {
      const waybilled: LineQuantity[] = [];
      for (const wish of parcels) {
        const lines = wish.length > 0 ? wish : undefined;
        const consigned = consign([packing('A', {}, { waybilled: [...waybilled], lines })]);
        if (consigned.result === 'consigned')
          waybilled.push(...consigned.pieces.flatMap(({ lines }) => lines));
      }
      for (const { lineNo, quantity } of openLines(packing('A').leaf)) {
        const taken = waybilled.filter((piece) => piece.lineNo === lineNo);
        expect(taken.reduce((sum, piece) => sum + piece.quantity, 0)).toBeLessThanOrEqual(quantity);
      }
      expect(waybilled.every(({ lineNo }) => lineNo <= 2)).toBe(true);
    }),
  );
});
