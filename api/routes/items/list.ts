import { createRoute, z } from '@hono/zod-openapi';
import { listItems } from '../../../db/queries/catalogue.ts';
import type { App, Deps } from '../../context.ts';
import { fenSchema, json, pageQuery, problems } from '../../schemas.ts';

export const itemSchema = z
  .object({
    skuId: z.string(),
    shopId: z.string(),
    shopName: z.string(),
    title: z.string(),
    spec: z.string(),
    category: z.string(),
    priceFen: fenSchema,
    rating: z.number().nullable().openapi({ description: 'Average of the buyers’ ratings, 1 to 5' }),
    available: z.number().int(),
  })
  .openapi('Item');

const route = createRoute({
  method: 'get',
  path: '/items',
  tags: ['Items'],
  summary: 'List and filter items on sale (CK-13)',
  request: {
    query: pageQuery.extend({
      text: z.string().max(100).optional(),
      category: z.string().max(64).optional(),
      shopId: z.string().max(64).optional(),
    }),
  },
  responses: {
    200: json(z.object({ items: z.array(itemSchema), nextCursor: z.string().nullable() }), 'A page of items'),
    ...problems,
  },
});

export function registerListItems(app: App, { db }: Deps): void {
  app.openapi(route, async (c) => {
    const { cursor, ...filter } = c.req.valid('query');
    const items = await listItems(db, { ...filter, after: cursor });
    const nextCursor = items.length === filter.limit ? (items.at(-1)?.skuId ?? null) : null;
    return c.json({ items: items.map(representItem), nextCursor }, 200);
  });
}

export function representItem({
  priceFen,
  ratingHundredths,
  ...item
}: Awaited<ReturnType<typeof listItems>>[number]) {
  const { skuId, shopId, shopName, title, spec, category, available } = item;
  const rating = ratingHundredths === null ? null : ratingHundredths / 100;
  return { skuId, shopId, shopName, title, spec, category, priceFen: Number(priceFen), rating, available };
}
