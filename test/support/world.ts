import { randomInt, randomUUID } from 'node:crypto';
import type { OrderRepresentation } from '../../api/representations/order-schema.ts';
import type { QuoteRepresentation } from '../../api/representations/quote.ts';
import { openStock } from '../../cli/seed.ts';
import { ApiProblem, ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import { logIn } from '../../sandbox/identity/client.ts';
import { database, stack } from './stack-in-use.ts';

export { database, stack };

/** What acceptance tests act with: callers of the running stack, the provider's control desk, a given catalogue. */

export type Order = OrderRepresentation;
export type Quote = QuoteRepresentation;

export interface Buyer extends ShopClient {
  readonly sub: string;
  readonly addressId: string;
}

/** Where every buyer here lives. */
export const ADDRESS = {
  name: '张三',
  phone: '13800000001',
  region: '31',
  province: '上海市',
  city: '上海市',
  district: '浦东新区',
  street: '世纪大道 1 号',
};

export const anonymous = () => new ShopClient(stack().apiUrl);

/** A new buyer with an address (province 31). */
export async function newBuyer(): Promise<Buyer> {
  const phone = `1${randomInt(3_000_000_000, 9_999_999_999)}`;
  const { accessToken } = await logIn(stack().issuerUrl, phone);
  const client = new ShopClient(stack().apiUrl, accessToken);
  const { addressId } = await client.post<{ addressId: string }>('/addresses', ADDRESS);
  return Object.assign(client, { sub: subOf(accessToken), addressId });
}

const staffClients = new Map<string, Promise<ShopClient>>();
/** Staff by phone, logged in once per file: `merchant1`, `merchant2`, … see `STAFF_PHONES`. */
export function staff(name: keyof typeof STAFF_PHONES): Promise<ShopClient> {
  const known = staffClients.get(name);
  if (known) return known;
  const client = logIn(stack().issuerUrl, STAFF_PHONES[name]).then(
    ({ accessToken }) => new ShopClient(stack().apiUrl, accessToken),
  );
  staffClients.set(name, client);
  return client;
}
export const STAFF_PHONES = {
  merchant1: '13900000001',
  merchant2: '13900000002',
  customerService: '13900000011',
  finance: '13900000012',
  operations: '13900000013',
} as const;

function subOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
}

/** A new shop of a merchant with free freight and the periods a test needs. */
export async function givenShop(options: Partial<typeof t.shops.$inferInsert> = {}): Promise<string> {
  const shopId = `TS-${randomUUID().slice(0, 8)}`;
  await database()
    .insert(t.shops)
    .values({
      shopId,
      merchantId: 'M1',
      name: shopId,
      kind: 'self_operated',
      paymentMethods: ['alipay_qr', 'alipay_page', 'wechat_native', 'wechat_jsapi', 'card'],
      ...options,
    });
  await database()
    .insert(t.freightTemplates)
    .values({
      freightTemplateId: `FT-${shopId}`,
      shopId,
      measure: 'piece',
      rates: { default: { firstUnits: 1, firstFen: 0n, additionalUnits: 1, additionalFen: 0n } },
      freeAboveFen: null,
      freeAbovePieces: null,
      undeliverableRegions: ['71'],
    });
  return shopId;
}

/** A new SKU with stock in one warehouse. */
export async function givenSku(
  shopId: string,
  stock: number,
  options: Partial<typeof t.skus.$inferInsert> = {},
): Promise<string> {
  const skuId = `SKU-${randomUUID().slice(0, 8)}`;
  await database()
    .insert(t.skus)
    .values({
      skuId,
      shopId,
      title: `Item ${skuId}`,
      spec: 'one size',
      category: `cat-${shopId}`,
      priceFen: 10_000n,
      weightGrams: 500,
      volumeCm3: 1000,
      freightTemplateId: `FT-${shopId}`,
      inventoryMode: 'reserve',
      ...options,
    });
  await openStock(database(), skuId, 'W1', stock);
  return skuId;
}

export async function givenCoupon(buyer: Buyer, options: Record<string, unknown> = {}): Promise<string> {
  const operations = await staff('operations');
  const coupon = {
    buyerId: buyer.sub,
    name: '十元券',
    scope: { kind: 'platform' },
    issuer: 'platform',
    thresholdFen: 0,
    benefit: { kind: 'fixed', saveFen: 1000 },
    validDays: 30,
    ...options,
  };
  return (await operations.post<{ couponId: string }>('/platform/coupons', coupon)).couponId;
}

export async function givenPoints(buyer: Buyer, points: number): Promise<void> {
  await (await staff('operations')).post('/platform/points-grants', { buyerId: buyer.sub, points });
}

type Lines = Record<string, number>;

export function quote(buyer: Buyer, lines: Lines, more: Record<string, unknown> = {}): Promise<Quote> {
  const basket = Object.entries(lines).map(([skuId, quantity]) => ({ skuId, quantity }));
  return buyer.post<Quote>('/quotes', { lines: basket, addressId: buyer.addressId, ...more });
}

/** Quote and submit; the order's number. */
export async function submit(
  buyer: Buyer,
  lines: Lines,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { quoteId, totalFen } = await quote(buyer, lines, more);
  return (await buyer.post<{ orderNo: string }>('/orders', { quoteId, totalFen })).orderNo;
}

export const readOrder = (client: ShopClient, orderNo: string): Promise<Order> =>
  client.get<Order>(`/orders/${orderNo}`);

/** Opens an Alipay attempt and pays it in the sandbox; returns our number of it once the order is paid. */
export async function pay(buyer: Buyer, orderNo: string, method = 'alipay_qr'): Promise<string> {
  const { outTradeNo } = await buyer.post<{ outTradeNo: string }>(`/orders/${orderNo}/payments`, { method });
  await alipay(`/trades/${outTradeNo}/pay`);
  await waitFor(buyer, orderNo, (order) => order.paidAt !== null);
  return outTradeNo;
}

/** The sandbox's control desk of a provider: `sandbox('alipay', '/trades/X/pay')`, `sandbox('stripe', '/faults', {...})`. */
export async function sandbox<T = Record<string, unknown>>(
  provider: string,
  path: string,
  body: unknown = {},
  method = 'POST',
): Promise<T> {
  const response = await fetch(`${stack().sandboxUrl}/control/${provider}${path}`, {
    method,
    ...(method === 'GET' || method === 'DELETE'
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${provider} ${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return (text === '' ? {} : JSON.parse(text)) as T;
}

export const alipay = <T = Record<string, unknown>>(path: string, body: unknown = {}, method = 'POST') =>
  sandbox<T>('alipay', path, body, method);

/** Reads the order until it is as wanted. */
export function waitFor(
  client: ShopClient,
  orderNo: string,
  wanted: (order: Order) => boolean,
  timeoutMs = 20_000,
): Promise<Order> {
  return eventually(
    async () => {
      const order = await readOrder(client, orderNo);
      return wanted(order) ? order : undefined;
    },
    `order ${orderNo}`,
    timeoutMs,
  );
}

/** Asks until there is an answer; fails with what it waited for. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | null | false>,
  what: string,
  timeoutMs = 20_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > until) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The problem a request is answered with; fails if it is not refused. */
export async function problemFrom(request: Promise<unknown>): Promise<ApiProblem> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
  throw new Error('the request was expected to be refused');
}

/** Merchant ships, buyer confirms in two steps. */
export async function shipAndReceive(
  merchant: ShopClient,
  buyer: ShopClient,
  orderNo: string,
): Promise<void> {
  await ship(merchant, orderNo);
  await receive(buyer, orderNo);
}

export const newTrackingNo = (prefix = 'SF') => `${prefix}${randomInt(10 ** 12, 10 ** 13)}`;

export const ship = (merchant: ShopClient, orderNo: string, trackingNo = newTrackingNo()) =>
  merchant.post(`/merchant/orders/${orderNo}/shipments`, { carrier: 'shunfeng', trackingNo });

export async function receive(buyer: ShopClient, orderNo: string): Promise<void> {
  const { confirmation } = await buyer.post<{ confirmation: string }>(`/orders/${orderNo}/receipt`, {});
  await buyer.post(`/orders/${orderNo}/receipt`, { confirmation });
}
