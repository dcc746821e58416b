import { type Fen, sumFen } from '../money.ts';
import { compareText } from './group.ts';

/**
 * Splits `totalFen` over lines in proportion to `weights`, to the fen, by largest remainder (CK-9, decision 3).
 *
 * The parts sum exactly to the total; equal remainders go to the smaller tie key (the SKU id). A zero weight gets
 * zero, and while the total is not above the sum of the weights no part is above its weight: a discount never takes a
 * line below zero. If every weight is zero the lines count as equal, so that money charged (freight on goods without a
 * weight) still has a place. Throws RangeError on negative amounts or if nothing is there to carry the total.
 */
export function apportion(totalFen: Fen, weights: readonly Fen[], tieKeys: readonly string[]): Fen[] {
  requireApportionable(totalFen, weights, tieKeys);
  const sum = sumFen(weights);
  if (totalFen === 0n) return weights.map(() => 0n);
  if (sum === 0n) return apportion(totalFen, Array(weights.length).fill(1n), tieKeys);

  const parts = weights.map((weight) => (totalFen * weight) / sum);
  const remainders = weights.map((weight) => (totalFen * weight) % sum);
  const missingFen = Number(totalFen - sumFen(parts));
  for (const index of byLargestRemainder(remainders, tieKeys).slice(0, missingFen)) {
    parts[index] = (parts[index] as Fen) + 1n;
  }
  return parts;
}

/**
 * What the first `k` of `units` units of a line carry of an amount: floor(total · k / n) (decision 3).
 *
 * Serves splits by quantity and partial refunds alike: unit k carries shareOfUnits(k) − shareOfUnits(k − 1), so however
 * the units are taken in turn, all of them together carry the whole. Throws RangeError outside 0 ≤ k ≤ n, n ≥ 1.
 */
export function shareOfUnits(totalFen: Fen, units: number, k: number): Fen {
  if (totalFen < 0n) throw new RangeError(`cannot share a negative amount: ${totalFen}`);
  if (!Number.isSafeInteger(units) || units < 1) throw new RangeError(`not a number of units: ${units}`);
  if (!Number.isSafeInteger(k) || k < 0 || k > units) throw new RangeError(`not ${k} of ${units} units`);
  return (totalFen * BigInt(k)) / BigInt(units);
}

function byLargestRemainder(remainders: readonly bigint[], tieKeys: readonly string[]): number[] {
  return remainders
    .map((remainder, index) => ({ remainder, index, key: tieKeys[index] as string }))
    .sort((a, b) => {
      if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
      return compareText(a.key, b.key);
    })
    .map(({ index }) => index);
}

function requireApportionable(totalFen: Fen, weights: readonly Fen[], tieKeys: readonly string[]): void {
  if (totalFen < 0n) throw new RangeError(`cannot apportion a negative amount: ${totalFen}`);
  if (weights.some((weight) => weight < 0n)) throw new RangeError('a weight is negative');
  if (weights.length !== tieKeys.length) throw new RangeError('every weight needs a tie key');
  if (weights.length === 0 && totalFen > 0n) throw new RangeError(`no line to carry ${totalFen} fen`);
}
