import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { NewShipment } from '../fulfilment-effects.ts';
import type { OrderNode } from '../node.ts';
import { moved, toDispatch } from '../progress.ts';
import { shipmentNoOf } from './leave.ts';
import { warehouseOf } from './stock.ts';

/**
 * The dispatch centre's work (FU-2): what nobody sends yet becomes a shipment per warehouse, which is to be told. Pieces
 * in a warehouse without a system stay the merchant's.
 */
export function dispatch(leaf: OrderNode, hasSystem: (warehouseId: string) => boolean): Decision {
  const isDue = leaf.dispatch === 'due' && leaf.review === 'confirmed' && leaf.cancellationNo === null;
  if (leaf.state !== 'awaiting_shipment' || !isDue) return refuse('nothing_to_dispatch', leaf.state);
  const { orderNo, rootNo } = leaf;
  const effects = noEffects();
  const pieces = toDispatch(leaf).map((piece) => {
    const line = leaf.lines.find(({ lineNo }) => lineNo === piece.lineNo);
    if (!line) throw new Error(`${orderNo} has no line ${piece.lineNo}`);
    return { ...piece, warehouseId: warehouseOf(leaf, line) };
  });
  const warehouseIds = [...new Set(pieces.map(({ warehouseId }) => warehouseId))].filter(hasSystem).sort();
  const shipments = warehouseIds.map((warehouseId, index): NewShipment => {
    const lines = pieces
      .filter((piece) => piece.warehouseId === warehouseId)
      .map(({ lineNo, quantity }) => ({ lineNo, quantity }));
    const shipmentNo = shipmentNoOf(orderNo, leaf.shipmentsMade + 1 + index);
    return { shipmentNo, orderNo, rootNo, lines, how: { stage: 'planned', warehouseId } };
  });
  effects.shipments.push(...shipments);
  const planned = shipments.flatMap(({ lines }) => lines);
  effects.nodes.push(
    change(leaf, 'dispatch', leaf.state, {
      dispatch: 'done',
      progress: moved(leaf.progress, planned, { from: null, to: 'planned' }),
      shipmentsMade: leaf.shipmentsMade + shipments.length,
    }),
  );
  return accept(effects);
}
