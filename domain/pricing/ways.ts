import type { Fen } from '../money.ts';

/** Up to this many ways to use the coupons are all priced: the result is proven the cheapest (CK-10). */
export const EXACT_WAYS = 2_000;
/** Beyond that, only this many of the cheapest so far are followed: good, but no longer proven. */
export const BEAM_WAYS = 64;

/**
 * All ways while they are few. Six coupons never make more than `EXACT_WAYS` (at worst 1,957: every order of every
 * subset); dozens of overlapping coupons do, and then only the cheapest so far are followed and marked as pruned.
 */
export function keepCheapest<T extends { readonly pruned: boolean }>(
  ways: T[],
  costFen: (way: T) => Fen,
): T[] {
  if (ways.length <= EXACT_WAYS) return ways;
  return ways
    .map((way) => ({ way, cost: costFen(way) }))
    .sort((a, b) => compareFen(a.cost, b.cost))
    .slice(0, BEAM_WAYS)
    .map(({ way }) => ({ ...way, pruned: true }));
}

/** Ascending order of amounts. */
export function compareFen(a: Fen, b: Fen): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
