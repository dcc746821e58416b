import { isCaseOver } from '../../domain/after-sale/case.ts';
import { isInWarehouse } from '../../domain/fulfilment/stages.ts';
import { isDecided } from '../../domain/order/cancellation.ts';
import { openLines } from '../../domain/order/progress.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import { merchantsTaskOf } from '../../domain/order/steps/leave.ts';
import { warehouseOf } from '../../domain/order/steps/stock.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { checkEarned, checkMoney, checkPoints, reversedOf } from './money-checks.ts';
import { same } from './same.ts';

/** Counts, stock, state, cases and money of a leaf agree with each other. */
export function checkAll(model: FulfilmentModel): void {
  checkPieces(model);
  checkStock(model);
  checkState(model);
  checkCases(model);
  checkMoney(model);
  checkEarned(model);
  checkPoints(model);
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
  const undone = isUndone ? model.leaf.couponIds.filter((couponId) => !isExchanged(model, couponId)) : [];
  if (model.leaf.kind === 'single') same(model.coupons.length, undone.length);
}

/** What was exchanged is still served by its coupons (RT-8). */
export const isExchanged = ({ leaf, exchanged }: FulfilmentModel, couponId: string): boolean =>
  leaf.lines.some(
    ({ lineNo, discounts }) =>
      exchanged.has(lineNo) && discounts.some(({ sourceId }) => sourceId === couponId),
  );

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
    same(dueAt === null, isCaseOver(state) || state === 'arbitration');
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

const counted = (counts: Map<string, number>) => [...counts].filter(([, count]) => count !== 0).sort();
