import { createRoute, z } from '@hono/zod-openapi';
import { accessOrder } from '../../access.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { paymentSchema, representPayment } from '../../representations/payment.ts';
import { bearer, json, orderNoParam, problems } from '../../schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/orders/{orderNo}/payments',
  tags: ['Payments'],
  security: bearer,
  summary: 'Every payment attempt of an order, oldest first (PY-2)',
  request: { params: orderNoParam },
  responses: { 200: json(z.object({ payments: z.array(paymentSchema) }), 'The attempts'), ...problems },
});

export function registerListPayments(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { node, tree, viewer } = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    if (viewer === 'merchant') throw new Problem('not_found', 'Payments are for the buyer and the platform.');
    const root = tree.find((candidate) => candidate.orderNo === node.paymentRootNo) ?? node;
    return c.json({ payments: root.payments.map(representPayment) }, 200);
  });
}
