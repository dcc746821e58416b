import { createRoute, z } from '@hono/zod-openapi';
import { CARRIERS, isValidTrackingNo } from '../../../domain/logistics/carriers.ts';
import { accessMerchantOrder, accessOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import { commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoParam,
  piecesSchema,
  problems,
} from '../../schemas.ts';

const responses = {
  200: json(commandSchema, 'Decided'),
  202: json(commandSchema, 'Taken; look at the order in a moment'),
  ...problems,
};

const merchantRoute = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/cancellation-answers',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary:
    'Answer a buyer’s request to cancel an order that you ship by hand: agree, or prove within 24 hours that it was handed over',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.discriminatedUnion('answer', [
        z.strictObject({ answer: z.literal('agree') }),
        z.strictObject({
          answer: z.literal('shipped'),
          carrier: z.enum(CARRIERS),
          trackingNo: z.string().trim().min(6).max(32),
          lines: piecesSchema.optional(),
        }),
      ]),
    ),
  },
  responses,
});

const platformRoute = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/cancellation-answers',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('customer_service', 'operations')] as const,
  summary:
    'Say what a warehouse did not: whether the shipments it was asked to stop were stopped or have left (CN-4)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(z.strictObject({ answer: z.enum(['stopped', 'left']) })),
  },
  responses,
});

/** The answers that persons give to a request to stop an order: the merchant who ships, or the human queue. */
export function registerCancellationAnswers(app: App, deps: Deps): void {
  app.openapi(merchantRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessMerchantOrder(deps, principal, orderNo);
    const answer = c.req.valid('json');
    if (answer.answer === 'shipped' && !isValidTrackingNo(answer.carrier, answer.trackingNo))
      throw new Problem('invalid_tracking_no');
    const command = {
      ...{ orderNo, kind: 'cancellation_answered' as const, actor: `merchant:${principal.sub}` },
      payload: { ...answer, by: 'merchant', cancellationNo: node.cancellationNo },
    };
    const result = await sendCommand(c, deps, command, () => {
      if (node.cancellationNo === null) throw new Problem('no_cancellation');
    });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(platformRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessOrder(deps, principal, orderNo);
    const { answer } = c.req.valid('json');
    const command = {
      ...{ orderNo, kind: 'cancellation_answered' as const, actor: `platform:${principal.sub}` },
      payload: { answer, by: 'platform', cancellationNo: node.cancellationNo },
    };
    const result = await sendCommand(c, deps, command, () => {
      if (node.cancellationNo === null) throw new Problem('no_cancellation');
    });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}
