import { expect, test } from 'vitest';
import { AT, aLeaf, aLine, paidAlone, pieces } from '../../test/support/leaves.ts';
import type { OrderNode } from '../order/node.ts';
import { openLines, unsentPieces } from '../order/progress.ts';
import { type AfterSale, type CaseCommand, forMoney } from './case.ts';
import { returnablePieces } from './open.ts';
import { caseStep } from './step.ts';

const casePieces = (lineNo: number, quantity: number) => [forMoney({ lineNo, quantity })];

const aCase = (changes: Partial<AfterSale> = {}) => ({
  ...{ caseNo: 'C', orderNo: 'N', kind: 'return_refund' as const, reason: 'refused_delivery' as const },
  ...{
    state: 'returning' as const,
    version: 3,
    pieces: casePieces(1, 2),
    offerFen: null,
    wasSigned: false,
  },
  ...{
    parcels: [],
    outbound: null,
    returnTo: null,
    periods: {},
    dueAt: AT,
    holdId: 'C',
    merchantId: 'M',
    ...changes,
  },
});

const step = (leaf: OrderNode, theCase: ReturnType<typeof aCase>, command: CaseCommand) =>
  caseStep({
    ...paidAlone(leaf),
    leaf,
    theCase,
    replacement: null,
    command,
    cause: 'X',
    actor: 'merchant:M',
    at: AT,
  });

test('LG-3 FU-4 of four pieces two were refused at the door and are back: the other two are still to be sent, and none can come back twice', () => {
  const lines = [aLine(1, { quantity: 4 })];
  const leaf = aLeaf(lines, { holds: 1, shipmentsMade: 1, progress: { 1: { shipped: 2 } } });
  const dispositions = [{ lineNo: 1, sellable: 2, damaged: 0, lost: 0 }];
  const { effects } = step(leaf, aCase(), { do: 'pass', by: 'merchant', dispositions });
  const [node] = effects.nodes;
  expect(node).toMatchObject({ to: 'awaiting_shipment', set: { holds: 0, givenBackFen: 20_000n } });
  const after = { ...leaf, ...node?.set } as OrderNode;
  expect([openLines(after), unsentPieces(after)]).toEqual([pieces([1, 2]), pieces([1, 2])]);
  expect(returnablePieces(after, [])).toEqual([]);
});

test('RT-3 a case that is sent back by its ruling and disputed again is asked about again', () => {
  const leaf = aLeaf([aLine(1, { quantity: 4 })], { state: 'awaiting_receipt', holds: 1 });
  const send = { do: 'decide', by: 'platform', outcome: 'return', words: 'test' } as const;
  const asked = (version: number) => {
    const failed = aCase({ state: 'inspection_failed', version });
    return step(leaf, failed, { do: 'dispute', by: 'buyer', words: 'test' }).effects.workItems;
  };
  expect(asked(4)).toMatchObject([{ workItemId: 'case-C-5' }]);
  expect(asked(9)).toMatchObject([{ workItemId: 'case-C-10' }]);
  for (const [state, version] of [
    ['disputed', 5],
    ['arbitration', 6],
  ] as const)
    expect(step(leaf, aCase({ state, version }), send).effects.workItemsDone).toEqual([
      { workItemId: 'case-C-5', outcome: 'awaiting_parcel' },
    ]);
});
