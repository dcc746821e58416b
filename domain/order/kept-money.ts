import { type Fen, minFen, sumFen } from '../money.ts';
import type { Goodwill } from './goodwill.ts';
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

type Given = Pick<OrderNode, 'lines' | 'progress' | 'payableFen' | 'givenBackFen' | 'goodwill'>;

/** What was given back of a leaf beside pieces, and what of it the merchant bears. */
export interface GivenBeside {
  /** Without freight that was given back alone, whoever bears it. */
  goodsFen: Fen;
  merchantFreightFen: Fen;
  merchantGoodsFen: Fen;
}

export function givenBeside(leaf: Given): GivenBeside {
  const { freightFen, platformFen, platformFreightFen } = goodwillOf(leaf);
  const totalFen = givenBesideFen(leaf);
  const ofFreightFen = keptFreight(leaf);
  const merchantFreightFen = minFen(freightFen - platformFreightFen, ofFreightFen);
  return {
    goodsFen: totalFen - minFen(freightFen, ofFreightFen),
    merchantFreightFen,
    merchantGoodsFen: totalFen - platformFen - merchantFreightFen,
  };
}

const keptFreight = (leaf: Given): Fen => sumFen(keptMoney(leaf).map(({ freightFen }) => freightFen));

function givenBesideFen(leaf: Given): Fen {
  const keptFen = sumFen(keptMoney(leaf).map(({ payableFen }) => payableFen));
  return leaf.givenBackFen - leaf.payableFen + keptFen;
}

const goodwillOf = ({ goodwill }: Pick<OrderNode, 'goodwill'>) => ({
  freightFen: BigInt(goodwill.freightFen ?? 0),
  platformFen: BigInt(goodwill.platformFen ?? 0),
  platformFreightFen: BigInt(goodwill.platformFreightFen ?? 0),
});

/** The freight of a leaf that was not given back, with its pieces or alone. */
export function freightLeft(leaf: Given): Fen {
  const leftFen = keptFreight(leaf) - goodwillOf(leaf).freightFen;
  return leftFen > 0n ? leftFen : 0n;
}

/** What of the freight of pieces that are taken back was given back alone already. */
export function freightTwice(leaf: Given, freightFen: Fen): Fen {
  const beyondFen = freightFen - minFen(freightFen, freightLeft(leaf));
  return minFen(beyondFen, goodwillOf(leaf).freightFen);
}

/** The buyer's money for goods that stay: without freight, and less what was given back beside them. */
export function goodsMoney(leaf: Given): Fen {
  const stays = sumFen(keptMoney(leaf).map(({ goodsFen }) => goodsFen)) - givenBeside(leaf).goodsFen;
  return stays > 0n ? stays : 0n;
}

/** The goodwill of a leaf after more of it was given. */
export function withGoodwill(
  { goodwill }: Pick<OrderNode, 'goodwill'>,
  given: { amountFen: Fen; isFreight: boolean; byPlatform: boolean },
): Goodwill {
  const { isFreight, byPlatform } = given;
  const more = (fen: number | undefined, counts: boolean) =>
    (fen ?? 0) + (counts ? Number(given.amountFen) : 0);
  return {
    freightFen: more(goodwill.freightFen, isFreight),
    platformFen: more(goodwill.platformFen, byPlatform),
    platformFreightFen: more(goodwill.platformFreightFen, isFreight && byPlatform),
  };
}

/**
 * The goodwill of a leaf after pieces were taken back, which would have given part of it anyway: no freight is given back
 * twice, and nothing beyond what was paid. `leaf` is as it will be.
 */
export function goodwillAfter(leaf: Given, freightTwiceFen: Fen): Goodwill {
  const before = goodwillOf(leaf);
  const besideFen = givenBesideFen(leaf);
  const freightFen = minFen(before.freightFen - freightTwiceFen, besideFen);
  const platformFreightFen = minFen(before.platformFreightFen, freightFen);
  const goodsOfPlatform = minFen(before.platformFen - before.platformFreightFen, besideFen - freightFen);
  return {
    freightFen: Number(freightFen),
    platformFen: Number(goodsOfPlatform + platformFreightFen),
    platformFreightFen: Number(platformFreightFen),
  };
}
