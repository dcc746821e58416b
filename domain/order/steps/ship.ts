import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

export interface ShipCommand {
  carrier: string;
  trackingNo: string;
}

/** The merchant handed the parcel over (FU-3): the order awaits receipt and the auto-receipt clock starts (ST-3). */
export function ship(leaf: OrderNode, command: ShipCommand, at: Date): Decision {
  if (!isPossible('ship', leaf.state)) return refuse('not_awaiting_shipment', leaf.state);
  if (leaf.review !== 'confirmed') return refuse('not_reviewed', leaf.state);
  const effects = noEffects();
  const autoReceiptAt = new Date(at.getTime() + leaf.autoReceiptSeconds * 1000);
  effects.nodes.push(change(leaf, 'ship', 'awaiting_receipt', { shippedAt: at, autoReceiptAt }));
  effects.shipments.push({
    shipmentNo: `${leaf.orderNo}S1`,
    orderNo: leaf.orderNo,
    rootNo: leaf.rootNo,
    ...command,
  });
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: 'shipped',
    recipient: `buyer:${leaf.buyerId}`,
    params: { ...command },
  });
  return accept(effects);
}
