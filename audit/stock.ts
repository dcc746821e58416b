import { type Books, type Finding, type StockMovement } from './facts.ts';
import { grouped } from './sums.ts';

type StockBooks = Pick<Books, 'orders' | 'lines' | 'stockLevels' | 'stockMovements'>;

/** I1: opening stock and movements make what is on hand; what is reserved is what unpaid orders hold, no more, no less. */
export function auditStock({ orders, lines, stockLevels, stockMovements }: StockBooks): Finding[] {
  const findings: Finding[] = [];
  const note = (subject: string, problem: string) => findings.push({ invariant: 'I1', subject, problem });
  const place = (row: { skuId: string; warehouseId: string }) => `${row.skuId} in ${row.warehouseId}`;
  const movements = grouped(stockMovements, place);
  const waiting = new Set(
    orders.filter(({ state }) => state === 'awaiting_payment').map(({ orderNo }) => orderNo),
  );
  const reserving = lines.filter((line) => line.inventoryMode === 'reserve' && waiting.has(line.orderNo));
  const held = grouped(reserving, place);

  for (const level of stockLevels) {
    const subject = `stock of ${place(level)}`;
    const moved = { onHand: 0, reserved: 0 };
    for (const { onHandDelta, reservedDelta } of movements.of(place(level))) {
      moved.onHand += onHandDelta;
      moved.reserved += reservedDelta;
    }
    if (moved.onHand !== level.onHand)
      note(subject, `${level.onHand} are on hand, the movements make ${moved.onHand}`);
    if (moved.reserved !== level.reserved)
      note(subject, `${level.reserved} are reserved, the movements make ${moved.reserved}`);
    const quantity = held.of(place(level)).reduce((sum, line) => sum + line.quantity, 0);
    if (quantity !== level.reserved)
      note(subject, `${level.reserved} are reserved, unpaid orders hold ${quantity}`);
    if (level.onHand < 0 || level.reserved < 0 || level.reserved > level.onHand)
      note(subject, `${level.onHand} on hand and ${level.reserved} reserved cannot be`);
  }
  const known = new Set(stockLevels.map(place));
  for (const movement of stockMovements)
    if (!known.has(place(movement))) note(`stock of ${place(movement)}`, 'it moves and has no level');
  return [...findings, ...ordersOnStock({ stockMovements }), ...cancelledOnStock({ orders, stockMovements })];
}

/** Sold pieces that do not go on sale again. */
const WRITE_OFFS: ReadonlySet<string> = new Set(['shortage', 'damaged', 'lost']);

/** What a paid order sold is back when it was cancelled, here or where it was moved to; a shortage is written off then. */
function cancelledOnStock({ orders, stockMovements }: Pick<Books, 'orders' | 'stockMovements'>): Finding[] {
  const cancelled = new Set(
    orders.filter(({ isPaid, state }) => isPaid && state === 'cancelled').map(({ orderNo }) => orderNo),
  );
  const moves = grouped(
    stockMovements.filter(({ orderNo, cause }) => cancelled.has(orderNo ?? '') && !WRITE_OFFS.has(cause)),
    ({ orderNo, skuId, warehouseId }) => `order ${orderNo}: ${skuId} in ${warehouseId}`,
  );
  return [...moves.keys()].flatMap((subject): Finding[] => {
    const missing = -moves.of(subject).reduce((sum, { onHandDelta }) => sum + onHandDelta, 0);
    if (missing <= 0) return [];
    return [{ invariant: 'I1', subject, problem: `it is cancelled, and ${missing} pieces are not back` }];
  });
}

/** A reservation ends in a sale or a release, once; an order returns no more than it took. */
function ordersOnStock({ stockMovements }: Pick<Books, 'stockMovements'>): Finding[] {
  const ofOrders = stockMovements.filter(({ orderNo }) => orderNo !== null);
  const keyOf = ({ orderNo, skuId, warehouseId }: StockMovement) =>
    `order ${orderNo}: ${skuId} in ${warehouseId}`;
  const moves = grouped(ofOrders, keyOf);
  return [...new Set(ofOrders.map(keyOf))].flatMap((subject) => {
    const ends = moves.of(subject).filter(({ cause }) => cause === 'sell' || cause === 'release');
    const added = moves.of(subject).reduce((sum, { onHandDelta }) => sum + onHandDelta, 0);
    const problems = [
      ends.length > 1 && 'it was sold or released more than once',
      added > 0 && `it returned ${added} more than it took`,
    ];
    return problems
      .filter((problem) => problem !== false)
      .map((problem) => ({ invariant: 'I1', subject, problem }) as const);
  });
}
