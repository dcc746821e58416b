import { z } from '@hono/zod-openapi';
import { fenSchema, promptSchema, timeSchema } from '../schemas.ts';

export const paymentSchema = z
  .object({
    outTradeNo: z.string().openapi({ description: 'Our number of this attempt, as the provider knows it' }),
    orderNo: z.string(),
    method: z.string(),
    amountFen: fenSchema,
    state: z.enum(['starting', 'open', 'succeeded', 'closed', 'failed']),
    action: z
      .union([
        z.object({ kind: z.literal('qr'), qrCode: z.string() }),
        z.object({ kind: z.literal('redirect'), url: z.string() }),
      ])
      .nullable()
      .openapi({ description: 'A QR code to show, or an address to go to' }),
    failure: promptSchema.nullable(),
    providerTradeNo: z.string().nullable(),
    paidAt: timeSchema.nullable(),
    receivedFen: fenSchema.nullable(),
    createdAt: timeSchema,
    expiresAt: timeSchema,
  })
  .openapi('Payment');

interface Attempt {
  outTradeNo: string;
  orderNo: string;
  method: string;
  amountFen: bigint;
  state: z.infer<typeof paymentSchema>['state'];
  action: Record<string, string> | null;
  failure: { zh: string; en: string } | null;
  providerTradeNo: string | null;
  paidAt: Date | null;
  receivedFen: bigint | null;
  createdAt: Date;
  expiresAt: Date;
}

export function representPayment(attempt: Attempt): z.infer<typeof paymentSchema> {
  const { outTradeNo, orderNo, method, state, providerTradeNo, failure } = attempt;
  return {
    outTradeNo,
    orderNo,
    method,
    amountFen: Number(attempt.amountFen),
    state,
    action: attempt.action as z.infer<typeof paymentSchema>['action'],
    failure: failure && { zh: failure.zh, en: failure.en },
    providerTradeNo,
    paidAt: attempt.paidAt?.toISOString() ?? null,
    receivedFen: attempt.receivedFen === null ? null : Number(attempt.receivedFen),
    createdAt: attempt.createdAt.toISOString(),
    expiresAt: attempt.expiresAt.toISOString(),
  };
}
