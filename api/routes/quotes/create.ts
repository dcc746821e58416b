import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { findKey, insertQuote } from '../../../db/commands/idempotency.ts';
import { findQuote } from '../../../db/queries/quotes.ts';
import type { AuthEnv } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { newQuoteId, priceRequest } from '../../pricing.ts';
import { quoteSchema, representQuote } from '../../representations/quote.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  problems,
  quantitySchema,
  skuIdSchema,
} from '../../schemas.ts';

export const quoteRequestSchema = z
  .strictObject({
    lines: z
      .array(z.strictObject({ skuId: skuIdSchema, quantity: quantitySchema }))
      .min(1)
      .max(100),
    addressId: z.string().min(1).max(64),
    couponIds: z.array(z.string().min(1).max(64)).max(10).default([]),
    points: z
      .number()
      .int()
      .min(0)
      .max(100_000_000)
      .default(0)
      .openapi({ description: 'Points to redeem; reduced to what is allowed' }),
  })
  .openapi('QuoteRequest');

const route = createRoute({
  method: 'post',
  path: '/quotes',
  tags: ['Quotes'],
  security: bearer,
  summary: 'Price a basket, with every step shown (CK-1)',
  request: { headers: idempotencyHeader, body: jsonBody(quoteRequestSchema) },
  responses: { 201: json(quoteSchema, 'The quote'), ...problems },
});

export function registerCreateQuote(app: App, deps: Deps): void {
  app.openapi(route, async (c) =>
    c.json(representQuote(await createQuote(c, deps, c.req.valid('json'))), 201),
  );
}

async function createQuote(c: Context<AuthEnv>, deps: Deps, request: z.infer<typeof quoteRequestSchema>) {
  const { sub: buyerId } = c.get('principal');
  const key = await idempotencyKeyOf(c);
  const fresh = await priceQuote(deps, buyerId, request).catch((error: Error) => error);
  // What cannot be priced any more may have been priced under this key before: then that is the answer (SB-6).
  const claim = fresh instanceof Error ? await findKey(deps.db, key) : await insertQuote(deps.db, key, fresh);
  if (claim?.result === 'other_body') throw new Problem('idempotency_key_reused');
  if (fresh instanceof Error && !claim) throw fresh;
  if (!(fresh instanceof Error) && claim?.result === 'claimed') return fresh;
  const stored = await findQuote(deps.db, buyerId, claim?.ref ?? '');
  if (!stored) throw new Problem('quote_not_found');
  return stored;
}

async function priceQuote(deps: Deps, buyerId: string, request: z.infer<typeof quoteRequestSchema>) {
  const basket = await priceRequest(deps, buyerId, request);
  const createdAt = deps.now();
  return {
    quoteId: newQuoteId(),
    buyerId,
    addressId: request.addressId,
    basket,
    payableFen: basket.pricing.payableFen,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + deps.quoteTtlMs),
  };
}
