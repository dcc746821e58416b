import type { Fen } from '../money.ts';
import { minFen, sumFen } from '../money.ts';
import { apportion } from '../pricing/apportion.ts';

/** What a seller took off an unpaid order (ST-8): off the goods, and off the freight. */
export interface Cuts {
  priceCutFen: Fen;
  freightCutFen: Fen;
}

interface Line {
  skuId: string;
  discountFen: Fen;
  shopDiscountFen: Fen;
  freightFen: Fen;
  payableFen: Fen;
}

interface Node<L extends Line> extends Cuts {
  payableFen: Fen;
  discountFen: Fen;
  shopDiscountFen: Fen;
  freightFen: Fen;
  lines: readonly L[];
}

/** The most that can be taken off a leaf's freight: what of it is paid in money. */
export function freightInMoney(lines: readonly Line[]): Fen {
  return sumFen(lines.map((line) => minFen(line.freightFen, line.payableFen)));
}

/**
 * An order as it is to be paid: its snapshot, which never changes (SB-4), less what the seller took off since. A price
 * cut is a discount that the shop bears, a freight cut lowers the freight; each is apportioned to the lines once, by
 * largest remainder, so that line and order agree to the fen (decision 3). A parent has its children's sums.
 */
export function withCuts<L extends Line, N extends Node<L>>(node: N): N {
  const { priceCutFen, freightCutFen } = node;
  if (priceCutFen === 0n && freightCutFen === 0n) return node;
  return {
    ...node,
    payableFen: node.payableFen - priceCutFen - freightCutFen,
    discountFen: node.discountFen + priceCutFen,
    shopDiscountFen: node.shopDiscountFen + priceCutFen,
    freightFen: node.freightFen - freightCutFen,
    lines: cutLines(node.lines, { priceCutFen, freightCutFen }),
  };
}

function cutLines<L extends Line>(lines: readonly L[], { priceCutFen, freightCutFen }: Cuts): L[] {
  if (lines.length === 0) return [];
  const keys = lines.map((line) => line.skuId);
  const freight = apportion(
    freightCutFen,
    lines.map((line) => minFen(line.freightFen, line.payableFen)),
    keys,
  );
  const price = apportion(
    priceCutFen,
    lines.map((line, index) => line.payableFen - (freight[index] as Fen)),
    keys,
  );
  return lines.map((line, index) => {
    const [off, offFreight] = [price[index] as Fen, freight[index] as Fen];
    return {
      ...line,
      payableFen: line.payableFen - off - offFreight,
      discountFen: line.discountFen + off,
      shopDiscountFen: line.shopDiscountFen + off,
      freightFen: line.freightFen - offFreight,
    };
  });
}
