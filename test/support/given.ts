import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { ApiProblem, type ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import {
  type Buyer,
  database,
  givenShop,
  givenSku,
  newBuyer,
  newTrackingNo,
  pay,
  type Quote,
  receive,
  ship,
  staff,
  submit,
} from './world.ts';

/** What is given before a test beyond shops and SKUs, and the moves that several files make. */

const ALWAYS = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2099-01-01T00:00:00Z') };

/** A promotion, limited to what its scope names so that other tests do not see it. */
export async function givenPromotion(
  promotion: Pick<typeof t.promotions.$inferInsert, 'scope' | 'tiers'> &
    Partial<typeof t.promotions.$inferInsert>,
): Promise<string> {
  const promotionId = `P-${randomUUID().slice(0, 8)}`;
  await database()
    .insert(t.promotions)
    .values({ promotionId, name: '满减', issuer: 'shop', ...ALWAYS, ...promotion });
  return promotionId;
}

export async function givenFreight(
  shopId: string,
  template: Partial<typeof t.freightTemplates.$inferInsert>,
): Promise<string> {
  const freightTemplateId = `FT-${randomUUID().slice(0, 8)}`;
  await database()
    .insert(t.freightTemplates)
    .values({
      freightTemplateId,
      shopId,
      measure: 'piece',
      freeAboveFen: null,
      freeAbovePieces: null,
      undeliverableRegions: [],
      rates: { default: { firstUnits: 1, firstFen: 0n, additionalUnits: 1, additionalFen: 0n } },
      ...template,
    });
  return freightTemplateId;
}

export async function givenMemberLevel(buyer: Buyer, memberLevel: 'standard' | 'gold'): Promise<void> {
  await database().update(t.buyers).set({ memberLevel }).where(eq(t.buyers.buyerId, buyer.sub));
}

export interface Shipped {
  buyer: Buyer;
  merchant: ShopClient;
  orderNo: string;
  shopId: string;
  skuId: string;
  trackingNo: string;
}

/** An order of merchant M1's at 100.00 a piece that was paid and shipped. */
export async function givenShipped({
  quantity = 1,
  shop = {},
  sku = {},
  buyer: given,
  benefits = {},
  received = false,
}: {
  quantity?: number;
  shop?: Parameters<typeof givenShop>[0];
  sku?: Parameters<typeof givenSku>[2];
  buyer?: Buyer;
  benefits?: { couponIds?: string[]; points?: number };
  received?: boolean;
} = {}): Promise<Shipped> {
  const shopId = await givenShop(shop);
  const skuId = await givenSku(shopId, 10, sku);
  const [buyer, merchant] = [given ?? (await newBuyer()), await staff('merchant1')];
  const orderNo = await submit(buyer, { [skuId]: quantity }, benefits);
  await pay(buyer, orderNo);
  const trackingNo = newTrackingNo();
  await ship(merchant, orderNo, trackingNo);
  if (received) await receive(buyer, orderNo);
  return { buyer, merchant, orderNo, shopId, skuId, trackingNo };
}

/** A further address of a buyer in another province. */
export async function givenAddress(buyer: Buyer, region: string): Promise<string> {
  const address = {
    name: '李四',
    phone: '13800000002',
    region,
    province: '某省',
    city: '某市',
    district: '某区',
    street: '某路 2 号',
  };
  return (await buyer.post<{ addressId: string }>('/addresses', address)).addressId;
}

export async function changeSku(skuId: string, change: Partial<typeof t.skus.$inferInsert>): Promise<void> {
  await database().update(t.skus).set(change).where(eq(t.skus.skuId, skuId));
}

/** What everybody sees of a SKU's stock. */
export async function available(client: Pick<Buyer, 'get'>, skuId: string): Promise<number> {
  return (await client.get<{ available: number }>(`/items/${skuId}`)).available;
}

/** The levels of a SKU in the database, summed over warehouses. */
export async function levelsOf(skuId: string): Promise<{ onHand: number; reserved: number }> {
  const rows = await database().select().from(t.stockLevels).where(eq(t.stockLevels.skuId, skuId));
  return {
    onHand: rows.reduce((sum, row) => sum + row.onHand, 0),
    reserved: rows.reduce((sum, row) => sum + row.reserved, 0),
  };
}

export async function ordersOf(buyer: Buyer): Promise<{ orderNo: string; state: string }[]> {
  return (await buyer.get<{ orders: { orderNo: string; state: string }[] }>('/orders?limit=100')).orders;
}

/** A buyer's coupons by state, and points. */
export async function benefitsOf(buyer: Buyer) {
  const { coupons } = await buyer.get<{ coupons: { state: string }[] }>('/coupons');
  const points = await buyer.get<{ balance: number; frozen: number; available: number }>('/points');
  return { coupons: coupons.map(({ state }) => state), points };
}

export interface Submitted {
  orderNo: string | null;
  problem: ApiProblem | null;
}

/** Submits a quote until there is a firm answer, always with the same key, as a client should: an order or a refusal. */
export async function submitFirmly(
  buyer: Buyer,
  { quoteId, totalFen }: Pick<Quote, 'quoteId' | 'totalFen'>,
  key: string = randomUUID(),
): Promise<Submitted> {
  const until = Date.now() + 45_000;
  for (;;) {
    try {
      const { orderNo, result } = await buyer.post<{ orderNo: string; result: string }>(
        '/orders',
        { quoteId, totalFen },
        key,
      );
      if (result === 'submitted') return { orderNo, problem: null };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 503) return { orderNo: null, problem: error };
    }
    if (Date.now() > until) throw new Error(`quote ${quoteId} was neither submitted nor refused`);
  }
}

/** Sends a command until its verdict is known, always with the same key; `accepted`, or the code it is refused with. */
export async function commandFirmly(
  client: Pick<Buyer, 'post'>,
  path: string,
  body: unknown = {},
): Promise<string> {
  const key = randomUUID();
  const until = Date.now() + 45_000;
  for (;;) {
    try {
      const { result } = await client.post<{ result: string }>(path, body, key);
      if (result === 'accepted') return result;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      return error.code;
    }
    if (Date.now() > until) throw new Error(`${path} got no verdict`);
  }
}

/** How the tries of a race ended: the orders made, and how often each problem was answered. */
export function outcomesOf(tries: readonly Submitted[]): {
  orderNos: string[];
  refused: Record<string, number>;
} {
  const refused: Record<string, number> = {};
  for (const { problem } of tries) if (problem) refused[problem.code] = (refused[problem.code] ?? 0) + 1;
  return { orderNos: [...new Set(tries.flatMap(({ orderNo }) => orderNo ?? []))], refused };
}

export const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
