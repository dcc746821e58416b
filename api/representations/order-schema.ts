import { z } from '@hono/zod-openapi';
import { ORDER_STATES } from '../../domain/order/states.ts';
import { fenSchema, promptSchema, timeSchema } from '../schemas.ts';
import { lineFields, priceStepSchema, sumsFields } from './price-schema.ts';

const amounts = z.object({
  ...sumsFields,
  paidFen: fenSchema.openapi({ description: 'What providers took for this payment root, in fen' }),
  refundedFen: fenSchema,
});

const lineSchema = z.object({ lineNo: z.number().int(), ...lineFields });

const nodeFields = {
  orderNo: z.string(),
  kind: z.enum(['single', 'parent', 'child']),
  parentNo: z.string().nullable(),
  paymentRootNo: z
    .string()
    .openapi({ description: 'The order to which payments and unpaid cancels of this one go' }),
  splitRule: z.string().nullable(),
  shopId: z.string().nullable(),
  state: z.enum(ORDER_STATES),
  stateCounts: z.record(z.string(), z.number().int()).optional(),
  review: z
    .object({
      state: z.enum(['pending', 'confirmed', 'held', 'correction_asked']),
      reason: z.string().nullable(),
    })
    .nullable(),
  amounts,
  lines: z.array(lineSchema),
  priceSteps: z.array(priceStepSchema),
  createdAt: timeSchema,
  paymentDeadline: timeSchema,
  secondsLeft: z
    .number()
    .int()
    .nullable()
    .openapi({ description: 'Seconds left to pay; null once that is over' }),
  paidAt: timeSchema.nullable(),
  shipBy: timeSchema
    .nullable()
    .openapi({ description: 'Until when the shop promised to ship; null before payment' }),
  shippedAt: timeSchema.nullable(),
  autoReceiptAt: timeSchema.nullable(),
  onHold: z.boolean(),
  endedAt: timeSchema.nullable(),
  endReason: z.string().nullable(),
  shipments: z.array(
    z.object({
      shipmentNo: z.string(),
      orderNo: z.string(),
      carrier: z.string(),
      trackingNo: z.string(),
      shippedAt: timeSchema,
    }),
  ),
  refunds: z.array(
    z.object({ refundNo: z.string(), amountFen: fenSchema, reason: z.string(), state: z.string() }),
  ),
  settlement: z
    .object({
      state: z.enum(['due', 'settled']),
      dueAt: timeSchema,
      baseFen: fenSchema,
      commissionFen: fenSchema,
      netFen: fenSchema,
    })
    .nullable(),
  prompt: promptSchema,
  actions: z.array(z.object({ action: z.string(), method: z.literal('POST'), path: z.string() })),
};

const contactSchema = z.object({
  name: z.string(),
  phone: z.string(),
  province: z.string(),
  city: z.string(),
  district: z.string(),
  street: z.string(),
});

export const orderSchema = z
  .object({
    ...nodeFields,
    contact: contactSchema
      .nullable()
      .openapi({ description: 'Who gets the parcel; null once the person was erased' }),
    children: z.array(z.object(nodeFields)),
  })
  .openapi('Order');

export type OrderRepresentation = z.infer<typeof orderSchema>;
