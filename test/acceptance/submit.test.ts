import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { isOrderNo } from '../../domain/order/order-no.ts';
import { levelsOf, ordersOf } from '../support/given.ts';
import {
  anonymous,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  quote,
  readOrder,
  stack,
  submit,
} from '../support/world.ts';

test('SB-1 who is not logged in is told how to log in, and nothing is made', async () => {
  const buyer = await newBuyer();
  const { quoteId, totalFen } = await quote(buyer, { [await givenSku(await givenShop(), 1)]: 1 });
  const response = await anonymous().raw(
    'POST',
    '/orders',
    { quoteId, totalFen },
    { 'idempotency-key': randomUUID() },
  );
  expect(response.status).toBe(401);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(await response.json()).toMatchObject({
    code: 'unauthenticated',
    loginMethods: [
      { method: 'phone_code', url: `${stack().issuerUrl}/login/codes` },
      { method: 'wechat', url: `${stack().issuerUrl}/login/social` },
      { method: 'qq', url: `${stack().issuerUrl}/login/social` },
    ],
  });
  expect(await ordersOf(buyer)).toEqual([]);
});

test('SB-1 I8 another buyer’s address, coupon and quote are refused as if they did not exist', async () => {
  const [owner, thief] = [await newBuyer(), await newBuyer()];
  const sku = await givenSku(await givenShop(), 10);
  const couponId = await givenCoupon(owner);
  const asThief = (more: Record<string, unknown>) => problemFrom(quote(thief, { [sku]: 1 }, more));
  expect(await asThief({ addressId: owner.addressId })).toMatchObject({
    status: 404,
    code: 'address_not_found',
  });
  expect((await asThief({ addressId: owner.addressId })).body).toEqual(
    (await asThief({ addressId: 'A-none' })).body,
  );
  expect(await asThief({ couponIds: [couponId] })).toMatchObject({
    status: 404,
    code: 'coupon_not_found',
    body: { couponIds: [couponId] },
  });
  const { quoteId, totalFen } = await quote(owner, { [sku]: 1 });
  const stolen = await problemFrom(thief.post('/orders', { quoteId, totalFen }));
  expect(stolen).toMatchObject({ status: 404, code: 'quote_not_found' });
  expect(stolen.body).toEqual(
    (await problemFrom(thief.post('/orders', { quoteId: 'Q-none', totalFen }))).body,
  );
  expect(await ordersOf(thief)).toEqual([]);
  await givenPoints(owner, 100);
  expect((await quote(thief, { [sku]: 1 }, { points: 100 })).points).toBe(0);
});

test('SB-2 5 left and 10 asked: nothing is made; the answer says what is left, a smaller quantity and what else there is', async () => {
  const buyer = await newBuyer();
  const shop = await givenShop();
  const sku = await givenSku(shop, 5, { priceFen: 1_000n });
  const enough = await givenSku(shop, 50);
  // Same category, nearest in price first; one without the quantity, one not on sale, one too many.
  const [near, far, farther, ...others] = await Promise.all([
    givenSku(shop, 10, { priceFen: 1_100n }),
    givenSku(shop, 10, { priceFen: 800n }),
    givenSku(shop, 99, { priceFen: 1_500n }),
    givenSku(shop, 99, { priceFen: 2_000n }),
    givenSku(shop, 9, { priceFen: 1_000n }),
    givenSku(shop, 99, { priceFen: 1_000n, onSale: false }),
    givenSku(shop, 99, { priceFen: 1_000n, category: `other-${shop}` }),
  ]);
  expect(others).toHaveLength(4);
  const { quoteId, totalFen } = await quote(buyer, { [sku]: 10, [enough]: 2 });
  const problem = await problemFrom(buyer.post('/orders', { quoteId, totalFen }));
  expect(problem).toMatchObject({ status: 409, code: 'insufficient_stock' });
  expect(problem.body['shortages']).toEqual([
    {
      skuId: sku,
      asked: 10,
      available: 5,
      suggestedQuantity: 5,
      alternatives: [near, far, farther].map((skuId) =>
        expect.objectContaining({ skuId, available: expect.any(Number) }),
      ),
    },
  ]);
  expect(await ordersOf(buyer)).toEqual([]);
  expect(await levelsOf(enough)).toEqual({ onHand: 50, reserved: 0 });
});

test('SB-2 20 left and 3 asked goes on', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 20);
  const orderNo = await submit(buyer, { [sku]: 3 });
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_payment',
    lines: [{ skuId: sku, quantity: 3 }],
  });
});

test('SB-2 two lines of one item are summed, for the price and for the stock', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 5, { priceFen: 1_000n });
  const lines = [
    { skuId: sku, quantity: 3 },
    { skuId: sku, quantity: 3 },
  ];
  const priced = await buyer.post<{ quoteId: string; totalFen: number; lines: object[] }>('/quotes', {
    lines,
    addressId: buyer.addressId,
  });
  expect(priced).toMatchObject({ totalFen: 6_000, lines: [{ skuId: sku, quantity: 6 }] });
  const problem = await problemFrom(
    buyer.post('/orders', { quoteId: priced.quoteId, totalFen: priced.totalFen }),
  );
  expect(problem).toMatchObject({
    code: 'insufficient_stock',
    body: { shortages: [{ skuId: sku, asked: 6, available: 5 }] },
  });
  expect(await levelsOf(sku)).toEqual({ onHand: 5, reserved: 0 });
});

test('SB-3 numbers are unique, sort by time, do not follow each other, and mistyped ones are refused', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 100);
  const before = Date.now();
  const numbers: string[] = [];
  for (let i = 0; i < 3; i++) numbers.push(await submit(buyer, { [sku]: 1 }));
  expect(new Set(numbers).size).toBe(3);
  for (const orderNo of numbers) {
    expect(isOrderNo(orderNo)).toBe(true);
    const [, y, mo, d, h, mi, s] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(
      orderNo,
    ) as unknown as string[];
    const atMs = Date.parse(`20${y}-${mo}-${d}T${h}:${mi}:${s}+08:00`);
    expect(atMs).toBeGreaterThan(before - 1_000);
    expect(atMs).toBeLessThanOrEqual(Date.now());
  }
  expect((await ordersOf(buyer)).map(({ orderNo }) => orderNo)).toEqual([...numbers].sort().reverse());
  const orderNo = numbers[0] as string;
  const mistyped = orderNo.slice(0, 15) + (orderNo[15] === '7' ? '8' : '7') + orderNo.slice(16);
  for (const wrong of [mistyped, orderNo.slice(0, -1), `${orderNo}0`, 'nonsense', "1' OR '1'='1"]) {
    const problem = await problemFrom(buyer.get(`/orders/${encodeURIComponent(wrong)}`));
    expect(problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
      body: { errors: [{ field: 'param.orderNo' }] },
    });
  }
  const unknown = '260301120506K3V9Q0ZM'.concat(
    [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'].find((c) => isOrderNo(`260301120506K3V9Q0ZM${c}`)) as string,
  );
  expect(await problemFrom(buyer.get(`/orders/${unknown}`))).toMatchObject({
    status: 404,
    code: 'not_found',
  });
});

test.each([
  ['30 minutes', 1_800],
  ['24 hours', 86_400],
])(
  'SB-5 ST-2 a shop’s deadline of %s is on every read with the seconds left',
  async (_name, paymentTimeoutSeconds) => {
    const buyer = await newBuyer();
    const orderNo = await submit(buyer, {
      [await givenSku(await givenShop({ paymentTimeoutSeconds }), 10)]: 1,
    });
    const reads = [
      await readOrder(buyer, orderNo),
      (await buyer.get<{ orders: Awaited<ReturnType<typeof readOrder>>[] }>('/orders')).orders[0],
    ];
    for (const order of reads) {
      expect(Date.parse(order?.paymentDeadline as string) - Date.parse(order?.createdAt as string)).toBe(
        paymentTimeoutSeconds * 1000,
      );
      expect(order?.secondsLeft).toBeGreaterThan(paymentTimeoutSeconds - 30);
      expect(order?.secondsLeft).toBeLessThanOrEqual(paymentTimeoutSeconds);
    }
    await pay(buyer, orderNo);
    expect((await readOrder(buyer, orderNo)).secondsLeft).toBeNull();
  },
);

test('SB-5 a joint order has the shortest deadline of its shops', async () => {
  const buyer = await newBuyer();
  const [slow, fast] = [
    await givenShop({ paymentTimeoutSeconds: 86_400 }),
    await givenShop({ paymentTimeoutSeconds: 600 }),
  ];
  const orderNo = await submit(buyer, { [await givenSku(slow, 1)]: 1, [await givenSku(fast, 1)]: 1 });
  const order = await readOrder(buyer, orderNo);
  for (const node of [order, ...order.children]) expect(node.secondsLeft).toBeLessThanOrEqual(600);
});

test('SB-5 a category can give less time to pay than its shop', async () => {
  const buyer = await newBuyer();
  const shopId = await givenShop({
    paymentTimeoutSeconds: 86_400,
    paymentTimeoutByCategory: { tickets: 900 },
  });
  const [book, ticket] = [await givenSku(shopId, 5), await givenSku(shopId, 5, { category: 'tickets' })];
  const slow = await readOrder(buyer, await submit(buyer, { [book]: 1 }));
  expect(slow.secondsLeft).toBeGreaterThan(86_300);
  const both = await readOrder(buyer, await submit(buyer, { [book]: 1, [ticket]: 1 }));
  expect(Date.parse(both.paymentDeadline) - Date.parse(both.createdAt)).toBe(900_000);
});
