import { z } from '@hono/zod-openapi';
import type { Privacy } from '../../db/commands/privacy.ts';
import type { WaybillView } from '../../db/queries/waybills.ts';
import { WAYBILL_STATES } from '../../domain/fulfilment/waybills.ts';
import { CARRIERS, type Carrier } from '../../domain/logistics/carriers.ts';
import { orderNoSchema, pieceSchema, timeSchema } from '../schemas.ts';

export const waybillSchema = z
  .object({
    waybillNo: z.string(),
    carrier: z.enum(CARRIERS),
    state: z.enum(WAYBILL_STATES).openapi({
      description:
        '`asked`: the carrier has not answered yet; `issued`: print the label, hand the parcel over; `voiding`: the carrier is to take it back',
    }),
    trackingNo: z.string().nullable(),
    labelUrl: z
      .string()
      .nullable()
      .openapi({ description: 'The label to print. It shows the buyer’s address: pass it to nobody else' }),
    weightGrams: z.number().int().nullable(),
    orders: z.array(
      z.object({
        orderNo: orderNoSchema,
        lines: z.array(pieceSchema),
        addressChanged: z.boolean().openapi({
          description: 'The buyer changed the address since: cancel the waybill, ask for a new one',
        }),
        shipped: z.boolean().openapi({ description: 'It has left with this waybill' }),
      }),
    ),
    refusal: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .openapi({ description: 'What the carrier last refused, in its own words' }),
    createdAt: timeSchema,
    endedAt: timeSchema.nullable(),
  })
  .openapi('Waybill');
export type WaybillRepresentation = z.infer<typeof waybillSchema>;

export async function representWaybill(privacy: Privacy, row: WaybillView): Promise<WaybillRepresentation> {
  const { waybillNo, state, trackingNo, weightGrams, orders, refusal, buyerId, sealedLabelUrl } = row;
  return {
    ...{ waybillNo, state, trackingNo, weightGrams, refusal },
    carrier: row.carrier as Carrier,
    labelUrl: sealedLabelUrl && (await privacy.openText(buyerId, sealedLabelUrl)),
    orders: orders.map(({ orderNo, lines, addressChanged, shipped }) => ({
      ...{ orderNo, lines, addressChanged, shipped },
    })),
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
