import { accounts } from '../../domain/ledger/voucher.ts';
import { sumFen } from '../../domain/money.ts';
import { worthOf } from '../../domain/pricing/points.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { same } from './same.ts';

/** How many of a line's pieces were taken back. */
export function reversedOf(model: FulfilmentModel, lineNo: number): number {
  return model.reversals.reduce((sum, one) => sum + (one.lineNo === lineNo ? one.quantity : 0), 0);
}

/** The reasons that are the buyer's own; all others are the merchant's fault, and freight goes back, too (RF-5). */
const OWN_REASONS = new Set(['no_reason', 'wrong_size', 'refused_delivery', 'cancelled_late']);

/** The first `count` of `of` units of an amount (decision 3). */
const first = (total: bigint, count: number, of: number): bigint => (total * BigInt(count)) / BigInt(of);

/** What went back is what the pieces carried, and never more than was paid (I3, RF-4). */
export function checkMoney(model: FulfilmentModel): void {
  const { leaf, reversals } = model;
  const { payableFen, givenBackFen, points, pointsFen, state, creditFen } = leaf;
  const { movedOut } = model;
  // An order that ended unpaid aside, what went over to a replacement is not here any more.
  same([givenBackFen, givenBackFen <= payableFen], [model.givenFen + movedOut.creditFen, true]);
  same(givenBackFen, model.dueBackFen);
  const back = { points: 0, pointsFen: 0n };
  for (const line of leaf.lines) {
    const own = reversals.filter(({ lineNo }) => lineNo === line.lineNo);
    let before = 0;
    let keptFen = 0n;
    for (const reversal of own) {
      const after = before + reversal.quantity;
      const share = (total: bigint) =>
        first(total, after, line.quantity) - first(total, before, line.quantity);
      const [cashFen, freightFen] = [share(line.payableFen), share(line.freightFen)];
      const theCase = model.cases.get(reversal.cause);
      // What is replaced was delivered, whoever's fault it is.
      const isOwn = OWN_REASONS.has(theCase?.reason ?? '') || theCase?.state === 'exchanged';
      const keeps = !isOwn ? 0n : freightFen < cashFen ? freightFen : cashFen;
      same(
        { cashFen: reversal.cashFen, points: reversal.points, pointsFen: reversal.pointsFen },
        {
          cashFen: cashFen - keeps,
          points: Number(share(BigInt(line.points))),
          pointsFen: share(line.pointsFen),
        },
      );
      before = after;
      keptFen += keeps;
      back.points += reversal.points;
      back.pointsFen += reversal.pointsFen;
    }
    same(leaf.progress[line.lineNo]?.keptFen ?? 0, Number(keptFen));
  }
  same(
    model.points.reduce((sum, { balanceDelta }) => sum + balanceDelta, 0),
    back.points - movedOut.points + model.earnedPoints,
  );
  // The points of a replacement were taken where they came from.
  const redeemedFen = leaf.exchangeOf === null ? pointsFen : 0n;
  same(
    model.balance(accounts.pointsLiability),
    redeemedFen - back.pointsFen + movedOut.pointsFen - worthOf(model.earnedPoints),
  );
  same(model.balance(accounts.channel('alipay')), payableFen - creditFen - model.givenFen);
  const isOver = state === 'completed' || state === 'closed' || state === 'cancelled';
  same(
    -model.balance(accounts.deposits),
    isOver
      ? 0n
      : payableFen - givenBackFen + pointsFen - back.pointsFen + model.balance(accounts.goodwillCost),
  );
  checkFreight(model);
  if (state === 'cancelled') same([model.givenFen, back.points], [payableFen, points]);
}

/** A merchant earned what stays of a leaf that has ended, and nothing before that (FN-2, decision 31). */
export function checkEarned(model: FulfilmentModel): void {
  const { leaf, settlementLines } = model;
  const baseFen = sumFen(settlementLines.map((line) => line.baseFen));
  same(-model.balance(accounts.merchantPayable(leaf.merchantId ?? '')), baseFen);
  if (leaf.state !== 'completed' && leaf.state !== 'closed') {
    same(settlementLines.length, 0);
    return;
  }
  let benefitsFen = 0n;
  for (const line of leaf.lines) {
    const reversed = reversedOf(model, line.lineNo);
    const rest = (total: bigint) => total - first(total, reversed, line.quantity);
    benefitsFen += rest(line.pointsFen) + rest(line.discountFen) - rest(line.shopDiscountFen);
    const own = settlementLines.filter(({ lineNo }) => lineNo === line.lineNo);
    const ownFen = sumFen(own.map((one) => one.baseFen));
    const commissionFen = sumFen(own.map((one) => one.commissionFen));
    same([ownFen >= 0n, commissionFen >= 0n, commissionFen <= ownFen], [true, true, true]);
    // What came back as a whole brings no more than the freight of it that the buyer bears.
    if (reversed === line.quantity)
      same([ownFen <= BigInt(leaf.progress[line.lineNo]?.keptFen ?? 0), commissionFen], [true, 0n]);
    for (const one of own) same(one.netFen, one.baseFen - one.commissionFen);
  }
  // What the platform gave costs its merchant nothing (RF-8).
  same(baseFen, leaf.payableFen - leaf.givenBackFen + model.balance(accounts.goodwillCost) + benefitsFen);
}

/** No freight goes back twice, and whoever gave it bears it (RF-8). */
function checkFreight(model: FulfilmentModel): void {
  const { leaf, freight, platformGivenFen } = model;
  const totalFen = sumFen(leaf.lines.map((line) => line.freightFen));
  // The shares of goods and freight are rounded apart: up to a fen a line.
  const roundedFen = BigInt(leaf.lines.length);
  same(freight.aloneFen + freight.withPiecesFen - freight.heldBackFen <= totalFen + roundedFen, true);
  const { freightFen = 0, platformFen = 0, platformFreightFen = 0 } = leaf.goodwill;
  same(BigInt(platformFen), model.balance(accounts.goodwillCost));
  same(
    [freightFen >= 0, BigInt(freightFen) <= freight.aloneFen, BigInt(platformFen) <= platformGivenFen],
    [true, true, true],
  );
  same(0 <= platformFreightFen && platformFreightFen <= Math.min(freightFen, platformFen), true);
}

/** A received leaf earned its buyer so many points for each whole yuan of the goods that stay (CK-12, RF-9). */
export function checkPoints(model: FulfilmentModel): void {
  const { leaf } = model;
  let [keptFen, goodsFen] = [0n, 0n];
  for (const line of leaf.lines) {
    const rest = (total: bigint) => total - first(total, reversedOf(model, line.lineNo), line.quantity);
    const freightFen = line.freightFen < line.payableFen ? line.freightFen : line.payableFen;
    keptFen += rest(line.payableFen) + BigInt(leaf.progress[line.lineNo]?.keptFen ?? 0);
    goodsFen += rest(line.payableFen - freightFen);
  }
  const besideFen = leaf.givenBackFen - leaf.payableFen + keptFen;
  const [givenFen, freightFen] = [BigInt(leaf.goodwill.freightFen ?? 0), keptFen - goodsFen];
  const staysFen = goodsFen - besideFen + (givenFen < freightFen ? givenFen : freightFen);
  const yuan = staysFen > 0n ? Number(staysFen / 100n) : 0;
  same(model.earnedPoints, model.receivedAt ? yuan * (leaf.earnRate ?? 0) : 0);
}
