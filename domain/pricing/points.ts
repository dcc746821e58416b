import type { Fen } from '../money.ts';
import { explain, type LineState, leftOf, type PricingState, sharesOf } from './state.ts';
import type { PointsPolicy, PricingInput } from './types.ts';

export const POINTS_POLICY: PointsPolicy = { pointsPerYuan: 100, maxPercent: 50 };

/** What points are worth to their buyer, in fen: how the books value them. */
export function worthOf(points: number): Fen {
  return (BigInt(points) * 100n) / BigInt(POINTS_POLICY.pointsPerYuan);
}

/**
 * Points (积分) pay part of what is left for the goods, freight excluded (CK-6): at most what the buyer asked for and
 * has, and at most the policy's share. They are apportioned to the lines by what is left of each; asking for more than
 * the bound takes the bound, and the step shows how many were taken.
 */
export function points(state: PricingState, input: PricingInput): PricingState {
  if (input.pointsAsked === 0) return state;
  const budget = Math.max(0, Math.min(input.pointsAsked, input.pointsAvailable));
  const boundFen = (leftOf(state.lines) * BigInt(input.pointsPolicy.maxPercent)) / 100n;
  const used = redeemable(budget, boundFen, input.pointsPolicy);
  return explain(
    { ...state, lines: takePoints(state.lines, used) },
    { step: 'points', sourceId: null, name: `积分抵扣（${used.points} 分）`, amountFen: -used.pointsFen },
  );
}

/**
 * How many of `budget` points are taken for at most `boundFen`. Only whole points, their money rounded down to the fen,
 * and no point that buys nothing: with 150 points to the yuan, 2 points buy 1 fen and a third would buy none.
 */
export function redeemable(
  budget: number,
  boundFen: Fen,
  policy: PointsPolicy,
): { points: number; pointsFen: Fen } {
  const perYuan = BigInt(policy.pointsPerYuan);
  const boundPoints = ceilDiv((boundFen + 1n) * perYuan, 100n) - 1n;
  const affordable = BigInt(budget) < boundPoints ? BigInt(budget) : boundPoints;
  const pointsFen = (affordable * 100n) / perYuan;
  return { points: Number(ceilDiv(pointsFen * perYuan, 100n)), pointsFen };
}

/** The money by what is left of each line, then the points by the money: at 100 points to the yuan they are equal. */
function takePoints(
  lines: readonly LineState[],
  { points, pointsFen }: { points: number; pointsFen: Fen },
): LineState[] {
  const money = sharesOf(pointsFen, lines, (line) => line.leftFen);
  const moneyOf = (line: LineState) => money.get(line.line.skuId) ?? 0n;
  const count = sharesOf(BigInt(points), lines, moneyOf);
  return lines.map((line) => ({
    ...line,
    points: Number(count.get(line.line.skuId) ?? 0n),
    pointsFen: moneyOf(line),
  }));
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
