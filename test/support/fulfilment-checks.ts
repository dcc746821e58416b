import { isInWarehouse } from '../../domain/fulfilment/stages.ts';
import { sumFen } from '../../domain/money.ts';
import { isDecided } from '../../domain/order/cancellation.ts';
import { openLines } from '../../domain/order/progress.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import { merchantsTaskOf } from '../../domain/order/steps/leave.ts';
import { warehouseOf } from '../../domain/order/steps/stock.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { same } from './same.ts';

/** Counts, stock, state and money of a leaf agree with each other. */
export function checkAll(model: FulfilmentModel): void {
  checkPieces(model);
  checkStock(model);
  checkState(model);
  checkMoney(model);
}

/** A line's pieces are where its progress says, and each is in one place at most (I4). */
function checkPieces(model: FulfilmentModel): void {
  const lying = (stages: (row: ShipmentRow) => boolean, lineNo: number) =>
    model.rows
      .filter(stages)
      .flatMap(({ lines }) => lines)
      .reduce((sum, line) => sum + (line.lineNo === lineNo ? line.quantity : 0), 0);
  for (const { lineNo, quantity } of model.leaf.lines) {
    const { planned = 0, shipped = 0, reversed = 0 } = model.leaf.progress[lineNo] ?? {};
    same(
      { planned, shipped, reversed },
      {
        planned: lying(({ stage }) => stage === 'planned' || isInWarehouse(stage), lineNo),
        shipped: lying(({ stage }) => stage === 'handed_over', lineNo),
        reversed: reversedOf(model, lineNo),
      },
    );
    same(Math.min(planned, shipped, reversed) >= 0, true);
    same(planned + shipped + reversed <= quantity, true);
  }
  same(
    model.rows.every(({ lines }) => lines.length > 0),
    true,
  );
}

function reversedOf(model: FulfilmentModel, lineNo: number): number {
  return model.reversals.reduce((sum, one) => sum + (one.lineNo === lineNo ? one.quantity : 0), 0);
}

/** Every warehouse is without exactly the pieces that left it and those it is still to send (I1). */
function checkStock(model: FulfilmentModel): void {
  const expected = new Map(model.left);
  for (const line of model.leaf.lines) {
    const shipped = model.leaf.progress[line.lineNo]?.shipped ?? 0;
    const key = `${line.skuId} ${warehouseOf(model.leaf, line)}`;
    const unsent = line.quantity - shipped - reversedOf(model, line.lineNo);
    expected.set(key, (expected.get(key) ?? 0) + unsent);
  }
  const sold = new Map<string, number>();
  for (const { skuId, warehouseId, cause, onHandDelta } of model.stock) {
    if (cause === 'shortage') continue;
    const key = `${skuId} ${warehouseId}`;
    sold.set(key, (sold.get(key) ?? 0) - onHandDelta);
  }
  same(counted(sold), counted(expected));
  // What was not there is written off, piece for piece.
  const missing = [...model.cancellations.values()].filter((row) => row.missing);
  const reversed = model.reversals.filter(({ cause }) => missing.some((row) => row.cancellationNo === cause));
  const writtenOff = model.stock.filter(({ cause }) => cause === 'shortage');
  same(
    writtenOff.reduce((sum, { onHandDelta }) => sum - onHandDelta, 0),
    reversed.reduce((sum, { quantity }) => sum + quantity, 0),
  );
  const movements = model.stock.map(
    ({ skuId, warehouseId, cause, ref }) => `${skuId} ${warehouseId} ${cause} ${ref}`,
  );
  same(new Set(movements).size, movements.length);
}

function checkState(model: FulfilmentModel): void {
  const { state, cancellationNo, autoReceiptAt, lines, progress } = model.leaf;
  const kept = lines.map(({ lineNo, quantity }) => quantity - reversedOf(model, lineNo));
  const isComplete = lines.every(
    ({ lineNo }, index) => (progress[lineNo]?.shipped ?? 0) === (kept[index] as number),
  );
  if (kept.every((count) => count === 0)) same(state, 'cancelled');
  else same(state, isComplete ? 'awaiting_receipt' : 'awaiting_shipment');
  same(autoReceiptAt !== null, state === 'awaiting_receipt');
  const undecided = [...model.cancellations.values()].filter((row) => !isDecided(row.state));
  same(
    undecided.map((row) => row.cancellationNo),
    cancellationNo === null ? [] : [cancellationNo],
  );
  checkQueue(model, undecided);
  same(model.coupons.length, state === 'cancelled' ? model.leaf.couponIds.length : 0);
}

/** A person is asked about what waits for one, and about nothing else. */
function checkQueue(model: FulfilmentModel, undecided: readonly Cancellation[]): void {
  const questions = undecided.filter((row) => row.state === 'queued').map((row) => row.cancellationNo);
  const tasks = [...model.workItems].filter((id) => !questions.includes(id.replace(/^cancel-/, '')));
  same(model.workItems.size - tasks.length, questions.length);
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

/** What went back is what the pieces carried, and never more than was paid (I3, RF-4). */
function checkMoney(model: FulfilmentModel): void {
  const { payableFen, givenBackFen, points, pointsFen, state } = model.leaf;
  const sharesFen = sumFen(model.reversals.map(({ cashFen }) => cashFen)) + model.goodwillFen;
  same(givenBackFen, model.givenFen);
  same(model.givenFen, sharesFen < payableFen ? sharesFen : payableFen);
  const pointsBack = model.points.reduce((sum, { balanceDelta }) => sum + balanceDelta, 0);
  same(
    pointsBack,
    model.reversals.reduce((sum, one) => sum + one.points, 0),
  );
  same(model.balance('points_liability'), pointsFen - sumFen(model.reversals.map((one) => one.pointsFen)));
  if (state === 'cancelled') same([model.givenFen, pointsBack], [payableFen, points]);
}

const counted = (counts: Map<string, number>) => [...counts].filter(([, count]) => count !== 0).sort();
