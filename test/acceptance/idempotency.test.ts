import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { levelsOf, ordersOf, outcomesOf, submitFirmly, times } from '../support/given.ts';
import {
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  problemFrom,
  quote,
  submit,
} from '../support/world.ts';

test('SB-6 a write without a key is refused, a repeated one answers the same, a key with another body is refused', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10);
  const priced = await quote(buyer, { [sku]: 1 });
  const other = await quote(buyer, { [sku]: 2 });
  const orderNo = await submit(buyer, { [sku]: 1 });
  const address = {
    name: '王五',
    phone: '13800000003',
    region: '44',
    province: '广东省',
    city: '深圳市',
    district: '南山区',
    street: '深南大道',
  };
  const basket = (quantity: number) => ({ lines: [{ skuId: sku, quantity }], addressId: buyer.addressId });
  const writes: [string, object, object][] = [
    ['/quotes', basket(1), basket(2)],
    ['/addresses', address, { ...address, name: '赵六' }],
    [
      '/orders',
      { quoteId: priced.quoteId, totalFen: priced.totalFen },
      { quoteId: other.quoteId, totalFen: other.totalFen },
    ],
    [`/orders/${orderNo}/payments`, { method: 'alipay_qr' }, { method: 'alipay_page' }],
    [`/orders/${orderNo}/messages`, { text: '放门口' }, { text: '放驿站' }],
    [`/orders/${orderNo}/cancellations`, { reason: 'one' }, { reason: 'two' }],
  ];
  for (const [path, body, otherBody] of writes) {
    const keyless = await buyer.raw('POST', path, body);
    expect([keyless.status, ((await keyless.json()) as { code: string }).code], path).toEqual([
      400,
      'idempotency_key_missing',
    ]);
    const key = randomUUID();
    const first = await buyer.post(path, body, key);
    expect(await buyer.post(path, body, key), path).toEqual(first);
    expect(await problemFrom(buyer.post(path, otherBody, key)), path).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    expect(await buyer.post(path, body, key), path).toEqual(first);
  }
  expect((await buyer.get<{ addresses: object[] }>('/addresses')).addresses).toHaveLength(2);
  expect(await ordersOf(buyer)).toHaveLength(2);
});

test('SB-6 a key belongs to its caller', async () => {
  const [a, b] = [await newBuyer(), await newBuyer()];
  const sku = await givenSku(await givenShop(), 10);
  const key = randomUUID();
  const basketOf = (buyer: typeof a) => ({
    lines: [{ skuId: sku, quantity: 1 }],
    addressId: buyer.addressId,
  });
  const { quoteId } = await a.post<{ quoteId: string }>('/quotes', basketOf(a), key);
  expect((await b.post<{ quoteId: string }>('/quotes', basketOf(b), key)).quoteId).not.toBe(quoteId);
});

test('SB-6 a repeated quote is answered as before, also after its coupon went into an order', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10);
  const body = {
    lines: [{ skuId: sku, quantity: 1 }],
    addressId: buyer.addressId,
    couponIds: [await givenCoupon(buyer)],
  };
  const key = randomUUID();
  const first = await buyer.post<{ quoteId: string; totalFen: number }>('/quotes', body, key);
  await buyer.post('/orders', { quoteId: first.quoteId, totalFen: first.totalFen });
  expect(await buyer.post('/quotes', body, key)).toEqual(first);
});

test('SB-6 IN-2 100 identical submits at once, with a coupon, points and the last piece, make one order and answer it', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 100);
  const sku = await givenSku(await givenShop(), 1);
  const offer = await quote(buyer, { [sku]: 1 }, { couponIds: [await givenCoupon(buyer)], points: 100 });
  const key = randomUUID();
  const { orderNos, refused } = outcomesOf(await times(100, () => submitFirmly(buyer, offer, key)));
  expect(refused).toEqual({});
  expect(orderNos).toHaveLength(1);
  expect((await ordersOf(buyer)).map(({ orderNo }) => orderNo)).toEqual(orderNos);
  expect(await levelsOf(sku)).toEqual({ onHand: 1, reserved: 1 });
});

test('SB-6 CK-11 100 submits of one quote with keys of their own make one order', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 100);
  const offer = await quote(buyer, { [sku]: 1 });
  const { orderNos, refused } = outcomesOf(await times(100, () => submitFirmly(buyer, offer)));
  expect(orderNos).toHaveLength(1);
  expect(refused).toEqual({ quote_used: 99 });
  expect(await levelsOf(sku)).toEqual({ onHand: 100, reserved: 1 });
});
