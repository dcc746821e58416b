import { createRoute, z } from '@hono/zod-openapi';
import { isPossible } from '../../../domain/order/states.ts';
import { accessOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, idempotencyHeader, jsonBody, orderNoParam } from '../../schemas.ts';
import { proposableResponses, sendOrPropose } from '../../second-person.ts';

const route = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/refunds',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('finance', 'customer_service')] as const,
  summary:
    'Give back part or all of a paid order’s money by the route it came (PY-8); with the last of it the order ends, and of a received order the merchant’s share goes down with it (FN-3)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.strictObject({
        amountFen: z
          .number()
          .int()
          .positive()
          .optional()
          .openapi({ description: 'In fen; all that is left when it is not given' }),
        reason: z.string().trim().min(1).max(200).openapi({ description: 'The buyer reads it' }),
      }),
    ),
  },
  responses: proposableResponses,
});

export function registerRefunds(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessOrder(deps, principal, orderNo);
    if (node.kind === 'parent')
      throw new Problem('not_refundable', 'Refund the child orders, each by its own number.');
    const { amountFen = null, reason } = c.req.valid('json');
    const command = {
      orderNo,
      kind: 'refund_requested' as const,
      actor: `platform:${principal.sub}`,
      payload: { amountFen, reason },
    };
    const leftFen = node.payableFen - node.givenBackFen;
    const asked = { amountFen: amountFen === null ? leftFen : BigInt(amountFen) };
    const result = await sendOrPropose(c, deps, command, asked, () => {
      if (!isPossible('refund', node.state))
        throw new Problem('not_refundable', undefined, { state: node.state });
      if ((leftFen === 0n && node.payableFen > 0n) || (amountFen !== null && BigInt(amountFen) > leftFen))
        throw new Problem('more_than_paid', undefined, { refundableFen: leftFen });
    });
    return result.result === 'accepted' ? c.json(result, 200) : c.json(result, 202);
  });
}
