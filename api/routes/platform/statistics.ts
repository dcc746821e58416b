import { createRoute, z } from '@hono/zod-openapi';
import { shippingStatistics } from '../../../db/queries/shipping-statistics.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { bearer, json, problems, timeSchema } from '../../schemas.ts';

const PERIOD_MS = 30 * 86_400_000;

const shippingRoute = createRoute({
  method: 'get',
  path: '/platform/statistics/shipping',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('operations', 'customer_service')],
  summary: 'How merchants keep their promised times to ship (FU-7)',
  responses: {
    200: json(
      z.object({
        since: timeSchema.openapi({ description: 'What was shipped late is counted from here: 30 days' }),
        merchants: z.array(
          z.object({
            merchantId: z.string(),
            name: z.string(),
            awaitingShipment: z.number().int(),
            overdue: z.number().int().openapi({ description: 'Those of them past their time' }),
            shippedLate: z.number().int(),
          }),
        ),
      }),
      'By merchant, most overdue first; only those with something to count',
    ),
    ...problems,
  },
});

export function registerStatistics(app: App, deps: Deps): void {
  app.openapi(shippingRoute, async (c) => {
    const now = deps.now();
    const since = new Date(now.getTime() - PERIOD_MS);
    const merchants = await shippingStatistics(deps.db, { since, now });
    return c.json({ since: since.toISOString(), merchants }, 200);
  });
}
