import { describe, expect, test } from 'vitest';
import { apportion, shareOfUnits } from './apportion.ts';

const abc = ['a', 'b', 'c'];

describe('CK-9 apportion by largest remainder', () => {
  test.each([
    ['in proportion', 100n, [1n, 1n, 2n], [25n, 25n, 50n]],
    ['what is over goes to the largest remainder', 100n, [1n, 2n, 4n], [14n, 29n, 57n]],
    ['equal remainders go to the smaller key', 100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    ['a zero weight gets nothing', 7n, [0n, 5n, 5n], [0n, 4n, 3n]],
    ['the whole weight can be taken', 15n, [3n, 5n, 7n], [3n, 5n, 7n]],
    ['nothing is nothing everywhere', 0n, [3n, 0n, 7n], [0n, 0n, 0n]],
    ['weights all zero count as equal', 5n, [0n, 0n, 0n], [2n, 2n, 1n]],
    [
      'amounts beyond 2^53 stay exact',
      10n ** 20n + 1n,
      [1n, 1n, 1n],
      [33333333333333333334n, 33333333333333333334n, 33333333333333333333n],
    ],
  ])('%s', (_, totalFen, weights, parts) => {
    expect(apportion(totalFen, weights, abc)).toEqual(parts);
  });

  test('the order of lines does not matter, the keys decide', () => {
    expect(apportion(100n, [1n, 1n, 1n], ['c', 'b', 'a'])).toEqual([33n, 33n, 34n]);
  });

  test('what cannot be apportioned is refused', () => {
    expect(() => apportion(-1n, [1n], ['a'])).toThrow(RangeError);
    expect(() => apportion(1n, [-1n], ['a'])).toThrow(RangeError);
    expect(() => apportion(1n, [1n], [])).toThrow(RangeError);
    expect(() => apportion(1n, [], [])).toThrow(RangeError);
    expect(apportion(0n, [], [])).toEqual([]);
  });
});

describe('SP-9 the first k of n units', () => {
  test.each([
    [100n, 3, [0n, 33n, 66n, 100n]],
    [2n, 4, [0n, 0n, 1n, 1n, 2n]],
    [0n, 2, [0n, 0n, 0n]],
  ])('%d fen over %d units', (totalFen, units, shares) => {
    expect(shares.map((_, k) => shareOfUnits(totalFen, units, k))).toEqual(shares);
  });

  test('only a whole number of units from none to all', () => {
    for (const [units, k] of [
      [0, 0],
      [3, 4],
      [3, -1],
      [3, 1.5],
      [1.5, 1],
    ] as const) {
      expect(() => shareOfUnits(100n, units, k)).toThrow(RangeError);
    }
    expect(() => shareOfUnits(-1n, 1, 1)).toThrow(RangeError);
  });
});
