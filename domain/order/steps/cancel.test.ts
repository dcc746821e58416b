import { describe, expect, test } from 'vitest';
import {
  AT,
  aCancellation,
  aLeaf,
  aLine,
  aShipment,
  paidAlone,
  pieces,
  tasksDone,
} from '../../../test/support/leaves.ts';
import { IN_WAREHOUSE } from '../../fulfilment/stages.ts';
import type { LineQuantity } from '../cancellation.ts';
import { type Decision, type Effects, noEffects } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { answerCancel, type CancelAnswer } from './answer-cancel.ts';
import { askCancel, type CancelCommand, decideCancel, type StopAnswers } from './cancel.ts';
import type { Cancellation } from './conclude-cancel.ts';
import type { ShipmentRow } from './warehouse.ts';

/** Two pieces of line 1 and one of line 2, 100.00 each. */
const LINES = [aLine(1, { quantity: 2 }), aLine(2)];
const ALL = pieces([1, 2], [2, 1]);
const DAY_MS = 86_400_000;

const leafWith = (changes: Partial<OrderNode> = {}): OrderNode => aLeaf(LINES, changes);
/** Both lines in one shipment of W1. */
const inOne = (changes: Partial<OrderNode> = {}): OrderNode =>
  leafWith({
    ...{ dispatch: 'done', shipmentsMade: 1, progress: { 1: { planned: 2 }, 2: { planned: 1 } } },
    ...changes,
  });

function ask(
  leaf: OrderNode,
  shipments: readonly ShipmentRow[] = [],
  changes: Partial<CancelCommand> = {},
): Decision {
  const command = { reason: 'test', lines: null, askedBy: 'buyer' as const, missing: false, ...changes };
  return askCancel({ leaf, shipments, ...paidAlone(leaf), command, cancellationNo: 'X', at: AT });
}

function decide(
  leaf: OrderNode,
  shipments: readonly ShipmentRow[],
  answers: StopAnswers['shipments'],
  changes: Partial<Cancellation> = {},
): Decision {
  const shipmentNos = Object.keys(answers);
  const cancellation = aCancellation({ shipmentNos, ...changes });
  const asked = { ...leaf, cancellationNo: 'X' };
  return decideCancel({
    ...{ leaf: asked, shipments, ...paidAlone(leaf), cancellation, at: AT },
    answers: { shipments: answers },
  });
}

const refused = (code: string) => ({ result: 'refused', code });
const nodeOf = ({ effects }: Decision) => effects.nodes.find(({ orderNo }) => orderNo === 'N');
const takenBack = ({ reversals }: Effects): LineQuantity[] =>
  reversals.map(({ lineNo, quantity }) => ({ lineNo, quantity }));
const returned = ({ stock }: Effects) =>
  stock.map(({ skuId, warehouseId, cause, onHandDelta }) => [skuId, warehouseId, cause, onHandDelta]);
const amounts = ({ refunds }: Effects) => refunds.map(({ amountFen }) => amountFen);

describe('CN-2 where nothing can be stopped', () => {
  test.each(['awaiting_payment', 'awaiting_receipt', 'completed', 'cancelled', 'closed', 'split'] as const)(
    '%s: refused',
    (state) => {
      const decision = ask(leafWith({ state }));
      expect(decision.verdict).toMatchObject(refused('not_awaiting_shipment'));
      expect(decision.effects).toEqual(noEffects());
    },
  );

  test('one request at a time', () => {
    expect(ask(leafWith({ cancellationNo: 'Y' })).verdict).toMatchObject(refused('cancellation_open'));
  });

  test.each([
    ['more than was bought', pieces([1, 3]), {}],
    ['a line it does not have', pieces([9, 1]), {}],
    ['no piece', pieces([1, 0]), {}],
    ['a line twice', pieces([1, 1], [1, 1]), {}],
    ['what has left', pieces([2, 1]), { 2: { shipped: 1 } }],
    ['what was taken back', pieces([1, 2]), { 1: { reversed: 1 } }],
  ])('%s: refused', (_name, lines, progress) => {
    const { verdict } = ask(leafWith({ progress }), [], { lines });
    expect(verdict).toMatchObject(refused('more_than_open'));
  });
});

describe('CN-2 decision-24 who is asked where no warehouse has it', () => {
  test.each([
    ['merchant', 'confirmed', 'buyer', 'asked'],
    ['merchant', 'confirmed', 'platform', 'asked'],
    ['merchant', 'confirmed', 'merchant', 'agreed'],
    ['merchant', 'pending', 'buyer', 'agreed'],
    ['merchant', 'held', 'buyer', 'agreed'],
    ['merchant', 'correction_asked', 'platform', 'agreed'],
    ['due', 'confirmed', 'buyer', 'agreed'],
    ['due', 'pending', 'buyer', 'agreed'],
    ['due', 'confirmed', 'merchant', 'agreed'],
    // What no warehouse sends is the merchant's, also where others are told of the rest.
    ['done', 'confirmed', 'buyer', 'asked'],
    ['done', 'confirmed', 'platform', 'asked'],
    ['done', 'confirmed', 'merchant', 'agreed'],
    ['done', 'held', 'buyer', 'agreed'],
  ] as const)('shipped by: %s, review %s, asked by the %s: %s', (dispatch, review, askedBy, outcome) => {
    const decision = ask(leafWith({ dispatch, review }), [], { askedBy });
    const { effects } = decision;
    expect(decision.verdict).toEqual({ result: 'accepted' });
    expect(decision.toDo).toBeUndefined();
    const row = {
      ...{ cancellationNo: 'X', orderNo: 'N', askedBy, reason: 'test', lines: null, missing: false },
      shipmentNos: [],
    };
    if (outcome === 'asked') {
      const answerDueAt = new Date(AT.getTime() + DAY_MS);
      expect(effects.cancellations).toEqual([{ ...row, state: 'asking', answerDueAt }]);
      expect(nodeOf(decision)).toMatchObject({
        to: 'awaiting_shipment',
        set: { cancellationNo: 'X', cancellationDueAt: answerDueAt },
      });
      expect([effects.reversals, effects.refunds, effects.stock]).toEqual([[], [], []]);
      expect(effects.notices).toMatchObject([{ event: 'cancel_asked:X', recipient: 'merchant:M' }]);
      return;
    }
    expect(effects.cancellations).toEqual([{ ...row, state: 'agreed', answerDueAt: null }]);
    expect(takenBack(effects)).toEqual(ALL);
    expect(amounts(effects)).toEqual([30_000n]);
    expect(returned(effects)).toEqual([
      ['K1', 'W1', 'return', 2],
      ['K2', 'W1', 'return', 1],
    ]);
    expect(nodeOf(decision)).toMatchObject({
      to: 'cancelled',
      set: { cancellationNo: '', endedAt: AT, endReason: 'test', givenBackFen: 30_000n },
    });
  });
});

describe('CN-2 FU-5 what a shipment’s stage makes of a request', () => {
  test.each([
    ['all', null],
    ['a piece', pieces([1, 1])],
  ])('planned and not told: stopped at once (%s)', (_name, lines) => {
    const decision = ask(inOne(), [aShipment('NS1', 'planned', ALL)], { lines });
    const { effects } = decision;
    expect(effects.shipmentChanges).toEqual([{ shipmentNo: 'NS1', from: ['planned'], to: 'cancelled' }]);
    expect(effects.cancellations).toMatchObject([{ state: 'agreed', shipmentNos: [] }]);
    expect(takenBack(effects)).toEqual(lines ?? ALL);
    if (!lines) return expect(nodeOf(decision)?.to).toBe('cancelled');
    // What nobody asked for is sent anew.
    expect(nodeOf(decision)).toMatchObject({
      to: 'awaiting_shipment',
      set: {
        dispatch: 'due',
        cancellationNo: '',
        progress: { 1: { planned: 0, reversed: 1 }, 2: { planned: 0 } },
      },
    });
  });

  describe.each(IN_WAREHOUSE)('%s: the warehouse is asked, outbound waits', (stage) => {
    test.each(['buyer', 'merchant', 'platform'] as const)('whoever asks: the %s', (askedBy) => {
      const decision = ask(inOne(), [aShipment('NS1', stage, ALL)], { askedBy });
      const { effects } = decision;
      expect(decision.toDo).toEqual({ stop: { cancellationNo: 'X', shipmentNos: ['NS1'] } });
      expect(effects.cancellations).toMatchObject([
        { state: 'asking', shipmentNos: ['NS1'], answerDueAt: null },
      ]);
      expect(nodeOf(decision)).toMatchObject({ to: 'awaiting_shipment', set: { cancellationNo: 'X' } });
      expect(nodeOf(decision)?.set).not.toHaveProperty('cancellationDueAt');
      expect(effects.shipmentChanges).toEqual([]);
      expect(effects.refunds).toEqual([]);
    });
  });

  test.each(['refused', 'cancelled'] as const)('%s: its pieces are here, agreed at once', (stage) => {
    const { effects } = ask(inOne({ dispatch: 'due', progress: {} }), [aShipment('NS1', stage, ALL)]);
    expect(effects.shipmentChanges).toEqual([]);
    expect(effects.cancellations).toMatchObject([{ state: 'agreed' }]);
    expect(takenBack(effects)).toEqual(ALL);
  });

  test('CN-5 part has left, the rest is nobody’s: agreed in part, and the order awaits receipt', () => {
    const leaf = inOne({ dispatch: 'due', progress: { 1: { shipped: 2 } } });
    const decision = ask(leaf, [aShipment('NS1', 'handed_over', pieces([1, 2]))]);
    expect(decision.effects.cancellations).toMatchObject([{ state: 'partly_agreed' }]);
    expect(takenBack(decision.effects)).toEqual(pieces([2, 1]));
    expect(nodeOf(decision)).toMatchObject({
      to: 'awaiting_receipt',
      set: { autoReceiptAt: new Date(AT.getTime() + DAY_MS) },
    });
  });

  describe('decision-24 line 1 lies in a warehouse, line 2 was refused by one and is the merchant’s', () => {
    const progress = { 1: { planned: 2 }, 2: { planned: 0, byHand: true } };
    const leaf = inOne({ shipmentsMade: 2, progress });
    const rows = (stage: ShipmentRow['stage']) => [
      aShipment('NS1', stage, pieces([1, 2])),
      aShipment('NS2', 'refused', pieces([2, 1])),
    ];
    const answerDueAt = new Date(AT.getTime() + DAY_MS);

    test.each([
      ['the merchant’s', pieces([2, 1]), [], pieces([1, 2])],
      ['both: what was not told is stopped at once', null, ['NS1'], []],
    ])('asked for: %s', (_name, lines, stopped, planned) => {
      const decision = ask(leaf, rows('planned'), { lines });
      const { effects } = decision;
      expect(decision.toDo).toBeUndefined();
      expect(effects.cancellations).toMatchObject([{ state: 'asking', shipmentNos: [], answerDueAt }]);
      expect(effects.shipmentChanges.map(({ shipmentNo }) => shipmentNo)).toEqual(stopped);
      expect(nodeOf(decision)).toMatchObject({
        to: 'awaiting_shipment',
        set: { cancellationDueAt: answerDueAt, progress: { 1: { planned: planned[0]?.quantity ?? 0 } } },
      });
      expect(effects.refunds).toEqual([]);
    });

    test('asked for: what lies in the warehouse; the merchant has no say in it', () => {
      const decision = ask(leaf, rows('planned'), { lines: pieces([1, 2]) });
      expect(decision.effects.cancellations).toMatchObject([{ state: 'agreed', answerDueAt: null }]);
      expect(takenBack(decision.effects)).toEqual(pieces([1, 2]));
      // Line 2 stays the merchant's: no warehouse is told of it again.
      expect(nodeOf(decision)).toMatchObject({ to: 'awaiting_shipment', set: { cancellationNo: '' } });
      expect(nodeOf(decision)?.set).not.toHaveProperty('dispatch');
      expect(decision.effects.workItemsDone).toEqual([]);
    });

    test('asked for by the merchant: its last piece ends the task', () => {
      const gone = { ...leaf, progress: { ...progress, 1: { shipped: 2 } } };
      const decision = ask(gone, rows('handed_over'), { askedBy: 'merchant', lines: pieces([2, 1]) });
      expect(nodeOf(decision)?.to).toBe('awaiting_receipt');
      expect(decision.effects.workItemsDone).toEqual(tasksDone(['NS1', 'NS2'], 'shipped'));
    });
  });

  const two = [aShipment('NS1', 'planned', pieces([1, 2])), aShipment('NS2', 'packed', pieces([2, 1]))];

  test('of several shipments what was told is asked about, what was not is stopped', () => {
    const decision = ask(inOne({ shipmentsMade: 2 }), two);
    expect(decision.effects.shipmentChanges).toMatchObject([{ shipmentNo: 'NS1', to: 'cancelled' }]);
    expect(decision.toDo?.stop?.shipmentNos).toEqual(['NS2']);
    expect(nodeOf(decision)?.set.progress).toEqual({ 1: { planned: 0 }, 2: { planned: 1 } });
    expect(decision.effects.refunds).toEqual([]);
  });

  test.each([
    ['the planned one', pieces([1, 1]), undefined, ['NS1'], 'agreed'],
    ['the one in the warehouse', pieces([2, 1]), ['NS2'], [], 'asking'],
  ])('lines touch only the shipments they lie in: %s', (_name, lines, asked, stopped, state) => {
    const { effects, toDo } = ask(inOne({ shipmentsMade: 2 }), two, { lines });
    expect(toDo?.stop?.shipmentNos).toEqual(asked);
    expect(effects.shipmentChanges.map(({ shipmentNo }) => shipmentNo)).toEqual(stopped);
    expect(effects.cancellations).toMatchObject([{ state }]);
  });

  test('a shipment whose pieces of the line have left is not touched', () => {
    const rows = [aShipment('NS1', 'packed', pieces([1, 0], [2, 1]))];
    const leaf = inOne({ progress: { 2: { planned: 1 } } });
    expect(ask(leaf, rows, { lines: pieces([1, 1]) }).toDo).toBeUndefined();
  });

  test('FU-5 what is missing comes back and is written off at once', () => {
    const { effects } = ask(inOne({ progress: {} }), [], {
      ...{ askedBy: 'merchant', missing: true, lines: pieces([1, 1]) },
    });
    expect(returned(effects)).toEqual([
      ['K1', 'W1', 'return', 1],
      ['K1', 'W1', 'shortage', -1],
    ]);
    expect(amounts(effects)).toEqual([10_000n]);
  });

  test('pieces that another warehouse took over go back there', () => {
    const progress = { 1: { warehouseId: 'W2' }, 2: { warehouseId: 'W3' } };
    expect(returned(ask(inOne({ dispatch: 'due', progress })).effects)).toEqual([
      ['K1', 'W2', 'return', 2],
      ['K2', 'W3', 'return', 1],
    ]);
  });
});

describe('CN-3 CN-4 CN-5 what the answers decide', () => {
  const one = [aShipment('NS1', 'packed', ALL)];
  const apart = [aShipment('NS1', 'packed', pieces([1, 2])), aShipment('NS2', 'packed', pieces([2, 1]))];
  const left = { carrier: 'shunfeng', trackingNo: 'SF1' };

  test.each([
    [
      'all stopped',
      apart,
      { NS1: 'stopped', NS2: 'stopped' },
      null,
      'agreed',
      ALL,
      ['NS1', 'NS2'],
      'cancelled',
    ],
    [
      ...(['one of two', apart, { NS1: 'stopped', NS2: 'left' }, null] as const),
      ...(['partly_agreed', pieces([1, 2]), ['NS1'], 'awaiting_shipment'] as const),
    ],
    ['none', apart, { NS1: 'left', NS2: 'left' }, null, 'refused', [], [], 'awaiting_shipment'],
    [
      ...(['a line, stopped', apart, { NS2: 'stopped' }, pieces([2, 1])] as const),
      ...(['agreed', pieces([2, 1]), ['NS2'], 'awaiting_shipment'] as const),
    ],
    ['a line that left', apart, { NS2: 'left' }, pieces([2, 1]), 'refused', [], [], 'awaiting_shipment'],
    [
      ...(['a piece out of a shipment', one, { NS1: 'stopped' }, pieces([1, 1])] as const),
      ...(['agreed', pieces([1, 1]), ['NS1'], 'awaiting_shipment'] as const),
    ],
    [
      ...(['lines, one of which left', apart, { NS1: 'left', NS2: 'stopped' }, ALL] as const),
      ...(['partly_agreed', pieces([2, 1]), ['NS2'], 'awaiting_shipment'] as const),
    ],
  ] as const)('%s', (_name, rows, answers, lines, state, back, stopped, to) => {
    const decision = decide(inOne({ shipmentsMade: 2 }), rows, answers, { lines });
    const { effects } = decision;
    expect(effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state }]);
    expect(takenBack(effects)).toEqual(back);
    expect(effects.shipmentChanges).toEqual(
      stopped.map((shipmentNo) => ({ shipmentNo, from: ['packed'], to: 'cancelled' })),
    );
    expect(nodeOf(decision)).toMatchObject({ to, set: { cancellationNo: '' } });
    expect(amounts(effects)).toEqual(
      back.length > 0 ? [back.reduce((sum, { quantity }) => sum + BigInt(quantity) * 10_000n, 0n)] : [],
    );
    expect(effects.stock.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0)).toBe(
      back.reduce((sum, { quantity }) => sum + quantity, 0),
    );
    // With nothing left to send, what people were to do about its shipments is done.
    expect(effects.workItemsDone).toEqual([
      ...tasksDone(to === 'cancelled' ? ['NS1', 'NS2'] : [], 'cancelled'),
      { workItemId: 'cancel-X', outcome: state },
    ]);
    expect(effects.notices.filter(({ event }) => event === `cancel_${state}:X`)).toHaveLength(2);
    // What was stopped and is kept is dispatched anew.
    const lying = rows.filter(({ shipmentNo }) => (stopped as readonly string[]).includes(shipmentNo));
    const freed = lying.flatMap((row) => row.lines).reduce((sum, { quantity }) => sum + quantity, 0);
    const isRedone = freed > back.reduce((sum, { quantity }) => sum + quantity, 0);
    expect(nodeOf(decision)?.set.dispatch).toBe(isRedone ? 'due' : undefined);
  });

  test.each([
    ['one of two', { NS1: 'stopped', NS2: 'unknown' }],
    ['no answer at all', {}],
  ] as const)('CN-4 nobody knows (%s): nothing moves, a person looks', (_name, answers) => {
    const decision = decide(inOne(), apart, answers, { shipmentNos: ['NS1', 'NS2'] });
    const { effects } = decision;
    expect(effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state: 'queued' }]);
    expect(effects.workItems).toMatchObject([
      {
        ...{ workItemId: 'cancel-X', kind: 'cancel_unanswered', orderNo: 'N' },
        ...{ ownerRole: 'customer_service', waysOut: ['stopped', 'left'] },
      },
    ]);
    expect(effects.notices).toMatchObject([{ event: 'cancel_queued:X', recipient: 'buyer:B' }]);
    expect([effects.nodes, effects.refunds, effects.shipmentChanges]).toEqual([[], [], []]);
  });

  test('CN-4 still nobody knows: refused, the queue has it already', () => {
    const decision = decide(inOne(), one, { NS1: 'unknown' }, { state: 'queued' });
    expect(decision.verdict).toMatchObject(refused('warehouse_unknown'));
  });

  test.each([
    ['left', 'handed_over', { 1: { shipped: 2 }, 2: { shipped: 1 } }, 'refused', []],
    ['is refused by its warehouse', 'refused', {}, 'agreed', ALL],
    ['was stopped', 'cancelled', {}, 'agreed', ALL],
  ] as const)('CN-3 the row has the last word: what %s meanwhile', (_name, stage, progress, state, back) => {
    const ended = stage === 'handed_over' ? ({ state: 'awaiting_receipt' } as const) : {};
    const rows = [aShipment('NS1', stage, ALL, stage === 'handed_over' ? left : {})];
    const { effects } = decide(inOne({ progress, ...ended }), rows, { NS1: 'unknown' });
    expect(effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state }]);
    expect(takenBack(effects)).toEqual(back);
    expect(effects.shipmentChanges).toEqual([]);
  });

  test('CN-5 part left before the answer: the rest is taken back, and the order awaits receipt', () => {
    const rows = [
      aShipment('NS1', 'packed', pieces([1, 1], [2, 1])),
      aShipment('NS2', 'handed_over', pieces([1, 1]), left),
    ];
    const leaf = inOne({ progress: { 1: { planned: 1, shipped: 1 }, 2: { planned: 1 } } });
    const decision = decide(leaf, rows, { NS1: 'stopped' });
    expect(decision.effects.cancellationsDecided).toMatchObject([{ state: 'partly_agreed' }]);
    expect(takenBack(decision.effects)).toEqual(pieces([1, 1], [2, 1]));
    expect(nodeOf(decision)?.to).toBe('awaiting_receipt');
  });

  test.each(['planned', 'pushing'] as const)(
    'CN-2 a shipment that is %s and was not asked about is told again: nobody told it while the request was open',
    (stage) => {
      const rows = [aShipment('NS1', 'packed', pieces([1, 2])), aShipment('NS2', stage, pieces([2, 1]))];
      const decision = decide(inOne(), rows, { NS1: 'stopped' }, { lines: pieces([1, 2]) });
      expect(decision.toDo).toEqual({ push: ['NS2'] });
    },
  );

  test('CN-2 a shipment that was asked about before its warehouse took it, and goes on, is told again', () => {
    const rows = [aShipment('NS1', 'pushing', pieces([1, 2])), aShipment('NS2', 'packed', pieces([2, 1]))];
    expect(decide(inOne(), rows, { NS1: 'left', NS2: 'stopped' }).toDo).toEqual({ push: ['NS1'] });
    expect(decide(inOne(), rows, { NS1: 'stopped', NS2: 'left' }).toDo).toBeUndefined();
  });

  test('FU-5 what the merchant sends in a warehouse’s stead is not dispatched anew', () => {
    const rows = [aShipment('NS1', 'packed', pieces([1, 2]))];
    const leaf = inOne({ progress: { 1: { planned: 2 }, 2: { byHand: true } } });
    const decision = decide(leaf, rows, { NS1: 'stopped' }, { lines: pieces([1, 2]) });
    expect(nodeOf(decision)).toMatchObject({ to: 'awaiting_shipment', set: { cancellationNo: '' } });
    expect(nodeOf(decision)?.set).not.toHaveProperty('dispatch');
  });

  test('what is in the warehouse is not told again', () => {
    expect(decide(inOne(), apart, { NS1: 'stopped' }, { lines: pieces([1, 2]) }).toDo).toBeUndefined();
  });

  test.each([
    ['none is open', { cancellationNo: null }, {}],
    ['another one is open', { cancellationNo: 'Y' }, {}],
    ['it has its answer', { cancellationNo: 'X' }, { state: 'agreed' }],
    ['the order has ended', { cancellationNo: 'X', state: 'completed' }, {}],
  ] as const)('no request to decide: %s', (_name, changes, row) => {
    const leaf = inOne(changes);
    const cancellation = aCancellation({ shipmentNos: ['NS1'], ...row });
    const answers = { shipments: { NS1: 'stopped' as const } };
    const decision = decideCancel({
      leaf,
      shipments: one,
      ...paidAlone(leaf),
      cancellation,
      answers,
      at: AT,
    });
    expect(decision.verdict).toMatchObject(refused('no_cancellation'));
  });
});

describe('CN-3 CN-4 decision-24 a person answers', () => {
  function answer(leaf: OrderNode, said: CancelAnswer, row: Partial<Cancellation> = {}): Decision {
    const shipments = (row.shipmentNos ?? []).map((shipmentNo) => aShipment(shipmentNo, 'packed', ALL));
    const asked = { ...leaf, cancellationNo: 'X' };
    const cancellation = aCancellation(row);
    return answerCancel({ leaf: asked, shipments, ...paidAlone(leaf), cancellation, answer: said, at: AT });
  }
  const queued = { shipmentNos: ['NS1'], state: 'queued' } as const;
  const proof = { by: 'merchant', answer: 'shipped', carrier: 'shunfeng', trackingNo: 'SF1' } as const;

  test('the merchant agrees: all of it goes back', () => {
    const decision = answer(leafWith(), { by: 'merchant', answer: 'agree' });
    expect(decision.effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state: 'agreed' }]);
    expect(amounts(decision.effects)).toEqual([30_000n]);
    expect(nodeOf(decision)?.to).toBe('cancelled');
  });

  test.each([
    ['all of it', null, {}, ALL, 'awaiting_receipt'],
    [
      'all that was asked for',
      pieces([1, 2]),
      { lines: pieces([1, 2]) },
      pieces([1, 2]),
      'awaiting_shipment',
    ],
  ])(
    'the merchant proves that it left (%s): refused, and shipped at once',
    (_name, asked, lines, sent, to) => {
      const decision = answer(leafWith(), { ...proof, ...lines }, { lines: asked });
      const { effects } = decision;
      expect(decision.toDo).toBeUndefined();
      expect(effects.shipments.map((shipment) => shipment.lines)).toEqual([sent]);
      expect(effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state: 'refused' }]);
      expect(nodeOf(decision)).toMatchObject({ to, set: { cancellationNo: '' } });
      expect(effects.refunds).toEqual([]);
      expect(effects.notices.filter(({ event }) => event === 'cancel_refused:X')).toHaveLength(2);
    },
  );

  test.each([
    ['a line of two', null, pieces([1, 2])],
    ['a piece of a line', pieces([1, 2]), pieces([1, 1])],
    ['a line that nobody asked about', pieces([1, 2]), pieces([2, 1])],
  ])('CN-5 the merchant proves that part of it left (%s): shipped, the rest stays asked for', (...row) => {
    const [, asked, lines] = row;
    const decision = answer(leafWith(), { ...proof, lines }, { lines: asked });
    const { effects } = decision;
    expect(effects.shipments.map((shipment) => shipment.lines)).toEqual([lines]);
    expect(nodeOf(decision)?.to).toBe('awaiting_shipment');
    expect(nodeOf(decision)?.set).not.toHaveProperty('cancellationNo');
    expect(effects.cancellationsDecided).toEqual([]);
    expect(effects.notices.map(({ event }) => event)).toEqual(['shipped:NS1']);
  });

  test.each(['planned', 'pushing'] as const)(
    'CN-2 the merchant’s proof ends the request: a shipment that is %s is told again',
    (stage) => {
      const leaf = inOne({ progress: { 1: { planned: 2 }, 2: { byHand: true } }, cancellationNo: 'X' });
      const decision = answerCancel({
        ...{ leaf, shipments: [aShipment('NS1', stage, pieces([1, 2]))], ...paidAlone(leaf), at: AT },
        ...{ cancellation: aCancellation({ lines: pieces([2, 1]) }), answer: proof },
      });
      expect(decision.effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state: 'refused' }]);
      expect(decision.toDo).toEqual({ push: ['NS1'] });
    },
  );

  test('FU-5 the merchant’s proof ends the request: what was stopped and stays is dispatched anew', () => {
    const leaf = inOne({ progress: { 1: { planned: 0 }, 2: { byHand: true } } });
    const decision = answer(leaf, { ...proof, lines: pieces([2, 1]) }, { lines: pieces([2, 1]) });
    expect(nodeOf(decision)).toMatchObject({
      to: 'awaiting_shipment',
      set: { dispatch: 'due', cancellationNo: '', progress: { 2: { shipped: 1 } } },
    });
  });

  test('a proof of more than there is is none', () => {
    const { verdict, effects } = answer(leafWith(), { ...proof, lines: pieces([1, 3]) });
    expect(verdict).toMatchObject(refused('more_than_open'));
    expect(effects).toEqual(noEffects());
  });

  test.each([
    ['stopped', 'agreed', 'cancelled'],
    ['left', 'refused', 'awaiting_shipment'],
  ] as const)('CN-4 the platform found out: %s', (said, state, to) => {
    const decision = answer(inOne(), { by: 'platform', answer: said }, queued);
    expect(decision.effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state }]);
    expect(decision.effects.workItemsDone).toEqual([
      ...tasksDone(to === 'cancelled' ? ['NS1'] : [], 'cancelled'),
      { workItemId: 'cancel-X', outcome: state },
    ]);
    expect(nodeOf(decision)?.to).toBe(to);
  });

  test.each([
    [
      'the warehouse is still being asked',
      inOne(),
      'platform',
      { ...queued, state: 'asking' },
      'warehouse_asked',
    ],
    ['the merchant is asked, not the platform', leafWith(), 'platform', {}, 'not_asked'],
    ['the warehouse is asked, not the merchant', inOne(), 'merchant', queued, 'not_asked'],
    ['it is another request', inOne(), 'platform', { ...queued, cancellationNo: 'Y' }, 'no_cancellation'],
  ] as const)('%s: refused', (_name, leaf, by, row, code) => {
    const said: CancelAnswer = by === 'platform' ? { by, answer: 'stopped' } : { by, answer: 'agree' };
    expect(answer(leaf, said, row).verdict).toMatchObject(refused(code));
  });
});

describe('decision-14 RF-5 what had left came back before, and the rest is stopped', () => {
  const freightFen = 600n;
  const lines = [aLine(1, { quantity: 2, payableFen: 20_600n, freightFen })];
  const came = { 1: { shipped: 1, reversed: 1, returned: 1, keptFen: 300 } };
  const leaf = aLeaf(lines, { progress: came, shipmentsMade: 1, givenBackFen: 10_000n });

  test.each([
    ['nobody is to be asked', () => ask({ ...leaf, review: 'pending' })],
    ['the merchant agrees', () => decide(leaf, [], {})],
  ])('%s: closed, and freight that the buyer bears is earned', (_name, end) => {
    const { effects } = end();
    expect(effects.refunds).toMatchObject([{ amountFen: 10_300n }]);
    expect(effects.nodes).toMatchObject([{ to: 'closed', set: { givenBackFen: 20_300n } }]);
    expect(effects.vouchers).toMatchObject([{ kind: 'receipt', postings: [{ amountFen: 300n }] }]);
    expect(effects.settlementLines).toMatchObject([{ baseFen: 300n, commissionFen: 0n }]);
  });
});
