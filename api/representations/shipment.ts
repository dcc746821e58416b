import type { OrderRow } from '../../db/queries/orders.ts';
import { estimateShipping } from '../../domain/fulfilment/stages.ts';
import { CANCELLATION_WORDS } from '../../domain/fulfilment/words.ts';
import type { OrderRepresentation } from './order-schema.ts';

/** A shipment from its planning on, with when it should leave (FU-2, FU-4). */
export function representShipment(
  shipment: OrderRow['shipments'][number] & { orderNo: string },
  { shipBy, now }: { shipBy: Date | null; now: Date },
): OrderRepresentation['shipments'][number] {
  const { shipmentNo, orderNo, stage, warehouse, lines, carrier, trackingNo, shippedAt } = shipment;
  const handlingSeconds = warehouse?.handlingSeconds ?? null;
  const estimate = estimateShipping(shipment, { handlingSeconds, shipBy, now });
  return {
    ...{ shipmentNo, orderNo, stage, carrier, trackingNo },
    warehouse: warehouse?.name ?? null,
    lines: lines.filter(({ quantity }) => quantity > 0),
    shippedAt: shippedAt?.toISOString() ?? null,
    estimatedShipping: estimate && { at: estimate.at.toISOString(), rule: estimate.rule },
  };
}

/** A request to stop a paid order, and what came of it (CN-3). */
export function representCancellation(
  cancellation: OrderRow['cancellations'][number],
): OrderRepresentation['cancellations'][number] {
  const { cancellationNo, orderNo, askedBy, reason, lines, state, choice } = cancellation;
  return {
    ...{ cancellationNo, orderNo, askedBy, reason, state, choice },
    lines: lines && [...lines],
    words: CANCELLATION_WORDS[state],
    askedAt: cancellation.askedAt.toISOString(),
    answerDueAt: cancellation.answerDueAt?.toISOString() ?? null,
    decidedAt: cancellation.decidedAt?.toISOString() ?? null,
  };
}
