import type { LineQuantity } from '../cancellation.ts';
import { accept, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isWithin, moved, openLines } from '../progress.ts';
import { isPossible } from '../states.ts';
import { goOn, sentShipment, tellParcel } from './leave.ts';

export interface ShipCommand {
  carrier: string;
  trackingNo: string;
  /** The pieces in the parcel; all that nobody sends yet when not given. */
  lines?: readonly LineQuantity[];
}

/** Why a leaf is not its merchant's to ship now; null if it is (FU-3, CN-2). */
export function whyNotShippable(leaf: OrderNode): string | null {
  if (!isPossible('ship', leaf.state)) return 'not_awaiting_shipment';
  if (leaf.review !== 'confirmed') return 'not_reviewed';
  if (leaf.cancellationNo !== null) return 'cancellation_open';
  return leaf.dispatch === 'due' || openLines(leaf).length === 0 ? 'warehouse_ships' : null;
}

/**
 * The merchant handed a parcel over (FU-3), with everything or part of it (FU-4). What a warehouse sends, and an order
 * that is being cancelled, is not the merchant's to ship (CN-2, decision 24).
 */
export function ship(leaf: OrderNode, { carrier, trackingNo, lines }: ShipCommand, at: Date): Decision {
  const reason = whyNotShippable(leaf);
  if (reason) return refuse(reason, leaf.state);
  const open = openLines(leaf);
  const pieces = lines ?? open;
  if (!isWithin(pieces, open)) return refuse('more_than_open', leaf.state);
  const effects = noEffects();
  const shipmentsMade = leaf.shipmentsMade + 1;
  const parcel = { carrier, trackingNo, weightGrams: null, lines: pieces };
  const shipment = sentShipment(leaf, shipmentsMade, parcel, { warehouseId: null, partOf: null });
  effects.shipments.push(shipment);
  tellParcel(effects, leaf, shipment.shipmentNo, parcel);
  const progress = moved(leaf.progress, pieces, { from: null, to: 'shipped' });
  goOn(effects, leaf, 'ship', { progress, shipmentsMade }, at);
  return accept(effects);
}
