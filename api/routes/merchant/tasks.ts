import { createRoute, z } from '@hono/zod-openapi';
import { countTasks, merchantWorkItems } from '../../../db/queries/merchant-tasks.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { representWorkItem, workItemSchema } from '../../representations/work-item.ts';
import { bearer, json, problems } from '../../schemas.ts';

const count = (description: string) => z.number().int().openapi({ description });

const route = createRoute({
  method: 'get',
  path: '/merchant/tasks',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')],
  summary:
    'What waits for you: orders by task, how many are overdue, and what only you can decide (FU-1, FU-7)',
  responses: {
    200: json(
      z
        .object({
          counts: z.object({
            toReview: count('Paid and not confirmed'),
            toShip: count('Confirmed, with pieces that no warehouse sends'),
            shipOverdue: count('Not shipped by the promised time'),
            reviewOverdue: count('Not confirmed in time'),
            cancellationsToAnswer: count('Buyers’ requests to cancel that you must answer'),
          }),
          workItems: z.array(workItemSchema),
        })
        .openapi('MerchantTasks'),
      'The tasks',
    ),
    ...problems,
  },
});

export function registerMerchantTasks(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const merchantId = c.get('principal').merchantId ?? '';
    const now = deps.now();
    const [counts, items] = await Promise.all([
      countTasks(deps.db, merchantId, now),
      merchantWorkItems(deps.db, merchantId),
    ]);
    return c.json({ counts, workItems: items.map((item) => representWorkItem(item, now)) }, 200);
  });
}
