import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CASE_KINDS } from '../../domain/after-sale/case.ts';
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

/** What must happen beside the commands and the ends. */
const MORE = [
  ...[
    'exchange exchanged',
    'replaced',
    'replaced for a difference',
    'difference paid',
    'difference not paid',
  ],
  ...['replacement completed', 'replacement closed', 'replaced again'],
  ...['goodwill by the merchant', 'goodwill by the platform'],
  ...['freight by the merchant', 'freight by the platform', 'points earned', 'points taken back'],
  ...['keep after a refused cancel', 'return after a refused cancel'],
  ...['intercepted', 'intercept_failed', 'delivered', 'joined'],
];

/** One event in six is raced by another. */
function someEvents(isShipped: boolean): fc.Arbitrary<ReverseEvent[]> {
  const event = fc.record({ what: fc.constantFrom(...drawn(isShipped)), leaf: fc.nat(5), seed: fc.nat() });
  const raced = fc.tuple(event, event).map(([one, rival]) => ({ ...one, rival }));
  return fc.array(fc.oneof({ weight: 5, arbitrary: event }, raced), {
    maxLength: isShipped ? 20 : 40,
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
    fc.record({
      isShipped: fc.constant(true),
      isTooLate: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, fc.constant(true)),
      events: someEvents(true),
    }),
    fc.record({
      isShipped: fc.constant(false),
      isTooLate: fc.constant(false),
      events: someEvents(false),
    }),
  ),
  isMerchantsFault: fc.boolean(),
  earnRate: fc.nat(3),
  isAllBack: fc.boolean(),
  end: fc.nat(),
});

test(`RF-4 RF-6 RF-9 RT-3 RT-5 RT-7 I1 I2 I3 I4 ${RUNS} trees under schedules of all sides of seed ${SEED}: whatever happens, money, pieces, points, coupons and holds agree, and what all went back was refunded to the fen`, {
  timeout: 600_000,
}, () => {
  const happened = new Map<string, number>();
  const count = (what: string, times = 1) => happened.set(what, (happened.get(what) ?? 0) + times);
  fc.assert(
    fc.property(schedule, ({ basket, short, start, isMerchantsFault, earnRate, isAllBack, end }) => {
      const rows = new PaidTree(basket, short);
      const walk = new ReverseWalk(rows, { isMerchantsFault, earnRate });
      if (start.isShipped) walk.shipAll(start.isTooLate);
      for (const one of start.events) walk.happen(one);
      walk.finish(end, isAllBack);
      for (const [what, times] of walk.done) count(what, times);
      for (const [what, times] of rows.done) count(what, times);
      for (const { leaf, cases, points } of rows.leaves) {
        count(leaf.state);
        if (leaf.exchangeOf !== null) count(`replacement ${leaf.state}`);
        for (const { state, kind } of cases.values()) count(`${kind} ${state}`);
        for (const { cause } of points)
          count({ earn: 'points earned', unearn: 'points taken back' }[String(cause)] ?? cause);
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
  const cases = CASE_KINDS.flatMap((kind) => [`${kind} refunded`, `${kind} closed`]);
  const reached = [...Object.keys(COMMANDS), ...ends, ...cases, ...MORE];
  expect(reached.filter((what) => !happened.has(what))).toEqual([]);
});
