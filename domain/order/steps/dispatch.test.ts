import { describe, expect, test } from 'vitest';
import { AT, aLeaf, aLine, pieces } from '../../../test/support/leaves.ts';
import { noEffects } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { dispatch } from './dispatch.ts';
import { ship } from './ship.ts';

/** W1 and W2 have systems, W0 has none. */
const LINES = [aLine(1, { quantity: 2 }), aLine(2, { warehouseId: 'W2' }), aLine(3, { warehouseId: 'W0' })];
const leafWith = (changes: Partial<OrderNode> = {}): OrderNode =>
  aLeaf(LINES, { dispatch: 'due', ...changes });
const planned = (leaf: OrderNode) => dispatch(leaf, (warehouseId) => warehouseId !== 'W0');

describe('FU-2 the dispatch centre', () => {
  test.each([
    [
      'a shipment per warehouse with a system',
      {},
      [
        ['NS1', 'W1', pieces([1, 2])],
        ['NS2', 'W2', pieces([2, 1])],
      ],
    ],
    [
      'numbers go on',
      { shipmentsMade: 9 },
      [
        ['NS10', 'W1', pieces([1, 2])],
        ['NS11', 'W2', pieces([2, 1])],
      ],
    ],
    [
      'what lies in shipments, has left or was taken back is left alone',
      { progress: { 1: { planned: 1 }, 2: { shipped: 1 }, 3: { reversed: 1 } } },
      [['NS1', 'W1', pieces([1, 1])]],
    ],
    [
      'a warehouse that took over, together with its own',
      { progress: { 1: { planned: 0, warehouseId: 'W2' } } },
      [['NS1', 'W2', pieces([1, 2], [2, 1])]],
    ],
    [
      'what a warehouse refused and none took over is the merchant’s',
      { progress: { 1: { planned: 0, byHand: true } } },
      [['NS1', 'W2', pieces([2, 1])]],
    ],
    ['nothing is open', { progress: { 1: { planned: 2 }, 2: { planned: 1 } } }, []],
  ] as const)('%s', (_name, changes, expected) => {
    const leaf = leafWith(changes);
    const { effects } = planned(leaf);
    expect(
      effects.shipments.map(({ shipmentNo, how, lines }) => [shipmentNo, how.warehouseId, lines]),
    ).toEqual(expected);
    const [node] = effects.nodes;
    expect(node).toMatchObject({ to: 'awaiting_shipment', set: { dispatch: 'done' } });
    expect(node?.set.shipmentsMade).toBe(leaf.shipmentsMade + expected.length);
    for (const [, , lines] of expected)
      for (const { lineNo, quantity } of lines)
        expect(node?.set.progress?.[lineNo]?.planned).toBe((leaf.progress[lineNo]?.planned ?? 0) + quantity);
  });

  test.each([
    ['it was done', { dispatch: 'done' }],
    ['the merchant ships', { dispatch: 'merchant' }],
    ['it is not reviewed', { review: 'pending' }],
    ['it is held', { review: 'held' }],
    ['a request to stop is open', { cancellationNo: 'X' }],
    ['it is not paid', { state: 'awaiting_payment' }],
    ['it has left', { state: 'awaiting_receipt' }],
    ['it was cancelled', { state: 'cancelled' }],
  ] as const)('nothing to do: %s', (_name, changes) => {
    const { verdict, effects } = planned(leafWith(changes));
    expect(verdict).toMatchObject({ result: 'refused', code: 'nothing_to_dispatch' });
    expect(effects).toEqual(noEffects());
  });
});

describe('FU-3 FU-4 the merchant ships what no warehouse sends', () => {
  const parcel = { carrier: 'shunfeng', trackingNo: 'SF1' };
  const byHand = (changes: Partial<OrderNode> = {}) => leafWith({ dispatch: 'merchant', ...changes });
  const inWarehouses = { dispatch: 'done', progress: { 1: { planned: 2 }, 2: { planned: 1 } } } as const;

  test.each([
    ['all of it', byHand(), undefined, pieces([1, 2], [2, 1], [3, 1]), 'awaiting_receipt'],
    ['part of it', byHand(), pieces([1, 1]), pieces([1, 1]), 'awaiting_shipment'],
    [
      'what is left of it',
      byHand({ progress: { 1: { shipped: 2 } } }),
      undefined,
      pieces([2, 1], [3, 1]),
      'awaiting_receipt',
    ],
    ['what the warehouses do not send', byHand(inWarehouses), undefined, pieces([3, 1]), 'awaiting_shipment'],
    [
      'what a warehouse refused',
      leafWith({ dispatch: 'done', progress: { 1: { byHand: true }, 2: { shipped: 1 }, 3: { shipped: 1 } } }),
      undefined,
      pieces([1, 2]),
      'awaiting_receipt',
    ],
  ] as const)('%s', (_name, leaf, lines, sent, to) => {
    const { effects } = ship(leaf, { ...parcel, ...(lines ? { lines } : {}) }, AT);
    expect(effects.shipments).toMatchObject([
      { shipmentNo: 'NS1', lines: sent, how: { stage: 'handed_over', warehouseId: null, partOf: null } },
    ]);
    expect(effects.nodes).toMatchObject([{ to, set: { shipmentsMade: 1 } }]);
    for (const { lineNo, quantity } of sent)
      expect(effects.nodes[0]?.set.progress?.[lineNo]?.shipped).toBe(quantity);
    expect(effects.notices).toMatchObject([{ event: 'shipped:NS1', recipient: 'buyer:B' }]);
  });

  test.each([
    ['it is not paid', byHand({ state: 'awaiting_payment' }), undefined, 'not_awaiting_shipment'],
    ['all has left', byHand({ state: 'awaiting_receipt' }), undefined, 'not_awaiting_shipment'],
    ['it is not reviewed', byHand({ review: 'pending' }), undefined, 'not_reviewed'],
    ['a request to stop is open', byHand({ cancellationNo: 'X' }), undefined, 'cancellation_open'],
    ['it is to be dispatched', leafWith(), undefined, 'warehouse_ships'],
    ['all lies in warehouses', aLeaf(LINES.slice(0, 2), inWarehouses), undefined, 'warehouse_ships'],
    ['more than is open', byHand(), pieces([1, 3]), 'more_than_open'],
    ['what lies in a warehouse', byHand(inWarehouses), pieces([1, 1]), 'more_than_open'],
    ['a line twice', byHand(), pieces([1, 1], [1, 1]), 'more_than_open'],
    ['no piece', byHand(), pieces([1, 0]), 'more_than_open'],
  ] as const)('refused: %s', (_name, leaf, lines, code) => {
    const { verdict, effects } = ship(leaf, { ...parcel, ...(lines ? { lines } : {}) }, AT);
    expect(verdict).toMatchObject({ result: 'refused', code });
    expect(effects).toEqual(noEffects());
  });
});
