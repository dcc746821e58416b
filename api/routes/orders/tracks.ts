import { createRoute, z } from '@hono/zod-openapi';
import { loadTracks, ordersInParcels } from '../../../db/queries/parcels.ts';
import { isSent, type Sent, SHIPMENT_STAGES } from '../../../domain/fulfilment/stages.ts';
import { STAGE_WORDS } from '../../../domain/fulfilment/words.ts';
import { CARRIER_PHONES, type Carrier } from '../../../domain/logistics/carriers.ts';
import { estimateArrival } from '../../../domain/logistics/tracks.ts';
import { accessOrder } from '../../access.ts';
import type { App, Deps } from '../../context.ts';
import { representTrack, trackSchema } from '../../representations/track.ts';
import { bearer, json, orderNoParam, problems, promptSchema, timeSchema } from '../../schemas.ts';

const parcelSchema = z
  .object({
    shipmentNo: z.string(),
    orderNo: z.string(),
    carrier: z.string(),
    trackingNo: z.string(),
    carrierPhone: z.string(),
    merchantContact: z.string(),
    togetherWith: z.array(z.string()).openapi({
      description:
        'Other orders of the same buyer that travel in this parcel (FU-8), by their numbers; a merchant sees his own alone',
    }),
    shippedAt: timeSchema,
    estimatedArrival: z
      .object({
        at: timeSchema,
        rule: z.string().openapi({ description: 'The rule that made the estimate' }),
      })
      .nullable(),
    ...trackSchema.shape,
  })
  .openapi('Parcel');

const courseSchema = z
  .object({
    shipmentNo: z.string(),
    stage: z.enum(SHIPMENT_STAGES),
    words: promptSchema,
    reports: z
      .array(
        z.object({
          at: timeSchema,
          stage: z.enum(SHIPMENT_STAGES),
          words: promptSchema,
          operator: z.string().nullable(),
          remark: z.string().nullable(),
        }),
      )
      .openapi({
        description: 'What the warehouse told: picking, checking, packing, weighing; newest first',
      }),
  })
  .openapi('ShipmentCourse');

const route = createRoute({
  method: 'get',
  path: '/orders/{orderNo}/tracks',
  tags: ['Orders'],
  security: bearer,
  summary:
    'Every shipment’s course in its warehouse, and every parcel’s whole track, with when it should arrive and what is wrong (FU-2, LG-1, LG-2)',
  request: { params: orderNoParam },
  responses: {
    200: json(
      z.object({ shipments: z.array(courseSchema), parcels: z.array(parcelSchema) }),
      'Where all of it is',
    ),
    ...problems,
  },
});

export function registerTracks(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { node, subtree, viewer } = await accessOrder(
      deps,
      c.get('principal'),
      c.req.valid('param').orderNo,
    );
    const rows = await loadTracks(
      deps.db,
      subtree.map((node) => node.orderNo),
    );
    const shipments = rows.map(representCourse);
    const parcels = rows.filter(isSent);
    const merchantId = viewer === 'merchant' ? node.merchantId : null;
    const travelling = await ordersInParcels(deps.db, node.buyerId, merchantId, parcels);
    return c.json({ shipments, parcels: parcels.map((row) => representParcel(row, travelling)) }, 200);
  });
}

type Row = Awaited<ReturnType<typeof loadTracks>>[number];

function representCourse({ shipmentNo, stage, reports }: Row): z.infer<typeof courseSchema> {
  const told = reports.map((report) => ({
    at: report.at.toISOString(),
    stage: report.stage,
    words: STAGE_WORDS[report.stage],
    operator: report.operator,
    remark: report.remark,
  }));
  return { shipmentNo, stage, words: STAGE_WORDS[stage], reports: told.toReversed() };
}

function representParcel(
  parcel: Sent<Row>,
  travelling: Awaited<ReturnType<typeof ordersInParcels>>,
): z.infer<typeof parcelSchema> {
  const { shipmentNo, carrier, trackingNo, shippedAt, trackState: state, order } = parcel;
  const together = travelling
    .filter((other) => other.carrier === carrier && other.trackingNo === trackingNo)
    .map(({ orderNo }) => orderNo)
    .filter((orderNo) => orderNo !== order.orderNo);
  const estimate = estimateArrival({ ...parcel, state, region: order.region });
  return {
    ...{ shipmentNo, orderNo: order.orderNo, carrier, trackingNo },
    carrierPhone: CARRIER_PHONES[carrier as Carrier],
    merchantContact: order.merchant?.contact ?? '',
    togetherWith: [...new Set(together)],
    shippedAt: shippedAt.toISOString(),
    estimatedArrival: estimate && { at: estimate.at.toISOString(), rule: estimate.rule },
    ...representTrack(parcel),
  };
}
