import { randomUUID } from 'node:crypto';
import { openStock } from '../../cli/seed.ts';
import * as t from '../../db/schema/index.ts';
import { qimen } from './providers.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  pay,
  readOrder,
  submit,
} from './world.ts';

/** A new warehouse whose system is the sandbox's; near to every buyer here unless another province is named. */
export async function givenWarehouse(
  options: Partial<typeof t.warehouses.$inferInsert> = {},
): Promise<string> {
  const warehouseId = `TW${randomUUID().slice(0, 8)}`;
  await qimen.addWarehouse(warehouseId);
  await database()
    .insert(t.warehouses)
    .values({ warehouseId, name: `仓库 ${warehouseId}`, region: '31', system: 'qimen', ...options });
  return warehouseId;
}

/** A new SKU with stock in warehouses. */
export async function givenSkuIn(
  shopId: string,
  stock: Record<string, number>,
  options: Partial<typeof t.skus.$inferInsert> = {},
): Promise<string> {
  const skuId = await givenSku(shopId, stock['W1'] ?? 0, options);
  for (const [warehouseId, pieces] of Object.entries(stock))
    await openStock(database(), skuId, warehouseId, pieces);
  return skuId;
}

export interface InWarehouse {
  buyer: Buyer;
  orderNo: string;
  skuId: string;
  warehouseId: string;
  shipmentNo: string;
}

/** A paid order that its warehouse has taken. */
export async function givenInWarehouse(
  quantity = 1,
  shop: Parameters<typeof givenShop>[0] = {},
): Promise<InWarehouse> {
  const warehouseId = await givenWarehouse();
  const skuId = await givenSkuIn(await givenShop(shop), { [warehouseId]: 10 });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: quantity });
  await pay(buyer, orderNo);
  const shipmentNo = await pushed(buyer, orderNo);
  return { buyer, orderNo, skuId, warehouseId, shipmentNo };
}

/** The number of the order's shipment, once its warehouse has it. */
export async function pushed(buyer: Buyer, orderNo: string): Promise<string> {
  const order = await eventually(async () => {
    const now = await readOrder(buyer, orderNo);
    return now.shipments.some(({ stage }) => stage === 'accepted') ? now : undefined;
  }, `${orderNo} to be in its warehouse`);
  return order.shipments.find(({ stage }) => stage === 'accepted')?.shipmentNo ?? '';
}

/** The order's newest request to be stopped, once it has an answer. */
export async function decided(
  buyer: Pick<Buyer, 'get'>,
  orderNo: string,
): Promise<Order['cancellations'][number]> {
  return await eventually(async () => {
    const { cancellations } = (await buyer.get(`/orders/${orderNo}`)) as Order;
    const newest = cancellations.at(-1);
    return newest?.decidedAt ? newest : undefined;
  }, `the request about ${orderNo} to be decided`);
}
