import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { grantCoupon, grantPoints } from '../../../db/commands/grants.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { bearer, fenSchema, idempotencyHeader, json, jsonBody, problems } from '../../schemas.ts';

const tags = ['Platform'];
const middleware = [requireRole('operations')];
const buyerId = z.string().min(1).max(64);
const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('platform') }),
  z.strictObject({ kind: z.literal('shop'), shopId: z.string().max(64) }),
  z.strictObject({
    kind: z.literal('category'),
    category: z.string().max(64),
    shopId: z.string().max(64).optional(),
  }),
  z.strictObject({ kind: z.literal('item'), skuIds: z.array(z.string().max(64)).min(1).max(100) }),
]);

const couponRoute = createRoute({
  method: 'post',
  path: '/platform/coupons',
  tags,
  security: bearer,
  middleware,
  summary: 'Give a buyer a coupon (CK-5)',
  request: {
    headers: idempotencyHeader,
    body: jsonBody(
      z.strictObject({
        buyerId,
        name: z.string().min(1).max(60),
        scope: scopeSchema,
        issuer: z.enum(['platform', 'shop']),
        thresholdFen: fenSchema.min(0),
        benefit: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('fixed'), saveFen: fenSchema.min(1) }),
          z.strictObject({
            kind: z.literal('percentage'),
            percentOff: z.number().int().min(1).max(99),
            capFen: fenSchema.min(1),
          }),
        ]),
        validDays: z.number().int().min(1).max(366),
      }),
    ),
  },
  responses: { 201: json(z.object({ couponId: z.string() }), 'The coupon'), ...problems },
});
const pointsRoute = createRoute({
  method: 'post',
  path: '/platform/points-grants',
  tags,
  security: bearer,
  middleware,
  summary: 'Give a buyer points (CK-6)',
  request: {
    headers: idempotencyHeader,
    body: jsonBody(z.strictObject({ buyerId, points: z.number().int().min(1).max(10_000_000) })),
  },
  responses: { 201: json(z.object({ buyerId: z.string(), points: z.number().int() }), 'Given'), ...problems },
});

export function registerGrants(app: App, deps: Deps): void {
  app.openapi(couponRoute, async (c) => {
    const { thresholdFen, benefit, validDays, ...coupon } = c.req.valid('json');
    const now = deps.now();
    const claim = await grantCoupon(
      deps.db,
      await idempotencyKeyOf(c),
      {
        ...coupon,
        couponId: `K${randomUUID()}`,
        thresholdFen: BigInt(thresholdFen),
        benefit:
          benefit.kind === 'fixed'
            ? { kind: 'fixed', saveFen: BigInt(benefit.saveFen) }
            : { kind: 'percentage', percentOff: benefit.percentOff, capFen: BigInt(benefit.capFen) },
        validFrom: now,
        validTo: new Date(now.getTime() + validDays * 86_400_000),
      },
      now,
    );
    if (claim.result === 'other_body') throw new Problem('idempotency_key_reused');
    return c.json({ couponId: claim.ref }, 201);
  });
  app.openapi(pointsRoute, async (c) => {
    const grant = c.req.valid('json');
    const claim = await grantPoints(deps.db, await idempotencyKeyOf(c), grant, deps.now());
    if (claim.result === 'other_body') throw new Problem('idempotency_key_reused');
    return c.json(grant, 201);
  });
}
