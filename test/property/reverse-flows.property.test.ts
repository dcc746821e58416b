import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { someBasket } from '../support/pricing-arbitraries.ts';
import { COMMANDS, drawn } from '../support/reverse-commands.ts';
import { PaidTree } from '../support/reverse-tree.ts';
import { type ReverseEvent, ReverseWalk } from '../support/reverse-walk.ts';

/**
 * How many trees are drawn, and by which seed; REVERSE_RUNS and REVERSE_SEED choose. A failure names the shortest schedule
 * that still fails.
 */
const RUNS = Number(process.env['REVERSE_RUNS'] ?? 10_000);
const SEED = Number(process.env['REVERSE_SEED'] ?? randomInt(2 ** 31));

/** One event in six is raced by another. */
function someEvents(isShipped: boolean): fc.Arbitrary<ReverseEvent[]> {
  const event = fc.record({ what: fc.constantFrom(...drawn(isShipped)), leaf: fc.nat(1), seed: fc.nat() });
  const raced = fc.tuple(event, event).map(([one, rival]) => ({ ...one, rival }));
  return fc.array(fc.oneof({ weight: 5, arbitrary: event }, raced), {
    maxLength: isShipped ? 30 : 60,
    size: 'max',
  });
}

/** Baskets of one and two shops. */
const basket = someBasket().map((input) => ({
  ...input,
  lines: input.lines.map((line) => ({ ...line, shopId: line.shopId === 's3' ? 's2' : line.shopId })),
}));

const schedule = fc.record({
  basket,
  /** The leaf whose stock is gone when it is paid. */
  short: fc.oneof({ weight: 9, arbitrary: fc.constant(9) }, fc.nat(1)),
  /** Shipped already, so that what comes after it is reached; or with all that can happen until then. */
  start: fc.oneof(
    fc.record({ isShipped: fc.constant(true), events: someEvents(true) }),
    fc.record({ isShipped: fc.constant(false), events: someEvents(false) }),
  ),
  isMerchantsFault: fc.boolean(),
  isAllBack: fc.boolean(),
  end: fc.nat(),
});

test(`RF-4 RF-6 RF-9 RT-3 RT-5 RT-7 I1 I2 I3 I4 ${RUNS} trees under schedules of all sides of seed ${SEED}: whatever happens, money, pieces, points, coupons and holds agree, and what all went back was refunded to the fen`, {
  timeout: 600_000,
}, () => {
  const happened = new Map<string, number>();
  const count = (what: string, times = 1) => happened.set(what, (happened.get(what) ?? 0) + times);
  fc.assert(
    fc.property(schedule, ({ basket, short, start, isMerchantsFault, isAllBack, end }) => {
      const rows = new PaidTree(basket, short);
      const walk = new ReverseWalk(rows, isMerchantsFault);
      if (start.isShipped) walk.shipAll();
      for (const one of start.events) walk.happen(one);
      walk.finish(end, isAllBack);
      for (const [what, times] of walk.done) count(what, times);
      for (const { leaf, cases } of rows.leaves) {
        count(leaf.state);
        for (const { state, kind } of cases.values()) count(`${kind} ${state}`);
      }
      const isBack = rows.leaves.every(({ leaf }) => leaf.state === 'closed' || leaf.state === 'cancelled');
      if (!isMerchantsFault || !isBack) return;
      count('all back');
      rows.checkAllBack();
    }),
    { numRuns: RUNS, seed: SEED },
  );
  // The search reached every command and every end.
  const ends = ['completed', 'cancelled', 'closed', 'all back', 'looked again'];
  const cases = ['refund_only', 'return_refund'].flatMap((kind) => [`${kind} refunded`, `${kind} closed`]);
  expect([...Object.keys(COMMANDS), ...ends, ...cases].filter((what) => !happened.has(what))).toEqual([]);
});
