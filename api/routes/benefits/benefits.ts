import { createRoute, z } from '@hono/zod-openapi';
import { listCoupons, loadPoints } from '../../../db/queries/buyers.ts';
import { listNotices } from '../../../db/queries/orders.ts';
import type { App, Deps } from '../../context.ts';
import { bearer, fenSchema, json, problems, timeSchema } from '../../schemas.ts';

const couponSchema = z
  .object({
    couponId: z.string(),
    name: z.string(),
    thresholdFen: fenSchema,
    validTo: timeSchema,
    state: z.enum(['available', 'locked', 'used', 'expired']),
    orderNo: z.string().nullable(),
  })
  .openapi('Coupon');

const couponsRoute = createRoute({
  method: 'get',
  path: '/coupons',
  tags: ['Benefits'],
  security: bearer,
  summary: 'Your coupons (CK-5)',
  responses: { 200: json(z.object({ coupons: z.array(couponSchema) }), 'The coupons'), ...problems },
});
const pointsRoute = createRoute({
  method: 'get',
  path: '/points',
  tags: ['Benefits'],
  security: bearer,
  summary: 'Your points (CK-6)',
  responses: {
    200: json(
      z
        .object({ balance: z.number().int(), frozen: z.number().int(), available: z.number().int() })
        .openapi('Points'),
      'The points',
    ),
    ...problems,
  },
});
const noticesRoute = createRoute({
  method: 'get',
  path: '/notices',
  tags: ['Benefits'],
  security: bearer,
  summary: 'What you were told in the app, newest first',
  responses: {
    200: json(
      z.object({
        notices: z.array(
          z.object({
            orderNo: z.string(),
            event: z.string(),
            params: z.record(z.string(), z.unknown()),
            at: timeSchema,
          }),
        ),
      }),
      'The notices',
    ),
    ...problems,
  },
});

export function registerBenefits(app: App, { db }: Deps): void {
  app.openapi(couponsRoute, async (c) => {
    const rows = await listCoupons(db, c.get('principal').sub);
    const coupons = rows.map(({ couponId, name, thresholdFen, validTo, state, orderNo }) => ({
      couponId,
      name,
      thresholdFen: Number(thresholdFen),
      validTo: validTo.toISOString(),
      state,
      orderNo,
    }));
    return c.json({ coupons }, 200);
  });
  app.openapi(pointsRoute, async (c) => {
    const { balance, frozen } = await loadPoints(db, c.get('principal').sub);
    return c.json({ balance, frozen, available: Math.max(0, balance - frozen) }, 200);
  });
  app.openapi(noticesRoute, async (c) => {
    const { sub, roles, merchantId } = c.get('principal');
    const recipients = [
      `buyer:${sub}`,
      ...(merchantId ? [`merchant:${merchantId}`] : []),
      ...[...roles].map((role) => `platform:${role}`),
    ];
    const rows = await listNotices(db, recipients, 100);
    return c.json(
      {
        notices: rows.map(({ orderNo, event, params, at }) => ({
          orderNo,
          event,
          params,
          at: at.toISOString(),
        })),
      },
      200,
    );
  });
}
