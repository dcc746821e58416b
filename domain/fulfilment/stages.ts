/**
 * How far a shipment is on its way out of the warehouse (FU-2). `pushing`: the warehouse is being told, so it may know of
 * it. `refused`: the warehouse will not send it, or ran into trouble; `cancelled`: it was stopped.
 */
export const SHIPMENT_STAGES = [
  'planned',
  'pushing',
  'accepted',
  'picking',
  'checked',
  'packed',
  'weighed',
  'handed_over',
  'refused',
  'cancelled',
] as const;
export type ShipmentStage = (typeof SHIPMENT_STAGES)[number];

/** The stages in which a shipment lies in the warehouse's hands and has not left. */
export const IN_WAREHOUSE = ['pushing', 'accepted', 'picking', 'checked', 'packed', 'weighed'] as const;

export const isInWarehouse = (stage: ShipmentStage): boolean =>
  (IN_WAREHOUSE as readonly ShipmentStage[]).includes(stage);

/** The later of two stages: reports come late and twice, a shipment only goes forward, and what has ended stays so. */
export function furtherStage(now: ShipmentStage, reported: ShipmentStage): ShipmentStage {
  return SHIPMENT_STAGES.indexOf(reported) > SHIPMENT_STAGES.indexOf(now) && isOpen(now) ? reported : now;
}

const isOpen = (stage: ShipmentStage): boolean => stage === 'planned' || isInWarehouse(stage);

/**
 * A stage that a warehouse reports as ours: what it calls an exception, or has stopped by itself, it will not send.
 */
export const warehouseStage = (
  reported: Exclude<ShipmentStage, 'planned' | 'pushing'> | 'exception',
): ShipmentStage => (reported === 'exception' || reported === 'cancelled' ? 'refused' : reported);

/** When a shipment should leave, and the rule that says so (FU-2). */
export interface ShipEstimate {
  at: Date;
  rule: 'warehouse_handling' | 'promised_ship_by';
}

/**
 * An accepted shipment leaves after the warehouse's usual handling time; before that, and once that has passed, the
 * shop's promise is all there is. Null once it has left or will not leave.
 */
export function estimateShipping(
  shipment: { stage: ShipmentStage; acceptedAt: Date | null },
  { handlingSeconds, shipBy, now }: { handlingSeconds: number | null; shipBy: Date | null; now: Date },
): ShipEstimate | null {
  if (!isOpen(shipment.stage)) return null;
  if (shipment.acceptedAt && handlingSeconds !== null) {
    const at = new Date(shipment.acceptedAt.getTime() + handlingSeconds * 1000);
    if (at > now) return { at, rule: 'warehouse_handling' };
  }
  return shipBy && { at: shipBy, rule: 'promised_ship_by' };
}

/** A shipment that has left: a parcel with a carrier, a number and the time of its hand-over. */
export type Sent<Shipment> = Shipment & { carrier: string; trackingNo: string; shippedAt: Date };

export function isSent<
  Shipment extends { carrier: string | null; trackingNo: string | null; shippedAt: Date | null },
>(shipment: Shipment): shipment is Sent<Shipment> {
  return shipment.carrier !== null && shipment.trackingNo !== null && shipment.shippedAt !== null;
}
