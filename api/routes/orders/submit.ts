import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { claimKey } from '../../../db/commands/idempotency.ts';
import { saveQuote } from '../../../db/commands/quotes.ts';
import { alternativesTo } from '../../../db/queries/catalogue.ts';
import { stockLevelsOf } from '../../../db/queries/order-nodes.ts';
import { orderOfQuote, submitResult } from '../../../db/queries/orders.ts';
import { findQuote } from '../../../db/queries/quotes.ts';
import { newOrderNo } from '../../../domain/order/order-no.ts';
import type { StepResult } from '../../../domain/order/view.ts';
import { type PricedBasket, paymentTimeoutMs } from '../../../domain/pricing/basket.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { newQuoteId, priceRequest } from '../../pricing.ts';
import { representQuote } from '../../representations/quote.ts';
import { bearer, fenSchema, idempotencyHeader, json, jsonBody, problems } from '../../schemas.ts';
import { representItem } from '../items/list.ts';

const submittedSchema = z
  .object({
    orderNo: z.string(),
    result: z
      .enum(['submitted', 'pending'])
      .openapi({ description: '`pending`: taken, but not made yet; look under Location in a moment' }),
  })
  .openapi('Submitted');

const route = createRoute({
  method: 'post',
  path: '/orders',
  tags: ['Orders'],
  security: bearer,
  summary: 'Submit a quote (SB-1 to SB-6)',
  request: {
    headers: idempotencyHeader,
    body: jsonBody(
      z.strictObject({
        quoteId: z.string().min(1).max(64),
        totalFen: fenSchema.openapi({ description: 'The total you saw (CK-11)' }),
      }),
    ),
  },
  responses: {
    201: json(submittedSchema, 'The order'),
    202: json(submittedSchema, 'Taken; the order appears under Location'),
    ...problems,
  },
});

type Quote = NonNullable<Awaited<ReturnType<typeof findQuote>>>;

export function registerSubmitOrder(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { sub: buyerId } = c.get('principal');
    const { quoteId, totalFen } = c.req.valid('json');
    const key = await idempotencyKeyOf(c);
    const now = deps.now();
    // The number is bound to the key before anything starts: a repeated request finds the same order.
    const claim = await claimKey(deps.db, key, newOrderNo(now, randomByte), now);
    if (claim.result === 'other_body') throw new Problem('idempotency_key_reused');
    const orderNo = claim.ref;
    const known = claim.result === 'repeated' ? await submitResult(deps.db, orderNo) : null;
    const result = known
      ? (known as unknown as StepResult)
      : await submit(deps, { orderNo, buyerId, quoteId, totalFen });
    c.header('Location', `/v1/orders/${orderNo}`);
    if (!result) return c.json({ orderNo, result: 'pending' as const }, 202);
    if (result.verdict.result === 'refused') throw await refusal(deps, buyerId, quoteId, result.verdict.code);
    return c.json({ orderNo, result: 'submitted' as const }, 201);
  });
}

const randomByte = (): number => randomBytes(1)[0] as number;

/** Checks all that can be refused cheaply, then starts the order; undefined if it does not answer in time. */
async function submit(
  deps: Deps,
  ask: { orderNo: string; buyerId: string; quoteId: string; totalFen: number },
): Promise<StepResult | undefined> {
  const { orderNo, buyerId, quoteId, totalFen } = ask;
  const quote = await findQuote(deps.db, buyerId, quoteId);
  if (!quote) throw new Problem('quote_not_found');
  try {
    await checkQuote(deps, quote, BigInt(totalFen));
    await checkStock(deps, quote.basket);
  } catch (error) {
    // What this quote's own order took is no reason to refuse it: a concurrent repetition made it meanwhile.
    const made = error instanceof Problem ? await orderOfQuote(deps.db, quoteId) : null;
    if (made === null) throw error;
    if (made !== orderNo) throw new Problem('quote_used');
    return (await submitResult(deps.db, orderNo)) as unknown as StepResult;
  }
  const { pricing, shops } = quote.basket;
  const result = await deps.workflows.submit(
    {
      orderNo,
      buyerId,
      merchantId: shops.length === 1 ? (shops[0]?.merchantId ?? null) : null,
      payableFen: pricing.payableFen,
      paymentDeadline: new Date(deps.now().getTime() + paymentTimeoutMs(quote.basket)),
      state: 'awaiting_payment',
    },
    quoteId,
  );
  return result ?? ((await submitResult(deps.db, orderNo)) as unknown as StepResult | null) ?? undefined;
}

/** CK-11: what the buyer saw must still be the price; otherwise nothing is created and the answer has a new quote. */
async function checkQuote(deps: Deps, quote: Quote, totalFen: bigint): Promise<void> {
  const { buyerId, addressId, basket } = quote;
  if (basket.pricing.undeliverableSkuIds.length > 0)
    throw new Problem('undeliverable', undefined, { skuIds: basket.pricing.undeliverableSkuIds });
  const now = deps.now();
  const request = {
    addressId,
    lines: basket.pricing.lines.map(({ skuId, quantity }) => ({ skuId, quantity })),
    couponIds: basket.pricing.usedCouponIds,
    points: basket.pricing.points,
  };
  const today = await priceRequest(deps, buyerId, request);
  const moved = today.pricing.payableFen !== quote.payableFen || totalFen !== quote.payableFen;
  const expired = quote.expiresAt <= now;
  if (!moved && !expired) return;
  const renewed = {
    quoteId: newQuoteId(),
    buyerId,
    addressId,
    basket: today,
    payableFen: today.pricing.payableFen,
    createdAt: now,
    expiresAt: new Date(now.getTime() + deps.quoteTtlMs),
  };
  await saveQuote(deps.db, renewed);
  throw new Problem(moved ? 'price_changed' : 'quote_expired', undefined, { quote: representQuote(renewed) });
}

/** A refused submit costs a workflow: what is plainly out of stock is refused before one starts; the step decides. */
async function checkStock(deps: Deps, basket: PricedBasket): Promise<void> {
  const shortages = await shortagesOf(deps, basket);
  if (shortages.length > 0) throw new Problem('insufficient_stock', undefined, { shortages });
}

async function refusal(deps: Deps, buyerId: string, quoteId: string, code: string): Promise<Problem> {
  if (await orderOfQuote(deps.db, quoteId)) return new Problem('quote_used');
  if (code !== 'insufficient_stock') return problemOf(code);
  const quote = await findQuote(deps.db, buyerId, quoteId);
  return problemOf(code, { shortages: quote ? await shortagesOf(deps, quote.basket) : [] });
}

/** SB-2: what is left of each SKU that does not suffice, the quantity that would, and up to three alternatives. */
async function shortagesOf(deps: Deps, { pricing, items }: PricedBasket) {
  const levels = await stockLevelsOf(
    deps.db,
    items.map((item) => item.skuId),
  );
  // Of the warehouse the quote chose: that is where the step takes it from.
  const available = (skuId: string) => {
    const warehouseId = items.find((item) => item.skuId === skuId)?.warehouseId;
    const level = levels.find((row) => row.skuId === skuId && row.warehouseId === warehouseId);
    return level ? level.onHand - level.reserved : 0;
  };
  const short = pricing.lines.filter((line) => available(line.skuId) < line.quantity);
  return await Promise.all(
    short.map(async ({ skuId, quantity }) => {
      const alternatives = await alternativesTo(deps.db, skuId, quantity);
      return {
        skuId,
        asked: quantity,
        available: available(skuId),
        suggestedQuantity: available(skuId),
        alternatives: alternatives.map(representItem),
      };
    }),
  );
}
