import { describe, expect, test } from 'vitest';
import { AT, aLeaf, aLine, paidAlone, tasksDone } from '../../../test/support/leaves.ts';
import { type Decision, noEffects } from '../effects.ts';
import type { Contract, OrderNode } from '../node.ts';
import { receive } from './receive.ts';
import { refund } from './refund.ts';

/** Two pieces of line 1 and one of line 2, 100.00 each. */
const LINES = [aLine(1, { quantity: 2 }), aLine(2)];
const contract: Contract = { contractId: 'C', settleAfterSeconds: 86_400, commissionBps: { default: 500 } };
const leafWith = (changes: Partial<OrderNode> = {}): OrderNode => aLeaf(LINES, changes);
const received = { autoReceiptAt: AT, progress: { 1: { shipped: 2 }, 2: { shipped: 1 } } };

const giveBack = (leaf: OrderNode, amountFen: bigint | null): Decision =>
  refund({
    ...{ leaf, ...paidAlone(leaf), contract, cause: 'G', operator: 'platform:P', at: AT },
    command: { amountFen, reason: 'test' },
  });

const refused = (code: string) => ({ result: 'refused', code });

describe('PY-8 decision-14 all of a leaf’s money goes back', () => {
  test.each([
    ['a request to stop is open', { cancellationNo: 'X' }, 'cancellation_open'],
    ['all of it lies in a warehouse', { progress: { 1: { planned: 2 }, 2: { planned: 1 } } }, 'cancel_first'],
    ['a piece of it does', { progress: { 1: { planned: 1, shipped: 1 } } }, 'cancel_first'],
    ['a case is open', { ...received, state: 'awaiting_receipt', holds: 1 }, 'held'],
    ['a case is open after receipt', { ...received, state: 'completed', holds: 2 }, 'held'],
  ] as const)('%s: refused', (_name, changes, code) => {
    for (const amountFen of [null, 30_000n]) {
      const { verdict, effects } = giveBack(leafWith({ dispatch: 'done', ...changes }), amountFen);
      expect(verdict).toMatchObject(refused(code));
      expect(effects).toEqual(noEffects());
    }
  });

  test.each([
    ['in a warehouse', { dispatch: 'done', progress: { 1: { planned: 2 } } }],
    ['under a case', { ...received, state: 'awaiting_receipt', holds: 1 }],
  ] as const)('PY-8 part of it goes back also while the goods are %s', (_name, changes) => {
    const { verdict, effects } = giveBack(leafWith(changes), 29_999n);
    expect(verdict).toEqual({ result: 'accepted' });
    expect(effects.refunds).toMatchObject([{ amountFen: 29_999n }]);
    expect(effects.nodes).toMatchObject([{ to: leafWith(changes).state, set: { givenBackFen: 29_999n } }]);
    expect(effects.reversals).toEqual([]);
  });

  test.each([
    ['nothing has left', { 1: { byHand: true }, 2: { byHand: true } }, 'cancelled', 3],
    ['a piece has left', { 1: { byHand: true, shipped: 1 } }, 'closed', 2],
  ] as const)(
    'FU-2 no warehouse sends it, %s: it ends, and the tasks about it',
    (_name, progress, to, back) => {
      const { effects } = giveBack(leafWith({ dispatch: 'done', shipmentsMade: 2, progress }), null);
      expect(effects.nodes).toMatchObject([{ to, set: { endReason: 'refunded', givenBackFen: 30_000n } }]);
      expect(effects.workItemsDone).toEqual(tasksDone(['NS1', 'NS2'], 'refunded'));
      expect(effects.stock.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0)).toBe(back);
    },
  );

  test('the merchant ships it: there are no such tasks', () => {
    expect(giveBack(leafWith({ shipmentsMade: 1 }), null).effects.workItemsDone).toEqual([]);
  });
});

test('RF-5 RF-8 all goes back after a goodwill of the platform: the freight that it paid in the buyer’s stead is the merchant’s', () => {
  const progress = { 1: { shipped: 2, reversed: 1, returned: 1, keptFen: 600 }, 2: { shipped: 1 } };
  const leaf = leafWith({
    ...{ ...received, state: 'awaiting_receipt', progress, givenBackFen: 9_400n + 1_000n },
    goodwill: { platformFen: 1_000 },
  });
  const { effects } = giveBack(leaf, null);
  // Of what the platform gave the pieces brought 4.00 anyway.
  expect(effects.vouchers.map(({ kind, postings }) => [kind, postings[0]?.amountFen])).toEqual([
    ['goodwill', 400n],
    ['receipt', 600n],
  ]);
  expect(effects.settlementLines.reduce((sum, { netFen }) => sum + netFen, 0n)).toBe(600n);
});

test('PY-8 RF-5 all that is left goes back, also freight that its buyer bore before', () => {
  const progress = { 1: { shipped: 2, reversed: 1, returned: 1, keptFen: 600 }, 2: { shipped: 1 } };
  const leaf = leafWith({ ...received, state: 'awaiting_receipt', progress, givenBackFen: 9_400n });
  for (const amountFen of [null, 20_600n]) {
    const { effects } = giveBack(leaf, amountFen);
    expect(effects.refunds).toMatchObject([{ amountFen: 20_600n }]);
    expect(effects.nodes).toMatchObject([{ to: 'closed', set: { givenBackFen: 30_000n } }]);
    expect([effects.vouchers, effects.settlementLines]).toEqual([[], []]);
  }
});

describe('CN-3 a request to stop what has left is answered by the end of the leaf', () => {
  const leaf = leafWith({ ...received, state: 'awaiting_receipt', dispatch: 'done', cancellationNo: 'X' });
  const ends: [string, (of: OrderNode) => Decision, string][] = [
    ['refunded', (of) => giveBack(of, null), 'closed'],
    [
      'received',
      (of) => receive({ leaf: of, contract, earnRate: 1, by: 'buyer', operator: 'buyer:B', at: AT }),
      'completed',
    ],
  ];

  test.each(ends)('%s: refused, and nobody is asked any more', (_name, end, to) => {
    const { effects } = end(leaf);
    expect(effects.cancellationsDecided).toEqual([{ cancellationNo: 'X', state: 'refused' }]);
    expect(effects.workItemsDone).toEqual([{ workItemId: 'cancel-X', outcome: 'refused' }]);
    expect(effects.nodes).toMatchObject([{ to, set: { cancellationNo: '' } }]);
  });

  test.each(ends)('%s: without one nothing is answered', (_name, end, to) => {
    const { effects } = end({ ...leaf, cancellationNo: null });
    expect([effects.cancellationsDecided, effects.workItemsDone]).toEqual([[], []]);
    expect(effects.nodes).toMatchObject([{ to }]);
    expect(effects.nodes[0]?.set).not.toHaveProperty('cancellationNo');
  });
});
