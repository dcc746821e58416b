import { openStock } from '../cli/seed.ts';
import { ShopClient } from '../cli/shop-client.ts';
import { connect } from '../db/client.ts';
import * as t from '../db/schema/index.ts';
import { logIn } from '../sandbox/identity/client.ts';

/**
 * What the bench sells: two self-operated shops without reviews, one whose buyers have seconds to pay, and one whose stock
 * lies in a warehouse with a system.
 */
export const SHOPS = { plain: 'BENCH-1', other: 'BENCH-2', hasty: 'BENCH-3', stored: 'BENCH-4' } as const;
/** Long enough to open an attempt under load. */
export const HASTY_SECONDS = 6;
/** Orders go round many SKUs: the row of a single one is another question (P6). */
const SKUS_PER_SHOP = 20;
const STOCK = 1_000_000;
const ADDRESS = {
  name: '张三',
  phone: '13800000001',
  region: '31',
  province: '上海市',
  city: '上海市',
  district: '浦东新区',
  street: '世纪大道 1 号',
};

export const skuOf = (shopId: string, index: number): string => `${shopId}-${index % SKUS_PER_SHOP}`;

export async function seedBench(databaseUrl: string): Promise<void> {
  const { db, close } = connect(databaseUrl, 1);
  try {
    for (const shopId of Object.values(SHOPS)) {
      const paymentTimeoutSeconds = shopId === SHOPS.hasty ? HASTY_SECONDS : 1800;
      await db.insert(t.shops).values({
        shopId,
        merchantId: 'M1',
        name: shopId,
        kind: 'self_operated',
        paymentTimeoutSeconds,
        paymentMethods: ['alipay_qr'],
      });
      const rate = { firstUnits: 1, firstFen: 0n, additionalUnits: 1, additionalFen: 0n };
      const freightTemplateId = `F-${shopId}`;
      await db.insert(t.freightTemplates).values({
        freightTemplateId,
        shopId,
        measure: 'piece',
        rates: { default: rate },
        freeAboveFen: null,
        freeAbovePieces: null,
        undeliverableRegions: [],
      });
      const skus = Array.from({ length: SKUS_PER_SHOP }, (_, index) => ({
        skuId: skuOf(shopId, index),
        shopId,
        title: `Item ${index}`,
        spec: 'one size',
        category: 'bench',
        priceFen: 10_000n,
        weightGrams: 500,
        volumeCm3: 1000,
        freightTemplateId,
        inventoryMode: 'reserve' as const,
      }));
      await db.insert(t.skus).values(skus);
      const warehouseId = shopId === SHOPS.stored ? 'W2' : 'W1';
      for (const { skuId } of skus) await openStock(db, skuId, warehouseId, STOCK);
    }
  } finally {
    await close();
  }
}

export interface Buyer {
  client: ShopClient;
  addressId: string;
}

/** Buyers who are logged in and have an address. */
export async function newBuyers(
  stack: { apiUrl: string; issuerUrl: string },
  count: number,
): Promise<Buyer[]> {
  const buyers: Buyer[] = [];
  for (let index = 0; index < count; index++) {
    const { accessToken } = await logIn(stack.issuerUrl, `188${String(index).padStart(8, '0')}`);
    const client = new ShopClient(stack.apiUrl, accessToken);
    const { addressId } = await client.post<{ addressId: string }>('/addresses', ADDRESS);
    buyers.push({ client, addressId });
  }
  return buyers;
}

/** The merchant of all these shops. */
export async function logInMerchant(stack: { apiUrl: string; issuerUrl: string }): Promise<ShopClient> {
  const { accessToken } = await logIn(stack.issuerUrl, '13900000001');
  return new ShopClient(stack.apiUrl, accessToken);
}
