import { createRoute, z } from '@hono/zod-openapi';
import { openAttemptsOf } from '../../../db/commands/payment-attempts.ts';
import { freightInMoney } from '../../../domain/order/price-cut.ts';
import { accessMerchantOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import { closeAttempt } from '../../close-attempt.ts';
import { commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';

const offFen = z.number().int().min(0).max(10_000_000_00);

const requestSchema = z
  .strictObject({
    priceOffFen: offFen.openapi({
      description: 'Taken off the goods, in fen, beside what was taken off before',
      example: 100,
    }),
    freightOffFen: offFen.default(0).openapi({ description: 'Taken off the freight, in fen' }),
    reason: z.string().trim().min(1).max(200).openapi({ description: 'The buyer reads it' }),
  })
  .refine(({ priceOffFen, freightOffFen }) => priceOffFen + freightOffFen > 0, {
    path: ['priceOffFen'],
    message: 'say what to take off: priceOffFen, freightOffFen or both',
  });

const route = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/price-changes',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary:
    'Take something off the price or the freight of your own unpaid order (ST-8); a payment under way is closed first',
  request: { headers: idempotencyHeader, params: orderNoParam, body: jsonBody(requestSchema) },
  responses: {
    200: json(commandSchema, 'Lowered'),
    202: json(commandSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

export function registerPriceChanges(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { node } = await accessMerchantOrder(deps, principal, c.req.valid('param').orderNo);
    const { priceOffFen, freightOffFen, reason } = c.req.valid('json');
    const { orderNo, paymentRootNo, state } = node;
    const command = {
      orderNo: paymentRootNo,
      kind: 'price_changed' as const,
      actor: `merchant:${principal.sub}`,
      payload: { orderNo, priceCutFen: priceOffFen, freightCutFen: freightOffFen, reason },
    };
    const result = await sendCommand(c, deps, command, async () => {
      if (state !== 'awaiting_payment') throw new Problem('not_awaiting_payment', undefined, { state });
      const freightFen = freightInMoney(node.lines);
      if (
        BigInt(freightOffFen) > freightFen ||
        BigInt(priceOffFen + freightOffFen) >= node.payableFen - node.creditFen
      )
        throw new Problem('price_cut_too_large', undefined, { payableFen: node.payableFen, freightFen });
      for (const attempt of await openAttemptsOf(deps.db, paymentRootNo)) await closeAttempt(deps, attempt);
    });
    const answer = { ...result, orderNo };
    return result.result === 'pending' ? c.json(answer, 202) : c.json(answer, 200);
  });
}
