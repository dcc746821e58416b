import { createRoute, z } from '@hono/zod-openapi';
import { findItems } from '../../../db/queries/catalogue.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { json, problems, skuIdSchema } from '../../schemas.ts';
import { itemSchema, representItem } from './list.ts';

const route = createRoute({
  method: 'get',
  path: '/items/{skuId}',
  tags: ['Items'],
  summary: 'Open an item: specs, price, rating, what is available (CK-13)',
  request: { params: z.object({ skuId: skuIdSchema }) },
  responses: { 200: json(itemSchema, 'The item'), ...problems },
});

export function registerGetItem(app: App, { db }: Deps): void {
  app.openapi(route, async (c) => {
    const [item] = await findItems(db, [c.req.valid('param').skuId]);
    if (!item?.onSale) throw new Problem('not_found', 'There is no such item on sale.');
    return c.json(representItem(item), 200);
  });
}
