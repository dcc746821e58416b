import { type Fen, minFen, sumFen } from '../money.ts';
import type { OrderNode } from './node.ts';

/** What the first `count` of `of` units carry of an amount (decision 3). */
export const firstUnits = (total: bigint, count: number, of: number): bigint =>
  (total * BigInt(count)) / BigInt(of);

/** The money of a line's pieces that were not taken back. */
export interface KeptMoney {
  payableFen: Fen;
  /** The parts of it that are goods and freight; with the freight of pieces that were taken back without it (RF-5). */
  goodsFen: Fen;
  freightFen: Fen;
}

/** What stays of an amount of a line: of n units those taken back carried floor(total · k / n) (RF-4). */
export function restOf(leaf: Pick<OrderNode, 'progress'>, line: OrderNode['lines'][number], total: Fen): Fen {
  const { reversed = 0 } = leaf.progress[line.lineNo] ?? {};
  return total - firstUnits(total, reversed, line.quantity);
}

/** What the lines of a leaf still carry of its money, in their order. */
export function keptMoney(leaf: Pick<OrderNode, 'progress' | 'lines'>): KeptMoney[] {
  return leaf.lines.map((line) => {
    const keptFen = BigInt(leaf.progress[line.lineNo]?.keptFen ?? 0);
    const payableFen = restOf(leaf, line, line.payableFen) + keptFen;
    const goodsFen = restOf(leaf, line, line.payableFen - minFen(line.freightFen, line.payableFen));
    return { payableFen, goodsFen, freightFen: payableFen - goodsFen };
  });
}

/** What was given back of a leaf beside pieces. */
export function givenBeside(
  leaf: Pick<OrderNode, 'givenBackFen' | 'payableFen'>,
  kept: readonly KeptMoney[],
): Fen {
  return leaf.givenBackFen - leaf.payableFen + sumFen(kept.map(({ payableFen }) => payableFen));
}

/** The buyer's money for goods that stay: without freight, and less what was given back beside them. */
export function goodsMoney(leaf: OrderNode): Fen {
  const kept = keptMoney(leaf);
  const stays = sumFen(kept.map(({ goodsFen }) => goodsFen)) - givenBeside(leaf, kept);
  return stays > 0n ? stays : 0n;
}
