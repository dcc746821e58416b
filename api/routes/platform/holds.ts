import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { findHold, placeHold, releaseHold } from '../../../db/commands/holds.ts';
import { accessOrder } from '../../access.ts';
import { type AuthEnv, requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';

const holdSchema = z.object({ holdId: z.string(), orderNo: z.string() }).openapi('Hold');
const tags = ['Platform'];
const middleware = [requireRole('customer_service', 'operations')];

const placeRoute = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/holds',
  tags,
  security: bearer,
  middleware,
  summary: 'Stop receipt and settlement of an order while a case is looked at (ST-3)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(z.strictObject({ reason: z.string().trim().min(1).max(200) })),
  },
  responses: { 201: json(holdSchema, 'On hold'), ...problems },
});
const releaseRoute = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/hold-releases',
  tags,
  security: bearer,
  middleware,
  summary: 'Let a held order go on; the rest of its auto-receipt clock runs, at least a day',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.strictObject({ holdId: z.string().min(1).max(64), reason: z.string().trim().min(1).max(200) }),
    ),
  },
  responses: { 200: json(holdSchema, 'Released'), ...problems },
});

export function registerHolds(app: App, deps: Deps): void {
  app.openapi(placeRoute, async (c) => {
    const { scope, key, bodyHash } = await idempotencyKeyOf(c);
    const { reason } = c.req.valid('json');
    // The hold's id is its key, so that the same request is the same hold.
    const holdId = `H${createHash('sha256').update(`${scope} ${key}`).digest('hex').slice(0, 24)}`;
    const earlier = await findHold(deps.db, holdId);
    if (earlier && earlier.reason !== reason)
      throw new Problem('idempotency_key_reused', undefined, { bodyHash });
    if (!earlier) await step(c, deps, placeHold, c.req.valid('param').orderNo, holdId, reason);
    return c.json({ holdId, orderNo: c.req.valid('param').orderNo }, 201);
  });
  app.openapi(releaseRoute, async (c) => {
    const { orderNo } = c.req.valid('param');
    const { holdId, reason } = c.req.valid('json');
    const hold = await findHold(deps.db, holdId);
    if (hold?.orderNo !== orderNo) throw new Problem('not_held');
    if (hold.releasedAt === null) await step(c, deps, releaseHold, orderNo, holdId, reason);
    return c.json({ holdId, orderNo }, 200);
  });
}

async function step(
  c: Context<AuthEnv>,
  deps: Deps,
  act: typeof placeHold,
  orderNo: string,
  holdId: string,
  reason: string,
): Promise<void> {
  const principal = c.get('principal');
  const { node } = await accessOrder(deps, principal, orderNo);
  if (node.kind === 'parent')
    throw new Problem('not_holdable', 'Hold the child orders, each by its own number.');
  const result = await act(deps.db, {
    orderNo,
    holdId,
    reason,
    placedBy: `platform:${principal.sub}`,
    at: deps.now(),
  });
  if (result.verdict.result === 'refused')
    throw problemOf(result.verdict.code, { state: result.verdict.state });
  // Only re-arms the clock: the row protects by itself, and the order looks again within a day.
  await deps.workflows
    .afterSaleChanged(orderNo)
    .catch((error: unknown) =>
      deps.logger.warn({ orderNo, err: error }, 'the order was not told of its hold'),
    );
}
