import { createRoute, z } from '@hono/zod-openapi';
import { ensureBuyer, removeCartItem, setCartItem } from '../../../db/commands/buyers.ts';
import { loadCart } from '../../../db/queries/buyers.ts';
import { findItems } from '../../../db/queries/catalogue.ts';
import { availableStock } from '../../../db/queries/order-nodes.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, fenSchema, json, jsonBody, problems, quantitySchema, skuIdSchema } from '../../schemas.ts';

const cartSchema = z
  .object({
    shops: z.array(
      z.object({
        shopId: z.string(),
        shopName: z.string(),
        lines: z.array(
          z.object({
            skuId: z.string(),
            title: z.string(),
            spec: z.string(),
            quantity: z.number().int(),
            priceFen: fenSchema,
            available: z.number().int(),
            problem: z.enum(['not_on_sale', 'insufficient_stock']).nullable(),
          }),
        ),
      }),
    ),
  })
  .openapi('Cart');

const responses = {
  200: json(cartSchema, 'The cart, by shop; lines that cannot be bought say why'),
  ...problems,
};
const tags = ['Cart'];
const params = z.object({ skuId: skuIdSchema });

const getRoute = createRoute({
  method: 'get',
  path: '/cart',
  tags,
  security: bearer,
  summary: 'The cart by shop (CK-13)',
  responses,
});
const putRoute = createRoute({
  method: 'put',
  path: '/cart/items/{skuId}',
  tags,
  security: bearer,
  summary: 'Put a quantity of an item into the cart; naturally idempotent',
  request: { params, body: jsonBody(z.strictObject({ quantity: quantitySchema })) },
  responses,
});
const deleteRoute = createRoute({
  method: 'delete',
  path: '/cart/items/{skuId}',
  tags,
  security: bearer,
  summary: 'Take an item out of the cart',
  request: { params },
  responses,
});

export function registerCart(app: App, deps: Deps): void {
  const { db } = deps;
  app.openapi(getRoute, async (c) => c.json(await representCart(deps, c.get('principal').sub), 200));
  app.openapi(putRoute, async (c) => {
    const { sub: buyerId } = c.get('principal');
    const { skuId } = c.req.valid('param');
    const [item] = await findItems(db, [skuId]);
    if (!item?.onSale) throw new Problem('sku_unknown', undefined, { skuIds: [skuId] });
    await ensureBuyer(db, buyerId, deps.now());
    await setCartItem(db, { buyerId, skuId, quantity: c.req.valid('json').quantity, at: deps.now() });
    return c.json(await representCart(deps, buyerId), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const { sub: buyerId } = c.get('principal');
    await removeCartItem(db, buyerId, c.req.valid('param').skuId);
    return c.json(await representCart(deps, buyerId), 200);
  });
}

async function representCart({ db }: Deps, buyerId: string): Promise<z.infer<typeof cartSchema>> {
  const rows = await loadCart(db, buyerId);
  const stock =
    rows.length > 0
      ? await availableStock(
          db,
          rows.map((row) => row.skuId),
        )
      : new Map<string, number>();
  const shops = new Map<string, z.infer<typeof cartSchema>['shops'][number]>();
  for (const { skuId, title, spec, quantity, priceFen, onSale, shopId, shopName } of rows) {
    const shop = shops.get(shopId) ?? { shopId, shopName, lines: [] };
    const available = stock.get(skuId) ?? 0;
    const problem = !onSale
      ? ('not_on_sale' as const)
      : available < quantity
        ? ('insufficient_stock' as const)
        : null;
    shop.lines.push({ skuId, title, spec, quantity, priceFen: Number(priceFen), available, problem });
    shops.set(shopId, shop);
  }
  return { shops: [...shops.values()] };
}
