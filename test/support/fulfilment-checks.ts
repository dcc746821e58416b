import { isInWarehouse } from '../../domain/fulfilment/stages.ts';
import { accounts } from '../../domain/ledger/voucher.ts';
import { sumFen } from '../../domain/money.ts';
import { isDecided } from '../../domain/order/cancellation.ts';
import { openLines } from '../../domain/order/progress.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import { merchantsTaskOf } from '../../domain/order/steps/leave.ts';
import { warehouseOf } from '../../domain/order/steps/stock.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { same } from './same.ts';

/** Counts, stock, state, cases and money of a leaf agree with each other. */
export function checkAll(model: FulfilmentModel): void {
  checkPieces(model);
  checkStock(model);
  checkState(model);
  checkCases(model);
  checkMoney(model);
  checkEarned(model);
}

/** A line's pieces are where its progress says, and each is in one place at most (I4). */
function checkPieces(model: FulfilmentModel): void {
  const lying = (stages: (row: ShipmentRow) => boolean, lineNo: number) =>
    model.rows
      .filter(stages)
      .flatMap(({ lines }) => lines)
      .reduce((sum, line) => sum + (line.lineNo === lineNo ? line.quantity : 0), 0);
  for (const { lineNo, quantity } of model.leaf.lines) {
    const { planned = 0, shipped = 0, reversed = 0, returned = 0 } = model.leaf.progress[lineNo] ?? {};
    same(
      { planned, shipped, reversed, returned },
      {
        planned: lying(({ stage }) => stage === 'planned' || isInWarehouse(stage), lineNo),
        shipped: lying(({ stage }) => stage === 'handed_over', lineNo),
        reversed: reversedOf(model, lineNo),
        returned: model.returned.get(lineNo) ?? 0,
      },
    );
    same(Math.min(planned, shipped - returned, reversed - returned) >= 0, true);
    same(planned + shipped + reversed - returned <= quantity, true);
  }
  same(
    model.rows.every(({ lines }) => lines.length > 0),
    true,
  );
}

function reversedOf(model: FulfilmentModel, lineNo: number): number {
  return model.reversals.reduce((sum, one) => sum + (one.lineNo === lineNo ? one.quantity : 0), 0);
}

/** How many of a line's pieces have left and are not taken back, and how many are still to leave. */
function piecesOf({ leaf, returned }: FulfilmentModel, line: { lineNo: number; quantity: number }) {
  const { shipped = 0, reversed = 0 } = leaf.progress[line.lineNo] ?? {};
  const sent = shipped - (returned.get(line.lineNo) ?? 0);
  const kept = line.quantity - reversed;
  return { kept, sent, unsent: kept - sent };
}

const isWriteOff = (cause: string): boolean => ['shortage', 'damaged', 'lost'].includes(cause);

/**
 * Every warehouse is without exactly the pieces that left it and those it is still to send, less those that came back
 * into it (I1, IN-6).
 */
function checkStock(model: FulfilmentModel): void {
  const expected = new Map(model.left);
  for (const line of model.leaf.lines) {
    const key = `${line.skuId} ${warehouseOf(model.leaf, line)}`;
    expected.set(key, (expected.get(key) ?? 0) + piecesOf(model, line).unsent);
  }
  for (const [key, count] of model.inspected) expected.set(key, (expected.get(key) ?? 0) - count);
  const sold = new Map<string, number>();
  for (const { skuId, warehouseId, cause, onHandDelta } of model.stock) {
    if (isWriteOff(cause)) continue;
    const key = `${skuId} ${warehouseId}`;
    sold.set(key, (sold.get(key) ?? 0) - onHandDelta);
  }
  same(counted(sold), counted(expected));
  // What was not there is written off, piece for piece.
  const missing = [...model.cancellations.values()].filter((row) => row.missing);
  const reversed = model.reversals.filter(({ cause }) => missing.some((row) => row.cancellationNo === cause));
  const writtenOff = model.stock.filter(({ cause }) => isWriteOff(cause));
  same(
    writtenOff.reduce((sum, { onHandDelta }) => sum - onHandDelta, 0),
    reversed.reduce((sum, { quantity }) => sum + quantity, model.spoiled),
  );
  const movements = model.stock.map(
    ({ skuId, warehouseId, cause, ref }) => `${skuId} ${warehouseId} ${cause} ${ref}`,
  );
  same(new Set(movements).size, movements.length);
}

/** What is given back in full ends cancelled where nothing of it had left, else closed (decision 14). */
function checkState(model: FulfilmentModel): void {
  const { state, cancellationNo, autoReceiptAt, lines, progress } = model.leaf;
  const pieces = lines.map((line) => piecesOf(model, line));
  const hasLeft = lines.some(({ lineNo }) => (progress[lineNo]?.shipped ?? 0) > 0);
  if (pieces.every(({ kept }) => kept === 0)) same(state, hasLeft ? 'closed' : 'cancelled');
  else if (model.receivedAt) same(state, 'completed');
  else same(state, pieces.every(({ unsent }) => unsent === 0) ? 'awaiting_receipt' : 'awaiting_shipment');
  if (state === 'awaiting_receipt' || state === 'awaiting_shipment')
    same(autoReceiptAt !== null, state === 'awaiting_receipt');
  const undecided = [...model.cancellations.values()].filter((row) => !isDecided(row.state));
  same(
    undecided.map((row) => row.cancellationNo),
    cancellationNo === null ? [] : [cancellationNo],
  );
  checkQueue(model, undecided);
  const isUndone = state === 'cancelled' || state === 'closed';
  if (model.leaf.kind === 'single') same(model.coupons.length, isUndone ? model.leaf.couponIds.length : 0);
}

/**
 * Holds are the open cases and the troubles of parcels, one each (RT-7); a piece is in one open case at most; whoever's
 * turn it is has a time, but for the platform's decision, which is in a queue (RT-3).
 */
function checkCases(model: FulfilmentModel): void {
  const { leaf, openCases } = model;
  const holds = [...openCases.map(({ holdId }) => holdId), ...model.alarms];
  same([leaf.holds, [...model.holds].sort()], [holds.length, holds.sort()]);
  for (const line of leaf.lines) {
    const inCases = model.inCases.reduce(
      (sum, { lineNo, quantity }) => sum + (lineNo === line.lineNo ? quantity : 0),
      0,
    );
    same(inCases <= piecesOf(model, line).sent, true);
  }
  for (const { state, dueAt } of model.cases.values())
    same(dueAt === null, ['refunded', 'closed', 'arbitration'].includes(state));
}

/** A person is asked about what waits for one, and about nothing else. */
function checkQueue(model: FulfilmentModel, undecided: readonly Cancellation[]): void {
  const questions = undecided.filter((row) => row.state === 'queued').map((row) => row.cancellationNo);
  const isDisputed = ({ state }: { state: string }) => state === 'disputed' || state === 'arbitration';
  const ofCases = [...model.workItems].filter((id) => id.startsWith('case-'));
  same(ofCases.length, model.openCases.filter(isDisputed).length);
  const others = [...model.workItems].filter((id) => !id.startsWith('case-'));
  const tasks = others.filter((id) => !questions.includes(id.replace(/^cancel-/, '')));
  same(others.length - tasks.length, questions.length);
  const ofRefused = new Set(
    model.rows
      .filter(({ stage }) => stage === 'refused')
      .map(({ shipmentNo }) => merchantsTaskOf(shipmentNo)),
  );
  same(
    tasks.filter((id) => model.leaf.state !== 'awaiting_shipment' || !ofRefused.has(id)),
    [],
  );
  // What a merchant is to ship in a warehouse's stead is among its tasks.
  const isByHand = openLines(model.leaf).some(({ lineNo }) => model.leaf.progress[lineNo]?.byHand);
  if (isByHand) same(tasks.length > 0, true);
}

/** The reasons that are the buyer's own; all others are the merchant's fault, and freight goes back, too (RF-5). */
const OWN_REASONS = new Set(['no_reason', 'wrong_size', 'refused_delivery']);

/** The first `count` of `of` units of an amount (decision 3). */
const first = (total: bigint, count: number, of: number): bigint => (total * BigInt(count)) / BigInt(of);

/** What went back is what the pieces carried, and never more than was paid (I3, RF-4). */
function checkMoney(model: FulfilmentModel): void {
  const { leaf, reversals } = model;
  const { payableFen, givenBackFen, points, pointsFen, state } = leaf;
  same([givenBackFen, givenBackFen <= payableFen], [model.givenFen, true]);
  same(model.givenFen, model.dueBackFen);
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
      const isOwn = OWN_REASONS.has(model.cases.get(reversal.cause)?.reason ?? '');
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
    back.points,
  );
  same(model.balance(accounts.pointsLiability), pointsFen - back.pointsFen);
  same(model.balance(accounts.channel('alipay')), payableFen - givenBackFen);
  const isOver = state === 'completed' || state === 'closed' || state === 'cancelled';
  same(
    -model.balance(accounts.deposits),
    isOver ? 0n : payableFen - givenBackFen + pointsFen - back.pointsFen,
  );
  if (state === 'cancelled') same([model.givenFen, back.points], [payableFen, points]);
}

/** A merchant earned what stays of a leaf that has ended, and nothing before that (FN-2, decision 31). */
function checkEarned(model: FulfilmentModel): void {
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
  same(baseFen, leaf.payableFen - leaf.givenBackFen + benefitsFen);
}

const counted = (counts: Map<string, number>) => [...counts].filter(([, count]) => count !== 0).sort();
