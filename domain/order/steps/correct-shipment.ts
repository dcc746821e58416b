import type { ParcelState } from '../../logistics/tracks.ts';
import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

export interface ShipmentCorrectionCommand {
  shipmentNo: string;
  carrier: string;
  trackingNo: string;
  reason: string;
}

/** A parcel as its row is now. */
export interface CorrectableParcel {
  /** Null for what a buyer sends back. */
  orderNo: string | null;
  carrier: string;
  trackingNo: string;
  trackState: ParcelState;
}

/**
 * The merchant corrects a number it entered wrongly (FU-3): until the parcel is signed for, its row gets the new one,
 * its watch begins anew, the log keeps both numbers and the buyer is told.
 */
export function correctShipment(
  leaf: OrderNode,
  parcel: CorrectableParcel | undefined,
  { shipmentNo, carrier, trackingNo }: ShipmentCorrectionCommand,
): Decision {
  if (!isPossible('correct_shipment', leaf.state)) return refuse('not_awaiting_receipt', leaf.state);
  if (parcel?.orderNo !== leaf.orderNo) return refuse('not_found', leaf.state);
  if (parcel.trackState === 'signed') return refuse('parcel_signed', leaf.state);
  const from = { carrier: parcel.carrier, trackingNo: parcel.trackingNo };
  if (from.carrier === carrier && from.trackingNo === trackingNo)
    return refuse('same_tracking_no', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'correct_shipment', leaf.state));
  effects.corrections.push({ shipmentNo, from, to: { carrier, trackingNo } });
  effects.notices.push({
    orderNo: leaf.orderNo,
    // A parcel can be corrected again: each time is told.
    event: `tracking_no_corrected:${shipmentNo}:${leaf.version}`,
    recipient: `buyer:${leaf.buyerId}`,
    params: { shipmentNo, carrier, trackingNo },
  });
  return { ...accept(effects), trace: { from } };
}
