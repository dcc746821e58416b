import { createRoute, z } from '@hono/zod-openapi';
import { CARRIERS, isValidTrackingNo } from '../../../domain/logistics/carriers.ts';
import { accessMerchantOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import { commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';

const route = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/shipments/{shipmentNo}/corrections',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')],
  summary: 'Correct a wrong carrier or tracking number while the parcel is on its way (FU-3)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam.extend({ shipmentNo: z.string().min(1).max(64) }),
    body: jsonBody(
      z.strictObject({
        carrier: z.enum(CARRIERS),
        trackingNo: z.string().trim().min(6).max(32),
        reason: z.string().trim().min(1).max(200),
      }),
    ),
  },
  responses: {
    200: json(commandSchema, 'Corrected; the parcel is watched anew'),
    202: json(commandSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

export function registerShipmentCorrections(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { orderNo, shipmentNo } = c.req.valid('param');
    const { node } = await accessMerchantOrder(deps, principal, orderNo);
    const parcel = node.shipments.find((shipment) => shipment.shipmentNo === shipmentNo);
    if (!parcel) throw new Problem('not_found', `The order has no parcel ${shipmentNo}.`);
    const { carrier, trackingNo, reason } = c.req.valid('json');
    if (!isValidTrackingNo(carrier, trackingNo)) throw new Problem('invalid_tracking_no');
    const result = await sendCommand(
      c,
      deps,
      {
        orderNo,
        kind: 'shipment_corrected',
        actor: `merchant:${principal.sub}`,
        payload: { shipmentNo, carrier, trackingNo, reason },
      },
      () => {
        if (node.state !== 'awaiting_receipt')
          throw new Problem('not_awaiting_receipt', undefined, { state: node.state });
        if (parcel.trackState === 'signed') throw new Problem('parcel_signed');
        if (parcel.carrier === carrier && parcel.trackingNo === trackingNo)
          throw new Problem('same_tracking_no');
      },
    );
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}
