import { createRoute, z } from '@hono/zod-openapi';
import { declinesOf } from '../../../db/commands/payment-attempts.ts';
import { offeredMethods } from '../../../db/queries/shops.ts';
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
  summary:
    'Every payment attempt of an order, oldest first, and the methods it can be paid with (PY-2, PY-4)',
  request: { params: orderNoParam },
  responses: {
    200: json(
      z.object({ payments: z.array(paymentSchema), methods: z.array(z.string()) }),
      'The attempts, and what its shops offer',
    ),
    ...problems,
  },
});

export function registerListPayments(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { node, tree, viewer } = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    if (viewer === 'merchant') throw new Problem('not_found', 'Payments are for the buyer and the platform.');
    const root = tree.find((candidate) => candidate.orderNo === node.paymentRootNo) ?? node;
    const [declines, methods] = await Promise.all([
      declinesOf(deps.db, root.orderNo),
      offeredMethods(
        deps.db,
        tree.filter((leaf) => leaf.paymentRootNo === root.orderNo).flatMap((leaf) => leaf.shopId ?? []),
      ),
    ]);
    const rows = declines.map(({ decline }) => decline);
    return c.json(
      { payments: root.payments.map((attempt) => representPayment(attempt, rows)), methods },
      200,
    );
  });
}
