import type { LineQuantity } from '../cancellation.ts';
import type { StockChange, WriteOff } from '../effects.ts';
import type { OrderLine, OrderNode } from '../node.ts';

/** What a leaf locks at submit: the lines whose stock is reserved by the order (IN-1). */
export function reserveStock(leaf: OrderNode): StockChange[] {
  return reservedLines(leaf).map((line) => movement(leaf, line, 'reserve', 0, line.quantity));
}

/** What a leaf gives back when it ends unpaid: exactly what it reserved (IN-3). */
export function releaseStock(leaf: OrderNode): StockChange[] {
  return reservedLines(leaf).map((line) => movement(leaf, line, 'release', 0, -line.quantity));
}

/** What payment sells: reserved pieces leave both counts; in the other mode they are taken only now (IN-1). */
export function sellStock(leaf: OrderNode): StockChange[] {
  return leaf.lines.map((line) =>
    movement(leaf, line, 'sell', -line.quantity, line.inventoryMode === 'reserve' ? -line.quantity : 0),
  );
}

/** Pieces that come back on sale where they were sold from; `ref` names the step that takes them back. */
export function returnStock(leaf: OrderNode, pieces: readonly LineQuantity[], ref: string): StockChange[] {
  return ofLines(leaf, pieces, (line, quantity) => [{ ...movement(leaf, line, 'return', quantity, 0), ref }]);
}

/** Pieces that were sold and cannot be sold again (FU-5, IN-6): they come back and are written off at once. */
export function writeOffStock(
  leaf: OrderNode,
  pieces: readonly LineQuantity[],
  ref: string,
  why: WriteOff = 'shortage',
): StockChange[] {
  return ofLines(leaf, pieces, (line, quantity) => [
    { ...movement(leaf, line, 'return', quantity, 0), ref },
    { ...movement(leaf, line, why, -quantity, 0), ref },
  ]);
}

/** Pieces that another warehouse sends instead (FU-2): back on sale in the one, sold in the other. */
export function reassignStock(
  leaf: OrderNode,
  pieces: readonly LineQuantity[],
  to: { warehouseId: string; ref: string },
): StockChange[] {
  return ofLines(leaf, pieces, (line, quantity) =>
    [
      movement(leaf, line, 'reassign', quantity, 0),
      { ...movement(leaf, line, 'reassign', -quantity, 0), ...to },
    ].map((change) => ({ ...change, ref: to.ref })),
  );
}

function ofLines(
  leaf: OrderNode,
  pieces: readonly LineQuantity[],
  changes: (line: OrderLine, quantity: number) => StockChange[],
): StockChange[] {
  return pieces.flatMap(({ lineNo, quantity }) =>
    leaf.lines.filter((line) => line.lineNo === lineNo).flatMap((line) => changes(line, quantity)),
  );
}

/** Where a line's pieces come from: the warehouse that reserved them, or one that took them over. */
export const warehouseOf = (leaf: Pick<OrderNode, 'progress'>, line: OrderLine): string =>
  leaf.progress[line.lineNo]?.warehouseId ?? line.warehouseId;

function reservedLines(leaf: OrderNode) {
  return leaf.lines.filter((line) => line.inventoryMode === 'reserve');
}

function movement(
  leaf: OrderNode,
  line: OrderNode['lines'][number],
  cause: StockChange['cause'],
  onHandDelta: number,
  reservedDelta: number,
): StockChange {
  return {
    orderNo: leaf.orderNo,
    skuId: line.skuId,
    warehouseId: warehouseOf(leaf, line),
    cause,
    onHandDelta,
    reservedDelta,
  };
}
