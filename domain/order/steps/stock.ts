import type { StockChange } from '../effects.ts';
import type { OrderNode } from '../node.ts';

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

/** What comes back when a paid leaf ends before hand-over: all that it sold. */
export function returnStock(leaf: OrderNode): StockChange[] {
  return leaf.lines.map((line) => movement(leaf, line, 'return', line.quantity, 0));
}

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
    warehouseId: line.warehouseId,
    cause,
    onHandDelta,
    reservedDelta,
  };
}
