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
        z.object({
          kind: z.literal('wechat_jsapi'),
          appId: z.string(),
          timeStamp: z.string(),
          nonceStr: z.string(),
          package: z.string(),
          signType: z.string(),
          paySign: z.string(),
        }),
        z.object({ kind: z.literal('card_form'), publishableKey: z.string(), clientSecret: z.string() }),
      ])
      .nullable()
      .openapi({
        description:
          'What the client does next: show a QR code, go to an address, hand the parameters to WeChat, or open the card provider’s form (Stripe.js), so that no card number comes here',
      }),
    failure: promptSchema
      .nullable()
      .openapi({ description: 'Why the last try failed, in the buyer’s words' }),
    declines: z
      .array(z.object({ code: z.string(), zh: z.string(), en: z.string(), at: timeSchema }))
      .openapi({ description: 'Every failed try that the provider reported, oldest first' }),
    funding: z
      .string()
      .nullable()
      .openapi({ description: 'The kind of card that paid: `debit`, `credit`, `prepaid`' }),
    providerTradeNo: z.string().nullable(),
    paidAt: timeSchema.nullable(),
    receivedFen: fenSchema.nullable(),
    createdAt: timeSchema,
    expiresAt: timeSchema,
  })
  .openapi('Payment');

interface Decline {
  outTradeNo: string;
  code: string;
  zh: string;
  en: string;
  at: Date;
}

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
  funding: string | null;
  createdAt: Date;
  expiresAt: Date;
}

export function representPayment(
  attempt: Attempt,
  declines: readonly Decline[] = [],
): z.infer<typeof paymentSchema> {
  const { outTradeNo, orderNo, method, state, providerTradeNo, failure, funding } = attempt;
  return {
    outTradeNo,
    orderNo,
    method,
    amountFen: Number(attempt.amountFen),
    state,
    action: attempt.action as z.infer<typeof paymentSchema>['action'],
    failure: failure && { zh: failure.zh, en: failure.en },
    declines: declines
      .filter((decline) => decline.outTradeNo === outTradeNo)
      .map(({ code, zh, en, at }) => ({ code, zh, en, at: at.toISOString() })),
    funding,
    providerTradeNo,
    paidAt: attempt.paidAt?.toISOString() ?? null,
    receivedFen: attempt.receivedFen === null ? null : Number(attempt.receivedFen),
    createdAt: attempt.createdAt.toISOString(),
    expiresAt: attempt.expiresAt.toISOString(),
  };
}
