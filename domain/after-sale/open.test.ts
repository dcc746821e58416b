import { expect, test } from 'vitest';
import { AT, aLeaf, aLine } from '../../test/support/leaves.ts';
import { type OpenCommand, openCase } from './open.ts';

/** Two pieces of K1 and one of K2, received. */
const leaf = aLeaf([aLine(1, { quantity: 2 }), aLine(2)], {
  ...{ state: 'completed', progress: { 1: { shipped: 2 }, 2: { shipped: 1 } } },
});
const items = ['K2', 'K3'].map((skuId) => ({ skuId, shopId: 'S', priceFen: 12_000n, onSale: true }));

const open = (pieces: OpenCommand['pieces']) =>
  openCase({
    ...{ leaf, items, inCases: [], periods: {}, receivedAt: AT, isSigned: true },
    ...{ caseNo: 'C', actor: 'buyer:B', at: AT },
    command: { kind: 'exchange', reason: 'defective', sealedWords: Buffer.alloc(0), pieces },
  });

test.each([
  ['for a third', 'K3', 'K3'],
  ['one for what the other is', 'K2', undefined],
])('RT-8 two lines that want the same SKU, %s: refused, an order has one line of it', (_name, ...wanted) => {
  const { verdict, effects } = open([
    { lineNo: 1, quantity: 1, wantSkuId: wanted[0] },
    { lineNo: 2, quantity: 1, wantSkuId: wanted[1] },
  ]);
  expect(verdict).toMatchObject({ result: 'refused', code: 'wanted_twice' });
  expect(effects.cases).toEqual([]);
});

test('RT-8 two lines that want different SKUs are in one case', () => {
  const { verdict, effects } = open([
    { lineNo: 1, quantity: 1, wantSkuId: 'K3' },
    { lineNo: 2, quantity: 1 },
  ]);
  expect(verdict).toEqual({ result: 'accepted' });
  expect(effects.cases[0]?.pieces.map((piece) => piece.differenceFen)).toEqual([2_000n, 0n]);
});
