import { z } from '@hono/zod-openapi';
import { fenToJson } from '../../domain/fen-json.ts';
import type { PricedBasket } from '../../domain/pricing/basket.ts';
import { splitByShop } from '../../domain/pricing/tree.ts';
import { fenSchema, promptSchema, timeSchema } from '../schemas.ts';
import { lineFields, priceStepSchema, sumsFields } from './price-schema.ts';

export const quoteSchema = z
  .object({
    quoteId: z.string(),
    expiresAt: timeSchema,
    totalFen: fenSchema.openapi({ description: 'What is to pay; name it when you submit the quote' }),
    ...sumsFields,
    steps: z
      .array(priceStepSchema)
      .openapi({ description: 'Every step of the calculation, in its order (CK-8)' }),
    lines: z.array(z.object({ shopId: z.string(), ...lineFields })),
    shops: z
      .array(z.object({ shopId: z.string(), ...sumsFields }))
      .openapi({ description: 'What each shop’s child order will carry (SP-3)' }),
    paidAsOne: z.boolean(),
    usedCouponIds: z.array(z.string()),
    notApplied: z.array(
      z.object({
        kind: z.string(),
        sourceId: z.string(),
        name: z.string(),
        reason: z.string(),
        missingFen: fenSchema.nullable(),
        message: promptSchema,
      }),
    ),
    undeliverableSkuIds: z.array(z.string()),
  })
  .openapi('Quote');

export type QuoteRepresentation = z.infer<typeof quoteSchema>;

/** A quote as the buyer sees it: every step, every line's share, every shop's part, and why something did not apply. */
export function representQuote(quote: {
  quoteId: string;
  basket: PricedBasket;
  expiresAt: Date;
}): QuoteRepresentation {
  const { pricing, items, shops } = quote.basket;
  const item = new Map(items.map((candidate) => [candidate.skuId, candidate]));
  return fenToJson({
    quoteId: quote.quoteId,
    expiresAt: quote.expiresAt,
    totalFen: pricing.payableFen,
    goodsFen: pricing.goodsFen,
    discountFen: pricing.discountFen,
    freightFen: pricing.freightFen,
    points: pricing.points,
    pointsFen: pricing.pointsFen,
    payableFen: pricing.payableFen,
    steps: pricing.steps,
    lines: pricing.lines.map((line) => ({
      ...line,
      title: item.get(line.skuId)?.title,
      spec: item.get(line.skuId)?.spec,
    })),
    shops: splitByShop(pricing).map(({ lines: _lines, ...part }) => part),
    paidAsOne: shops.length > 1,
    usedCouponIds: pricing.usedCouponIds,
    // A promotion for other goods is no news; a coupon the buyer named is.
    notApplied: pricing.notApplied.filter((row) => row.kind === 'coupon' || row.reason !== 'not_in_scope'),
    undeliverableSkuIds: pricing.undeliverableSkuIds,
  }) as QuoteRepresentation;
}
