import { receiptReversalVoucher, receiptVoucher } from '../ledger/vouchers.ts';
import { type Fen, sumFen } from '../money.ts';
import { apportion } from '../pricing/apportion.ts';
import { unearnPoints } from './earned-points.ts';
import type { Effects, NewSettlementLine } from './effects.ts';
import { givenBeside, keptMoney, restOf } from './kept-money.ts';
import type { Contract, OrderNode } from './node.ts';

/** What a line of a received leaf brings its merchant (decision 31). */
export interface EarnedLine {
  lineNo: number;
  /** The buyer's money that stays. */
  payableFen: Fen;
  pointsFen: Fen;
  /** What the platform bears, and pays to the merchant. */
  platformDiscountFen: Fen;
  commissionFen: Fen;
}

/**
 * What the pieces of a leaf that were not taken back bring: of n units those taken back carried floor(total · k / n), so
 * the rest is what is kept, to the fen (RF-4). What was given back beside the pieces is the merchant's loss, where it is not
 * the platform's goodwill (RF-8), and no commission is taken of it.
 */
export function earnedBy(leaf: OrderNode, contract: Contract): EarnedLine[] {
  const kept = keptMoney(leaf);
  const keys = leaf.lines.map((line) => line.skuId);
  const beside = givenBeside(leaf);
  const freight = apportion(
    beside.merchantFreightFen,
    kept.map(({ freightFen }) => freightFen),
    keys,
  );
  const besides = apportion(
    beside.merchantGoodsFen,
    kept.map(({ payableFen }, index) => payableFen - (freight[index] ?? 0n)),
    keys,
  );
  return leaf.lines.map((line, index) => {
    const rest = (total: Fen) => restOf(leaf, line, total);
    const givenBackFen = besides[index] ?? 0n;
    const shopDiscountFen = rest(line.shopDiscountFen);
    const commissionedFen = rest(line.goodsFen) - shopDiscountFen - givenBackFen;
    return {
      lineNo: line.lineNo,
      payableFen: (kept[index]?.payableFen ?? 0n) - (freight[index] ?? 0n) - givenBackFen,
      pointsFen: rest(line.pointsFen),
      platformDiscountFen: rest(line.discountFen) - shopDiscountFen,
      commissionFen: commissionOf(line.category, commissionedFen, contract),
    };
  });
}

/** Category rate × (goods − shop-borne discounts − what was given back), half up, freight excluded (decision 31). */
export function commissionOf(category: string, baseFen: Fen, contract: Contract): Fen {
  const bps = BigInt(contract.commissionBps[category] ?? contract.commissionBps.default);
  return baseFen > 0n ? (baseFen * bps + 5_000n) / 10_000n : 0n;
}

export function sumsOf(lines: readonly EarnedLine[]) {
  return {
    payableFen: sumFen(lines.map((line) => line.payableFen)),
    pointsFen: sumFen(lines.map((line) => line.pointsFen)),
    platformDiscountFen: sumFen(lines.map((line) => line.platformDiscountFen)),
  };
}

/** What becomes due of earned lines, or stops being so where they are negative, after the contract's period. */
export function settlementLines(
  { orderNo, merchantId }: OrderNode,
  lines: readonly EarnedLine[],
  { contract, at, seq }: { contract: Contract; at: Date; seq: number },
): NewSettlementLine[] {
  if (merchantId === null) throw new Error(`${orderNo} is not a leaf`);
  const dueAt = new Date(at.getTime() + contract.settleAfterSeconds * 1000);
  return lines.flatMap(({ lineNo, commissionFen, ...money }) => {
    const baseFen = money.payableFen + money.pointsFen + money.platformDiscountFen;
    if (baseFen === 0n && commissionFen === 0n) return [];
    return [
      { orderNo, lineNo, seq, merchantId, dueAt, baseFen, commissionFen, netFen: baseFen - commissionFen },
    ];
  });
}

/**
 * A received leaf gives something back: its buyer keeps the points of what stays (RF-9), its merchant earned less, at the rates it was earned by, and the payable may
 * become negative (FN-3, decision 32). Nothing of the receipt changes: a reversing voucher and settlement lines are
 * added, due at once, so that they meet the next settlement.
 */
export function earnLess(
  effects: Effects,
  change: { before: OrderNode; after: OrderNode },
  { contract, cause, operator, at }: { contract: Contract; cause: string; operator: string; at: Date },
): void {
  const { before, after } = change;
  const { orderNo, rootNo, merchantId } = before;
  if (merchantId === null) throw new Error(`${orderNo} is not a leaf`);
  unearnPoints(effects, change, { cause, operator, at });
  const then = earnedBy(after, contract);
  const lost = earnedBy(before, contract).map((line, index): EarnedLine => {
    const left = then[index] as EarnedLine;
    return {
      lineNo: line.lineNo,
      payableFen: left.payableFen - line.payableFen,
      pointsFen: left.pointsFen - line.pointsFen,
      platformDiscountFen: left.platformDiscountFen - line.platformDiscountFen,
      commissionFen: left.commissionFen - line.commissionFen,
    };
  });
  const { payableFen, pointsFen, platformDiscountFen } = sumsOf(lost);
  const reversal = receiptReversalVoucher(
    { orderNo, rootNo, operator, at },
    { merchantId, cause, depositsFen: -payableFen - pointsFen, platformDiscountFen: -platformDiscountFen },
  );
  // What the platform gives costs the merchant nothing.
  if (reversal.postings.length > 0) effects.vouchers.push(reversal);
  const dueNow = { ...contract, settleAfterSeconds: 0 };
  effects.settlementLines.push(
    ...settlementLines(before, lost, { contract: dueNow, at, seq: before.version }),
  );
}

/** A leaf closes before it is received: freight that its buyer bears is its merchant's all the same (RF-5). */
export function earnRest(
  effects: Effects,
  after: OrderNode,
  { contract, operator, at }: { contract: Contract; operator: string; at: Date },
): void {
  const rest = earnedBy(after, contract);
  const { orderNo, rootNo, merchantId } = after;
  if (merchantId === null || rest.every((line) => line.payableFen === 0n)) return;
  effects.vouchers.push(receiptVoucher({ orderNo, rootNo, operator, at }, { merchantId, ...sumsOf(rest) }));
  effects.settlementLines.push(...settlementLines(after, rest, { contract, at, seq: 0 }));
}
