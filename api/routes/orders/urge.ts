import { createRoute, z } from '@hono/zod-openapi';
import { urge } from '../../../db/commands/urges.ts';
import { accessOwnOrder } from '../../access.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { bearer, idempotencyHeader, json, orderNoParam, problems } from '../../schemas.ts';

const route = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/urges',
  tags: ['Orders'],
  security: bearer,
  summary: 'Urge the merchant, to ship or to see after the parcel: once in 24 hours (LG-5)',
  request: { headers: idempotencyHeader, params: orderNoParam },
  responses: { 200: json(z.object({ orderNo: z.string() }), 'The merchant was told'), ...problems },
});

export function registerUrge(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessOwnOrder(deps, principal, orderNo);
    if (node.kind === 'parent')
      throw new Problem('not_urgeable', 'Urge the child orders, each by its own number.');
    const { key } = await idempotencyKeyOf(c);
    const { verdict, outcome } = await urge(deps.db, {
      ...{ orderNo, key },
      actor: `buyer:${principal.sub}`,
      at: deps.now(),
    });
    if (verdict.result === 'refused' && outcome !== 'repeated')
      throw problemOf(verdict.code, { state: verdict.state });
    return c.json({ orderNo }, 200);
  });
}
