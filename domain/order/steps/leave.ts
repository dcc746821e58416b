import type { LineQuantity } from '../cancellation.ts';
import { change, type Effects, type NodeChange } from '../effects.ts';
import type { NewShipment, Parcel } from '../fulfilment-effects.ts';
import type { OrderNode } from '../node.ts';
import { isAllShipped } from '../progress.ts';
import type { StepAction } from '../states.ts';

/** A parcel that leaves, and the pieces in it. */
export interface Leaving extends Parcel {
  lines: readonly LineQuantity[];
}

/** The number of a leaf's nth shipment. */
export const shipmentNoOf = (orderNo: string, index: number): string => `${orderNo}S${index}`;

/** What the merchant decides about pieces that no warehouse sends. */
export const merchantsTaskOf = (shipmentNo: string): string => `warehouse-${shipmentNo}-refused`;

/** What a person may have been asked to see to while a shipment lay in its warehouse. */
const TROUBLES = ['warehouse_unreachable', 'warehouse_slow', 'warehouse_forgot'];

/** Nothing of a leaf is left to send: the tasks about its shipments are done. */
export function finishTasks(effects: Effects, { orderNo, shipmentsMade }: OrderNode, outcome: string): void {
  for (let index = 1; index <= shipmentsMade; index++) {
    const shipmentNo = shipmentNoOf(orderNo, index);
    const troubles = TROUBLES.map((kind) => `${kind}-${shipmentNo}`);
    for (const workItemId of [merchantsTaskOf(shipmentNo), ...troubles])
      effects.workItemsDone.push({ workItemId, outcome });
  }
}

/** A shipment of its own for a parcel that has left. */
export function sentShipment(
  leaf: OrderNode,
  index: number,
  { lines, ...parcel }: Leaving,
  from: { warehouseId: string | null; partOf: string | null },
): NewShipment {
  const { orderNo, rootNo } = leaf;
  return {
    ...{ shipmentNo: shipmentNoOf(orderNo, index), orderNo, rootNo, lines },
    how: { stage: 'handed_over', ...parcel, ...from },
  };
}

/**
 * Changes the leaf's row after `set` (its pieces' progress among it): once all that was not taken back has left, it
 * awaits receipt and the auto-receipt clock starts with the last parcel (FU-4, ST-3, decision 27).
 */
export function goOn(
  effects: Effects,
  leaf: OrderNode,
  action: StepAction,
  set: NodeChange['set'],
  at: Date,
): void {
  const isComplete = leaf.state === 'awaiting_shipment' && isAllShipped({ ...leaf, ...set });
  if (isComplete && leaf.dispatch !== 'merchant') finishTasks(effects, leaf, 'shipped');
  effects.nodes.push(
    change(leaf, action, isComplete ? 'awaiting_receipt' : leaf.state, {
      ...set,
      ...(isComplete ? receiptClock(leaf, at) : {}),
    }),
  );
}

/** A parcel in trouble stops the clock before it starts: all of it is left when the trouble ends. */
function receiptClock(leaf: OrderNode, at: Date): NodeChange['set'] {
  const clockLeftMs = leaf.autoReceiptSeconds * 1000;
  return {
    shippedAt: at,
    autoReceiptAt: new Date(at.getTime() + clockLeftMs),
    ...(leaf.holds > 0 ? { clockLeftMs } : {}),
  };
}

/** The buyer is told of each parcel that leaves. */
export function tellParcel(
  effects: Effects,
  leaf: OrderNode,
  shipmentNo: string,
  { carrier, trackingNo }: Pick<Parcel, 'carrier' | 'trackingNo'>,
): void {
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `shipped:${shipmentNo}`,
    recipient: `buyer:${leaf.buyerId}`,
    params: { carrier, trackingNo },
  });
}
