import { describe, expect, test } from 'vitest';
import { AT, aLeaf, aLine, aShipment, pieces, tasksDone } from '../../../test/support/leaves.ts';
import { IN_WAREHOUSE, SHIPMENT_STAGES, type ShipmentStage } from '../../fulfilment/stages.ts';
import { type Effects, noEffects } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import type { Leaving } from './leave.ts';
import { type ShipmentRow, takeWarehouseReport, type WarehouseReport } from './warehouse.ts';

/** Two pieces of line 1 and one of line 2, all in shipment NS1; line 3 is the merchant's to ship. */
const LINES = [aLine(1, { quantity: 2 }), aLine(2), aLine(3, { warehouseId: 'W0' })];
const INSIDE = pieces([1, 2], [2, 1]);
const ENDED = ['handed_over', 'refused', 'cancelled'] as const;
const inWarehouse: readonly ShipmentStage[] = IN_WAREHOUSE;
const OPEN = ['planned', ...IN_WAREHOUSE] as const;

const leafWith = (changes: Partial<OrderNode> = {}): OrderNode =>
  aLeaf(LINES, {
    ...{ dispatch: 'done', shipmentsMade: 1 },
    progress: { 1: { planned: 2 }, 2: { planned: 1 } },
    ...changes,
  });

const parcel = (trackingNo: string, ...counts: [number, number][]): Leaving => ({
  ...{ carrier: 'shunfeng', trackingNo, weightGrams: 500 },
  lines: pieces(...counts),
});

function report(
  stage: ShipmentStage,
  what: { parcels: Leaving[] } | { instead: string | null },
  {
    leaf = leafWith(),
    rows = [aShipment('NS1', stage, INSIDE)],
  }: { leaf?: OrderNode; rows?: ShipmentRow[] } = {},
): Effects {
  const told: WarehouseReport =
    'parcels' in what
      ? { shipmentNo: 'NS1', what: 'handed_over', ...what }
      : { shipmentNo: 'NS1', what: 'refused', code: 'S003', message: 'no stock' };
  const instead = 'instead' in what ? what.instead : null;
  const decision = takeWarehouseReport({ leaf, shipments: rows, report: told, instead, cause: 'R', at: AT });
  expect(decision.verdict).toEqual({ result: 'accepted' });
  return decision.effects;
}

const events = ({ notices }: Effects) => notices.map(({ event, recipient }) => [event, recipient]);
const all = parcel('SF1', [1, 2], [2, 1]);

describe('FU-2 FU-4 parcels have left', () => {
  describe.each(SHIPMENT_STAGES)('a shipment that is %s', (stage) => {
    const isExpected = inWarehouse.includes(stage);
    const differs = [
      {
        ...{ workItemId: 'warehouse-NS1-differs', kind: 'warehouse_differs', orderNo: 'N' },
        reason: `the warehouse says that NS1 has left; here it is ${stage}, and the order awaiting_shipment`,
        ...{ ownerRole: 'operations', waysOut: ['compare_books'] },
      },
    ];

    test('all of it in one parcel ends it under its own number', () => {
      const effects = report(stage, { parcels: [all] });
      if (!isExpected) return expect(effects).toEqual({ ...noEffects(), workItems: differs });
      const { lines: _, ...sent } = all;
      expect(effects.shipments).toEqual([]);
      expect(effects.shipmentChanges).toEqual([
        { shipmentNo: 'NS1', from: [stage], to: 'handed_over', parcel: sent, without: [] },
      ]);
      // Line 3 is still here: the order waits for it.
      expect(effects.nodes).toMatchObject([
        {
          to: 'awaiting_shipment',
          set: {
            ...{ shipmentsMade: 1 },
            progress: { 1: { planned: 0, shipped: 2 }, 2: { planned: 0, shipped: 1 } },
          },
        },
      ]);
      expect(effects.nodes[0]?.set.autoReceiptAt).toBeUndefined();
      expect(events(effects)).toEqual([['shipped:NS1', 'buyer:B']]);
      expect(effects.workItems).toEqual([]);
    });

    test('part of it becomes a parcel of its own, the rest stays where it is', () => {
      const effects = report(stage, { parcels: [parcel('SF1', [1, 1])] });
      if (!isExpected) return expect(effects).toEqual({ ...noEffects(), workItems: differs });
      expect(effects.shipments).toEqual([
        {
          ...{ shipmentNo: 'NS2', orderNo: 'N', rootNo: 'N', lines: pieces([1, 1]) },
          how: {
            ...{ stage: 'handed_over', carrier: 'shunfeng', trackingNo: 'SF1', weightGrams: 500 },
            ...{ warehouseId: 'W1', partOf: 'NS1' },
          },
        },
      ]);
      expect(effects.shipmentChanges).toEqual([
        { shipmentNo: 'NS1', from: [stage], to: stage, without: pieces([1, 1]) },
      ]);
      expect(effects.nodes).toMatchObject([
        {
          to: 'awaiting_shipment',
          set: { shipmentsMade: 2, progress: { 1: { planned: 1, shipped: 1 }, 2: { planned: 1 } } },
        },
      ]);
      expect(events(effects)).toEqual([['shipped:NS2', 'buyer:B']]);
    });

    test('all of it in several parcels: the last ends it, those before are set apart', () => {
      const parcels = [parcel('SF1', [1, 1]), parcel('SF2', [2, 1]), parcel('SF3', [1, 1])];
      const effects = report(stage, { parcels });
      if (!isExpected) return expect(effects).toEqual({ ...noEffects(), workItems: differs });
      expect(effects.shipments.map(({ shipmentNo, lines }) => [shipmentNo, lines])).toEqual([
        ['NS2', pieces([1, 1])],
        ['NS3', pieces([2, 1])],
      ]);
      expect(effects.shipmentChanges).toMatchObject([
        { to: 'handed_over', parcel: { trackingNo: 'SF3' }, without: pieces([1, 1], [2, 1]) },
      ]);
      expect(effects.nodes[0]?.set.shipmentsMade).toBe(3);
      expect(events(effects).map(([event]) => event)).toEqual(['shipped:NS2', 'shipped:NS3', 'shipped:NS1']);
    });

    test.each([
      ['more than is in it', parcel('SF1', [1, 3])],
      ['a line that is not in it', parcel('SF1', [1, 1], [3, 1])],
      ['nothing of a line', parcel('SF1', [1, 0], [2, 1])],
    ])('%s: a person compares the books', (_name, odd) => {
      expect(report(stage, { parcels: [odd] })).toEqual({ ...noEffects(), workItems: differs });
    });

    test('parcels that together are more than is in it', () => {
      const parcels = [parcel('SF1', [1, 2]), parcel('SF2', [1, 1])];
      expect(report(stage, { parcels })).toEqual({ ...noEffects(), workItems: differs });
    });

    test('a parcel that is known already changes nothing', () => {
      const known = { partOf: 'NS1', carrier: 'shunfeng', trackingNo: 'SF1' };
      const rows = [
        aShipment('NS1', stage, pieces([1, 1], [2, 1])),
        aShipment('NS2', 'handed_over', pieces([1, 1]), known),
      ];
      expect(report(stage, { parcels: [parcel('SF1', [1, 1])] }, { rows })).toEqual(noEffects());
    });

    test('a known and a new parcel: the new one alone is taken', () => {
      const rows = [
        aShipment('NS1', stage, pieces([1, 1], [2, 1])),
        aShipment('NS2', 'handed_over', pieces([1, 1]), {
          ...{ partOf: 'NS1', carrier: 'shunfeng', trackingNo: 'SF1' },
        }),
      ];
      const progress = { 1: { planned: 1, shipped: 1 }, 2: { planned: 1 } };
      const leaf = leafWith({ shipmentsMade: 2, progress });
      const parcels = [parcel('SF1', [1, 1]), parcel('SF2', [1, 1], [2, 1])];
      const effects = report(stage, { parcels }, { leaf, rows });
      if (!isExpected) return expect(effects).toEqual({ ...noEffects(), workItems: differs });
      expect(effects.shipments).toEqual([]);
      expect(effects.shipmentChanges).toMatchObject([{ to: 'handed_over', parcel: { trackingNo: 'SF2' } }]);
      expect(effects.nodes[0]?.set.progress).toEqual({
        1: { planned: 0, shipped: 2 },
        2: { planned: 0, shipped: 1 },
      });
    });

    test.each([
      ['the merchant’s', null],
      ['of another shipment', 'NS9'],
    ])('FU-4 a parcel of the same number that is %s is another one', (_name, partOf) => {
      const known = { partOf, carrier: 'shunfeng', trackingNo: 'SF1' };
      const rows = [
        aShipment('NS1', stage, INSIDE),
        aShipment('NS2', 'handed_over', pieces([3, 1]), { ...known, warehouseId: null }),
      ];
      const effects = report(stage, { parcels: [all] }, { rows });
      if (!isExpected) return expect(effects).toEqual({ ...noEffects(), workItems: differs });
      expect(effects.shipmentChanges).toMatchObject([
        { shipmentNo: 'NS1', to: 'handed_over', parcel: { trackingNo: 'SF1' } },
      ]);
    });
  });

  test('the parcel that ended the shipment is known by its own number', () => {
    const ended = aShipment('NS1', 'handed_over', INSIDE, { carrier: 'shunfeng', trackingNo: 'SF1' });
    expect(report('handed_over', { parcels: [all] }, { rows: [ended] })).toEqual(noEffects());
  });

  test.each([
    ['the last of the order', { 3: { shipped: 1 } }, 'awaiting_receipt'],
    ['what was left of it was taken back', { 3: { reversed: 1 } }, 'awaiting_receipt'],
    ['the merchant has pieces to ship', {}, 'awaiting_shipment'],
    ['another warehouse has pieces to send', { 3: { planned: 1 } }, 'awaiting_shipment'],
  ] as const)('FU-4 ST-3 %s', (_name, others, state) => {
    const leaf = leafWith({ progress: { 1: { planned: 2 }, 2: { planned: 1 }, ...others } });
    const { nodes, workItemsDone } = report('packed', { parcels: [all] }, { leaf });
    const [node] = nodes;
    expect(node?.to).toBe(state);
    // What people were to do about its shipments ends with the last parcel.
    expect(workItemsDone).toEqual(tasksDone(state === 'awaiting_receipt' ? ['NS1'] : [], 'shipped'));
    const clock = { shippedAt: AT, autoReceiptAt: new Date(AT.getTime() + 86_400_000) };
    if (state === 'awaiting_receipt') expect(node?.set).toMatchObject(clock);
    else expect(node?.set).not.toHaveProperty('autoReceiptAt');
  });

  test('ST-3 while a parcel is in trouble the clock is stopped before it starts', () => {
    const leaf = leafWith({
      holds: 1,
      progress: { 1: { planned: 2 }, 2: { planned: 1 }, 3: { shipped: 1 } },
    });
    const [node] = report('packed', { parcels: [all] }, { leaf }).nodes;
    expect(node?.set.clockLeftMs).toBe(86_400_000);
  });

  test('CN-3 what leaves while a request to stop it is open has left; the request stays open', () => {
    const effects = report('packed', { parcels: [all] }, { leaf: leafWith({ cancellationNo: 'X' }) });
    expect(effects.shipmentChanges).toMatchObject([{ to: 'handed_over' }]);
    expect(effects.nodes[0]?.set).not.toHaveProperty('cancellationNo');
    expect(effects.cancellationsDecided).toEqual([]);
  });

  test.each(['awaiting_receipt', 'completed', 'cancelled', 'closed'] as const)(
    'FU-2 of an order that is %s: a person compares the books',
    (state) => {
      const effects = report('packed', { parcels: [all] }, { leaf: leafWith({ state }) });
      expect(effects.workItems).toMatchObject([{ kind: 'warehouse_differs' }]);
      expect({ ...effects, workItems: [] }).toEqual(noEffects());
    },
  );

  test('a shipment that the leaf does not have is refused', () => {
    const told = { shipmentNo: 'NS9', what: 'handed_over', parcels: [all] } as const;
    const input = { leaf: leafWith(), shipments: [], report: told, instead: null, cause: 'R', at: AT };
    expect(takeWarehouseReport(input).verdict).toMatchObject({ result: 'refused', code: 'not_found' });
  });
});

describe('FU-2 the warehouse will not send it', () => {
  describe.each(OPEN)('a shipment that is %s', (stage) => {
    const change = [{ shipmentNo: 'NS1', from: [stage], to: 'refused' }];

    test('another warehouse takes over, with the stock', () => {
      const effects = report(stage, { instead: 'W2' });
      expect(effects.shipmentChanges).toEqual(change);
      const of = { orderNo: 'N', cause: 'reassign', reservedDelta: 0, ref: 'R' };
      expect(effects.stock).toEqual([
        { ...of, skuId: 'K1', warehouseId: 'W1', onHandDelta: 2 },
        { ...of, skuId: 'K1', warehouseId: 'W2', onHandDelta: -2 },
        { ...of, skuId: 'K2', warehouseId: 'W1', onHandDelta: 1 },
        { ...of, skuId: 'K2', warehouseId: 'W2', onHandDelta: -1 },
      ]);
      expect(effects.nodes).toMatchObject([
        {
          to: 'awaiting_shipment',
          set: {
            dispatch: 'due',
            progress: { 1: { planned: 0, warehouseId: 'W2' }, 2: { planned: 0, warehouseId: 'W2' } },
          },
        },
      ]);
      expect(events(effects)).toEqual([['warehouse_replaced:NS1', 'merchant:M']]);
      expect(effects.workItems).toEqual([]);
    });

    test('nowhere else: it becomes the merchant’s task, the stock stays sold', () => {
      const effects = report(stage, { instead: null });
      expect(effects.shipmentChanges).toEqual(change);
      expect(effects.nodes.map(({ to, set }) => [to, set])).toEqual([
        [
          'awaiting_shipment',
          { progress: { 1: { planned: 0, byHand: true }, 2: { planned: 0, byHand: true } } },
        ],
      ]);
      expect(effects.workItems).toEqual([
        {
          ...{ workItemId: 'warehouse-NS1-refused', kind: 'warehouse_refused', orderNo: 'N' },
          reason: 'the warehouse does not send NS1: S003 no stock',
          ...{ ownerRole: 'merchant', waysOut: ['ship_by_hand', 'refund_lines'] },
        },
      ]);
      expect(events(effects)).toEqual([['warehouse_refused:NS1', 'merchant:M']]);
      expect(effects.stock).toEqual([]);
    });

    test.each(['W2', null])(
      'CN-2 during a request to stop nothing is planned anew (instead: %s)',
      (instead) => {
        const effects = report(stage, { instead }, { leaf: leafWith({ cancellationNo: 'X' }) });
        expect(effects.shipmentChanges).toEqual(change);
        expect(effects.nodes.map(({ set }) => set)).toEqual([
          { progress: { 1: { planned: 0 }, 2: { planned: 0 } } },
        ]);
        expect({ ...effects, shipmentChanges: [], nodes: [] }).toEqual(noEffects());
      },
    );

    test.each(['awaiting_receipt', 'completed', 'cancelled', 'closed'] as const)(
      'of an order that is %s: the shipment ends, and nothing else',
      (state) => {
        for (const instead of ['W2', null]) {
          const effects = report(stage, { instead }, { leaf: leafWith({ state }) });
          expect(effects).toEqual({ ...noEffects(), shipmentChanges: change });
        }
      },
    );
  });

  test.each(ENDED)('a shipment that is %s: said before, nothing changes', (stage) => {
    expect(report(stage, { instead: 'W2' })).toEqual(noEffects());
  });

  test('what had left of it stays shipped; the rest alone goes to the other warehouse', () => {
    const rows = [
      aShipment('NS1', 'packed', pieces([1, 1], [2, 0])),
      aShipment('NS2', 'handed_over', pieces([1, 1], [2, 1])),
    ];
    const leaf = leafWith({ progress: { 1: { planned: 1, shipped: 1 }, 2: { planned: 0, shipped: 1 } } });
    const effects = report('packed', { instead: 'W2' }, { leaf, rows });
    expect(effects.stock.map(({ skuId, onHandDelta }) => [skuId, onHandDelta])).toEqual([
      ['K1', 1],
      ['K1', -1],
    ]);
    expect(effects.nodes[0]?.set.progress).toEqual({
      1: { planned: 0, shipped: 1, warehouseId: 'W2' },
      2: { planned: 0, shipped: 1 },
    });
  });

  test('a second replacement moves the stock on from where it is', () => {
    const progress = { 1: { planned: 2, warehouseId: 'W2' }, 2: { planned: 1, warehouseId: 'W2' } };
    const effects = report('accepted', { instead: 'W3' }, { leaf: leafWith({ progress }) });
    expect(effects.stock.map(({ warehouseId, onHandDelta }) => [warehouseId, onHandDelta])).toEqual([
      ['W2', 2],
      ['W3', -2],
      ['W2', 1],
      ['W3', -1],
    ]);
  });
});
