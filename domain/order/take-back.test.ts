import { describe, expect, test } from 'vitest';
import { AT, aLeaf, aLine, paidAlone, pieces } from '../../test/support/leaves.ts';
import { type Effects, noEffects } from './effects.ts';
import type { OrderLine, OrderNode } from './node.ts';
import { keptLines, type LineProgress } from './progress.ts';
import { carriedBy, type TakeBack, takeBack } from './take-back.ts';

const line = (quantity: number, payableFen: bigint, points = 0, pointsFen = 0n): OrderLine =>
  aLine(1, { quantity, payableFen, points, pointsFen });

describe('RF-4 decision-3 each part is the line’s own paid share, the last piece takes the remainder', () => {
  test.each([
    ['99.99 in three thirds', line(3, 9_999n), [1, 1, 1], [3_333n, 3_333n, 3_333n]],
    ['100.00: the last takes the odd fen', line(3, 10_000n), [1, 1, 1], [3_333n, 3_333n, 3_334n]],
    ['299.99 of 300.00: one short, then whole', line(3, 29_999n), [1, 1, 1], [9_999n, 10_000n, 10_000n]],
    ['two at once, then the last', line(3, 29_999n), [2, 1], [19_999n, 10_000n]],
    ['one, then two at once', line(3, 29_999n), [1, 2], [9_999n, 20_000n]],
    ['all at once', line(3, 29_999n), [3], [29_999n]],
    ['a single piece', line(1, 1n), [1], [1n]],
    ['fewer fen than pieces', line(4, 2n), [1, 1, 1, 1], [0n, 1n, 0n, 1n]],
    ['nothing paid', line(2, 0n), [1, 1], [0n, 0n]],
    [
      'freight is part of what was paid',
      { ...line(3, 30_800n), freightFen: 800n },
      [1, 2],
      [10_266n, 20_534n],
    ],
  ])('%s', (_name, of, steps, cash) => {
    let before = 0;
    const given = steps.map((quantity) => {
      const { cashFen } = carriedBy(of, before, quantity);
      before += quantity;
      return cashFen;
    });
    expect(given).toEqual(cash);
  });

  test.each([
    [
      'points and their money are shared alike',
      line(3, 20_000n, 100, 10_000n),
      [
        [33, 3_333n],
        [33, 3_333n],
        [34, 3_334n],
      ],
    ],
    [
      'of few points a piece carries money and no whole point',
      line(3, 20_000n, 1, 100n),
      [
        [0, 33n],
        [0, 33n],
        [1, 34n],
      ],
    ],
  ])('%s', (_name, of, expected) => {
    const carried = expected.map((_, before) => carriedBy(of, before, 1));
    expect(carried.map(({ points, pointsFen }) => [points, pointsFen])).toEqual(expected);
  });
});

function taken(
  leaf: OrderNode,
  input: Partial<TakeBack> = {},
): { effects: Effects; set: ReturnType<typeof takeBack> } {
  const effects = noEffects();
  const common = {
    leaf,
    pieces: pieces([1, 1]),
    withFreight: true,
    buyerAtFault: true,
    cause: 'X',
    reason: 'test',
    at: AT,
  };
  return { effects, set: takeBack(effects, { ...paidAlone(leaf), ...common, ...input }) };
}

const parts = ({ refunds }: Effects) => refunds.map(({ refundNo, amountFen }) => [refundNo, amountFen]);

describe('RF-4 RF-9 what taking pieces back writes', () => {
  const leaf = aLeaf([line(3, 20_000n, 100, 10_000n), aLine(2)]);

  test('a reversal per line, one refund of their sum, points, and their voucher', () => {
    const { effects, set } = taken(leaf, { pieces: pieces([1, 2], [2, 1]) });
    const of = { orderNo: 'N', cause: 'X' };
    expect(effects.reversals).toEqual([
      { ...of, lineNo: 1, quantity: 2, cashFen: 13_333n, points: 66, pointsFen: 6_666n },
      { ...of, lineNo: 2, quantity: 1, cashFen: 10_000n, points: 0, pointsFen: 0n },
    ]);
    expect(effects.refunds).toEqual([
      {
        ...{ refundNo: 'TR1', outTradeNo: 'T', orderNo: 'N', amountFen: 23_333n },
        ...{ reason: 'test', source: 'deposits' },
      },
    ]);
    expect(effects.points).toEqual([
      { orderNo: 'N', buyerId: 'B', cause: 'return', ref: 'X', balanceDelta: 66, frozenDelta: 0 },
    ]);
    expect(effects.vouchers).toMatchObject([
      {
        voucherNo: 'N-POINTS-BACK-X',
        reverses: 'N-PAY-T',
        postings: [{ debit: 'deposits', credit: 'points_liability', amountFen: 6_666n }],
      },
    ]);
    expect(effects.notices).toMatchObject([
      { event: 'refund_started:X', recipient: 'buyer:B', params: { amountFen: 23_333, reason: 'test' } },
    ]);
    expect(set).toEqual({ progress: { 1: { reversed: 2 }, 2: { reversed: 1 } }, givenBackFen: 23_333n });
    // Where the pieces are decides what becomes of the stock; the caller knows.
    expect(effects.stock).toEqual([]);
  });

  test('what went before counts: the next piece carries the rest', () => {
    const progress: LineProgress = { 1: { reversed: 2, shipped: 0, warehouseId: 'W2' } };
    const { effects, set } = taken(aLeaf(leaf.lines, { progress, givenBackFen: 13_333n }));
    expect(effects.reversals).toMatchObject([{ cashFen: 6_667n, points: 34, pointsFen: 3_334n }]);
    expect(set).toEqual({
      progress: { 1: { reversed: 3, shipped: 0, warehouseId: 'W2' } },
      givenBackFen: 20_000n,
    });
  });

  test.each([
    ['nothing was given besides', 0n, [['TR1', 10_000n]]],
    ['a goodwill that leaves enough is no part of it', 20_000n, [['TR1', 10_000n]]],
    ['a goodwill lowers what the pieces bring', 25_000n, [['TR1', 5_000n]]],
    ['all was given back before: nothing more', 30_000n, []],
  ])('%s', (_name, givenBackFen, expected) => {
    const some = aLeaf([aLine(1, { quantity: 3 })], { givenBackFen });
    const { effects, set } = taken(some);
    expect(parts(effects)).toEqual(expected);
    // Nobody is told of nothing.
    expect(effects.notices.map(({ params }) => BigInt(params.amountFen ?? 0))).toEqual(
      expected.map(([, amountFen]) => amountFen),
    );
    expect(effects.reversals).toMatchObject([{ cashFen: 10_000n }]);
    expect(set?.givenBackFen).toBe(givenBackFen + (effects.refunds[0]?.amountFen ?? 0n));
  });

  test('several payments: the latest goes back first', () => {
    const early = { outTradeNo: 'A', paidAt: AT, receivedFen: 25_000n, refunds: [] };
    const late = { outTradeNo: 'Z', paidAt: new Date(AT.getTime() + 1), receivedFen: 5_000n, refunds: [] };
    const { effects } = taken(leaf, { payments: [early, late] });
    expect(parts(effects)).toEqual([
      ['ZR1', 5_000n],
      ['AR1', 1_666n],
    ]);
  });

  test.each([
    ['goes back', true, 3_600n, undefined],
    ['stays, where the buyer bears it', false, 3_334n, 266],
  ])('RF-5 decision-28 the pieces’ freight %s', (_name, withFreight, cashFen, keptFen) => {
    const some = aLeaf([{ ...line(3, 10_800n), freightFen: 800n }]);
    const { effects, set } = taken(some, { withFreight });
    expect(parts(effects)).toEqual([['TR1', cashFen]]);
    expect(effects.reversals).toMatchObject([{ cashFen }]);
    expect(set?.progress?.[1]?.keptFen).toBe(keptFen);
  });

  test('payments that do not hold it: null, and nothing is written', () => {
    const { effects, set } = taken(leaf, { payments: [] });
    expect(set).toBeNull();
    expect(effects).toEqual(noEffects());
  });

  test('paid with points alone: points and voucher, no refund', () => {
    const free = aLeaf([line(2, 0n, 7, 700n)]);
    const { effects, set } = taken(free, { pieces: pieces([1, 2]) });
    expect([effects.refunds, effects.notices]).toEqual([[], []]);
    expect(effects.points).toMatchObject([{ balanceDelta: 7 }]);
    expect(effects.vouchers).toMatchObject([{ reverses: 'N-PAY-ZERO', postings: [{ amountFen: 700n }] }]);
    expect(set).toEqual({ progress: { 1: { reversed: 2 } }, givenBackFen: 0n });
  });

  test('a line that the leaf does not have is a defect of the caller', () => {
    expect(() => taken(leaf, { pieces: pieces([9, 1]) })).toThrow('N has no line 9');
  });
});

describe('RF-9 decision-7 a coupon comes back with the last piece it served', () => {
  const served = (lineNo: number, couponId: string) =>
    aLine(lineNo, {
      quantity: 2,
      discounts: [
        { step: 'platform_coupon', sourceId: couponId, name: couponId, bearer: 'platform', amountFen: 1n },
      ],
    });
  const back = { couponId: 'C', orderNo: 'N', from: 'used', to: 'available' };

  test.each([
    ['a piece is left', { 1: { reversed: 0 } }, []],
    ['the last piece', { 1: { reversed: 1 } }, [back]],
  ])('a single order: %s', (_name, progress, expected) => {
    const { effects } = taken(aLeaf([served(1, 'C')], { couponIds: ['C', 'D'], progress }));
    expect(effects.coupons).toEqual(expected);
    expect(effects.nodes).toEqual([]);
  });

  const soon = new Date(AT.getTime() + 1);
  const sevenDays = new Date(AT.getTime() + 7 * 86_400_000);
  const expired = { ...back, to: 'expired' };
  const reissued = { couponId: 'CR', validFrom: AT, validTo: sevenDays };
  test.each([
    ['still valid: as it was', soon, true, back, []],
    ['expired, the buyer’s doing: gone', AT, true, expired, []],
    [
      'expired, at merchant’s or platform’s fault: another one for seven days',
      ...[AT, false, { ...expired, reissued }, [{ couponId: 'CR', validTo: sevenDays.toISOString() }]],
    ],
  ] as const)('decision-6 %s', (_name, validTo, buyerAtFault, expected, told) => {
    const leaf = aLeaf([served(1, 'C')], { couponIds: ['C'], progress: { 1: { reversed: 1 } } });
    const paid = paidAlone(leaf);
    const scope = { ...paid.scope, coupons: [{ couponId: 'C', validTo }] };
    const { effects } = taken(leaf, { ...paid, scope, buyerAtFault });
    expect(effects.coupons).toEqual([expected]);
    const notices = effects.notices.filter(({ event }) => event.startsWith('coupon_'));
    expect(notices.map(({ params }) => params)).toEqual(told);
  });

  test.each([
    ['the sibling it served too is alive', 'C', 'awaiting_shipment', []],
    ['the sibling it served too is undone', 'C', 'cancelled', [back]],
    ['the sibling was closed', 'C', 'closed', [back]],
    ['the sibling had no use of it', 'D', 'completed', [back]],
  ] as const)('a child: %s', (_name, couponOfSibling, state, expected) => {
    const place = { kind: 'child', rootNo: 'N', parentNo: 'N', paymentRootNo: 'N' } as const;
    const child = aLeaf([served(1, 'C')], { ...place, orderNo: 'N1', progress: { 1: { reversed: 1 } } });
    const sibling = aLeaf([served(1, couponOfSibling)], { ...place, orderNo: 'N2', state });
    const root = aLeaf([], { kind: 'parent', couponIds: ['C'], state: 'split', version: 4 });
    const { payments } = paidAlone(child);
    const scope = { root, leaves: [child, sibling], attempts: [], coupons: [] };
    const { effects } = taken(child, { scope, payments });
    expect(effects.coupons).toEqual(expected);
    // Siblings that end at once meet in the parent's row.
    expect(effects.nodes).toEqual([
      { orderNo: 'N', expectedVersion: 4, from: 'split', to: 'split', set: {} },
    ]);
  });

  test.each([
    [
      'a piece that it served was exchanged before',
      { reversed: 1, exchanged: 1 },
      { reversed: 2 },
      false,
      [],
    ],
    ['the last piece that it served is exchanged', { reversed: 1 }, { reversed: 2 }, true, []],
    ['another was exchanged before', { reversed: 1 }, { reversed: 2, exchanged: 2 }, false, [back]],
    ['another is exchanged at last', { reversed: 2 }, { reversed: 1 }, true, [back]],
  ])('RT-8 what was exchanged is still served: %s', (_name, its, other, isExchange, expected) => {
    const lines = [served(1, 'C'), aLine(2, { quantity: 2 })];
    const leaf = aLeaf(lines, { couponIds: ['C'], progress: { 1: its, 2: other } });
    const exchange = () => ({ creditFen: 0n, points: 0, pointsFen: 0n });
    const { effects } = taken(leaf, { pieces: keptLines(leaf), ...(isExchange ? { exchange } : {}) });
    expect(effects.coupons).toEqual(expected);
  });

  test('RT-8 a child whose sibling was exchanged as a whole: what replaced it is served by the coupon', () => {
    const place = { kind: 'child', rootNo: 'N', parentNo: 'N', paymentRootNo: 'N' } as const;
    const child = aLeaf([served(1, 'C')], { ...place, orderNo: 'N1', progress: { 1: { reversed: 1 } } });
    const progress = { 1: { reversed: 2, returned: 2, exchanged: 2 } };
    const sibling = aLeaf([served(1, 'C')], { ...place, orderNo: 'N2', state: 'closed', progress });
    const root = aLeaf([], { kind: 'parent', couponIds: ['C'], state: 'split' });
    const scope = { root, leaves: [child, sibling], attempts: [], coupons: [] };
    expect(taken(child, { scope }).effects.coupons).toEqual([]);
  });

  test('a child: one that served its sibling alone came back with that', () => {
    const place = { kind: 'child', rootNo: 'N', parentNo: 'N', paymentRootNo: 'N' } as const;
    const child = aLeaf([served(1, 'C')], { ...place, orderNo: 'N1', progress: { 1: { reversed: 1 } } });
    const sibling = aLeaf([served(1, 'D')], { ...place, orderNo: 'N2', state: 'closed' });
    const root = aLeaf([], { kind: 'parent', couponIds: ['C', 'D'], state: 'split' });
    const scope = { root, leaves: [child, sibling], attempts: [], coupons: [] };
    expect(taken(child, { scope }).effects.coupons).toEqual([back]);
  });
});
