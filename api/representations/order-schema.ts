import { z } from '@hono/zod-openapi';
import { SHIPMENT_STAGES } from '../../domain/fulfilment/stages.ts';
import { CANCELLATION_CHOICES } from '../../domain/order/cancellation.ts';
import { ORDER_STATES } from '../../domain/order/states.ts';
import { fenSchema, promptSchema, timeSchema } from '../schemas.ts';
import { lineFields, priceStepSchema, sumsFields } from './price-schema.ts';

const amounts = z.object({
  ...sumsFields,
  creditFen: fenSchema.openapi({
    description: 'Of a replacement: what of `payableFen` came over from what it replaces (RT-8)',
  }),
  paidFen: fenSchema.openapi({ description: 'What providers took for this payment root, in fen' }),
  refundedFen: fenSchema,
});

const lineSchema = z.object({
  lineNo: z.number().int(),
  ...lineFields,
  shippedQuantity: z.number().int(),
  reversedQuantity: z.number().int().openapi({ description: 'Pieces taken back, with their money (RF-4)' }),
});

const pieces = z.array(z.object({ lineNo: z.number().int(), quantity: z.number().int() }));

const shipmentSchema = z.object({
  shipmentNo: z.string(),
  orderNo: z.string(),
  stage: z.enum(SHIPMENT_STAGES),
  warehouse: z.string().nullable().openapi({ description: 'Null for what the merchant handed over' }),
  lines: pieces,
  carrier: z.string().nullable(),
  trackingNo: z.string().nullable(),
  shippedAt: timeSchema.nullable(),
  estimatedShipping: z
    .object({ at: timeSchema, rule: z.enum(['warehouse_handling', 'promised_ship_by']) })
    .nullable()
    .openapi({ description: 'When it should leave, and the rule that says so; null once it has' }),
});

const cancellationSchema = z.object({
  cancellationNo: z.string(),
  orderNo: z.string(),
  askedBy: z.string(),
  reason: z.string(),
  lines: pieces.nullable().openapi({ description: 'Null: the whole order' }),
  state: z.enum(['asking', 'queued', 'agreed', 'partly_agreed', 'refused']),
  words: promptSchema,
  askedAt: timeSchema,
  answerDueAt: timeSchema.nullable(),
  decidedAt: timeSchema.nullable(),
  choice: z
    .enum(CANCELLATION_CHOICES)
    .nullable()
    .openapi({ description: 'Of a refused one: what its buyer wants instead (CN-6)' }),
});

export const contactSchema = z.object({
  name: z.string(),
  phone: z.string(),
  province: z.string(),
  city: z.string(),
  district: z.string(),
  street: z.string(),
});

const nodeFields = {
  orderNo: z.string(),
  kind: z.enum(['single', 'parent', 'child']),
  parentNo: z.string().nullable(),
  paymentRootNo: z
    .string()
    .openapi({ description: 'The order to which payments and unpaid cancels of this one go' }),
  splitRule: z.string().nullable(),
  exchangeOf: z
    .string()
    .nullable()
    .openapi({ description: 'The exchange that it is the replacement of (RT-8)' }),
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
  shipOverdue: z.boolean().openapi({ description: 'The promised time to ship has passed' }),
  reviewOverdue: z.boolean().openapi({ description: 'The merchant has not confirmed it in time' }),
  shippedAt: timeSchema.nullable(),
  autoReceiptAt: timeSchema.nullable(),
  onHold: z.boolean(),
  endedAt: timeSchema.nullable(),
  endReason: z.string().nullable(),
  shipments: z.array(shipmentSchema),
  cancellations: z.array(cancellationSchema),
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
  pointsEarned: z.number().int().openapi({
    description: 'By what was received and stays (CK-12); 0 before the receipt',
  }),
  prompt: promptSchema,
  contact: contactSchema.nullable().openapi({
    description:
      'Who gets the parcel, as last amended; of a parent the newest of its children. Null once the person was erased',
  }),
  addressVersion: z
    .number()
    .int()
    .openapi({ description: '0: as ordered; each amendment counts one (FU-6)' }),
  actions: z.array(z.object({ action: z.string(), method: z.enum(['POST', 'PUT']), path: z.string() })),
};

export const orderSchema = z
  .object({
    ...nodeFields,
    children: z.array(z.object(nodeFields)),
  })
  .openapi('Order');

export type OrderRepresentation = z.infer<typeof orderSchema>;
