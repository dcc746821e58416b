import { createRoute, z } from '@hono/zod-openapi';
import { accessMerchantOrder } from '../../access.ts';
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

const route = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/shortages',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary:
    'Refund pieces of a paid order that are not there (FU-5); a warehouse that may be packing them is stopped first, the rest goes on',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.strictObject({
        lines: piecesSchema,
        reason: z.string().trim().min(1).max(200).openapi({ description: 'The buyer reads it' }),
      }),
    ),
  },
  responses: {
    200: json(commandSchema, 'Taken; see the order’s cancellations for the outcome'),
    202: json(commandSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

export function registerShortages(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessMerchantOrder(deps, principal, orderNo);
    const { lines, reason } = c.req.valid('json');
    const command = {
      ...{ orderNo, kind: 'cancellation_asked' as const, actor: `merchant:${principal.sub}` },
      payload: { reason, lines, askedBy: 'merchant', missing: true },
    };
    const result = await sendCommand(c, deps, command, () => {
      if (node.state !== 'awaiting_shipment')
        throw new Problem('not_awaiting_shipment', undefined, { state: node.state });
      if (node.cancellationNo !== null) throw new Problem('cancellation_open');
    });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}
