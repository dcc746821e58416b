import { expect, test } from 'vitest';
import { openStock } from '../../cli/seed.ts';
import { available, benefitsOf, commandFirmly, levelsOf, times } from '../support/given.ts';
import {
  alipay,
  anonymous,
  database,
  eventually,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  quote,
  readOrder,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

const visitor = anonymous();

test('IN-1 IN-2 reserved on order: of 10 A holds 5, others see 5; payment sells what was reserved', async () => {
  const [a, b] = [await newBuyer(), await newBuyer()];
  const sku = await givenSku(await givenShop(), 10);
  const orderNo = await submit(a, { [sku]: 5 });
  expect(await available(visitor, sku)).toBe(5);
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 5 });
  const { quoteId, totalFen } = await quote(b, { [sku]: 6 });
  expect(await problemFrom(b.post('/orders', { quoteId, totalFen }))).toMatchObject({
    code: 'insufficient_stock',
    body: { shortages: [{ skuId: sku, available: 5 }] },
  });
  await submit(b, { [sku]: 5 });
  expect(await available(visitor, sku)).toBe(0);
  await pay(a, orderNo);
  expect(await levelsOf(sku)).toEqual({ onHand: 5, reserved: 5 });
});

test('IN-1 decrease on payment: an unpaid order locks nothing, payment takes the pieces', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10, { inventoryMode: 'on_payment' });
  const orderNo = await submit(buyer, { [sku]: 4 });
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 0 });
  await pay(buyer, orderNo);
  expect(await levelsOf(sku)).toEqual({ onHand: 6, reserved: 0 });
  await (await newBuyer()).get(`/items/${sku}`);
  expect(await available(visitor, sku)).toBe(6);
});

test('IN-3 CN-1 a cancel gives back stock, coupon and points exactly once, however often it is asked for', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 300);
  const sku = await givenSku(await givenShop(), 10);
  const orderNo = await submit(buyer, { [sku]: 3 }, { couponIds: [await givenCoupon(buyer)], points: 200 });
  const otherNo = await submit(buyer, { [sku]: 2 });
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 5 });
  expect(await benefitsOf(buyer)).toEqual({
    coupons: ['locked'],
    points: { balance: 300, frozen: 200, available: 100 },
  });

  const answers = await times(5, () => commandFirmly(buyer, `/orders/${orderNo}/cancellations`));
  expect(answers.toSorted()).toEqual(['accepted', ...Array<string>(4).fill('not_awaiting_payment')]);
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 2 });
  expect(await benefitsOf(buyer)).toEqual({
    coupons: ['available'],
    points: { balance: 300, frozen: 0, available: 300 },
  });
  expect((await readOrder(buyer, otherNo)).state).toBe('awaiting_payment');
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'cancelled',
    endReason: 'buyer_request',
    secondsLeft: null,
  });
});

test('IN-3 ST-2 the deadline gives back stock, coupon and points exactly once', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 100);
  const sku = await givenSku(await givenShop({ paymentTimeoutSeconds: 2 }), 10);
  const orderNo = await submit(buyer, { [sku]: 4 }, { couponIds: [await givenCoupon(buyer)], points: 100 });
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 4 });
  const order = await waitFor(buyer, orderNo, ({ state }) => state === 'cancelled');
  expect(order.endReason).toBe('payment_timeout');
  expect(Date.parse(order.endedAt as string)).toBeGreaterThanOrEqual(Date.parse(order.paymentDeadline));
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 0 });
  expect(await benefitsOf(buyer)).toEqual({
    coupons: ['available'],
    points: { balance: 100, frozen: 0, available: 100 },
  });
  expect((await problemFrom(buyer.post(`/orders/${orderNo}/cancellations`))).code).toBe(
    'not_awaiting_payment',
  );
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 0 });
});

test('IN-4 paid when the stock is gone: all money, the points and the coupon come back, and both sides are told', async () => {
  const [first, buyer, merchant] = [await newBuyer(), await newBuyer(), await staff('merchant1')];
  await givenPoints(buyer, 500);
  const sku = await givenSku(await givenShop(), 1, { inventoryMode: 'on_payment' });
  const orderNo = await submit(buyer, { [sku]: 1 }, { couponIds: [await givenCoupon(buyer)], points: 500 });
  await pay(first, await submit(first, { [sku]: 1 }));
  const outTradeNo = await pay(buyer, orderNo);

  const order = await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen > 0);
  expect(order).toMatchObject({
    state: 'cancelled',
    endReason: 'out_of_stock',
    amounts: { paidFen: 8_500, refundedFen: 8_500 },
  });
  expect(order.refunds).toEqual([
    expect.objectContaining({ amountFen: 8_500, reason: 'out_of_stock', state: 'succeeded' }),
  ]);
  expect(order.prompt.zh).toContain('¥85.00 已原路退回');
  expect(await alipay(`/trades/${outTradeNo}`, {}, 'GET')).toMatchObject({
    paidFen: 8_500,
    refundedFen: 8_500,
  });
  expect(await benefitsOf(buyer)).toEqual({
    coupons: ['available'],
    points: { balance: 500, frozen: 0, available: 500 },
  });
  for (const side of [buyer, merchant]) {
    const { notices } = await side.get<{ notices: { orderNo: string; event: string }[] }>('/notices');
    expect(
      notices.filter((notice) => notice.orderNo === orderNo && notice.event === 'out_of_stock'),
    ).toHaveLength(1);
  }
});

test('IN-4 SP-9 in a joint order only the child without stock is cancelled and refunded', async () => {
  const [first, buyer] = [await newBuyer(), await newBuyer()];
  const scarceShop = await givenShop();
  const scarce = await givenSku(scarceShop, 1, { inventoryMode: 'on_payment', priceFen: 3_000n });
  const plenty = await givenSku(await givenShop({ merchantId: 'M2' }), 10, { priceFen: 7_000n });
  const scope = { kind: 'shop', shopId: scarceShop };
  const couponIds = [await givenCoupon(buyer, { scope, issuer: 'shop' }), await givenCoupon(buyer)];
  const orderNo = await submit(buyer, { [scarce]: 1, [plenty]: 1 }, { couponIds });
  await pay(first, await submit(first, { [scarce]: 1 }));
  const outTradeNo = await pay(buyer, orderNo);
  const order = await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen > 0);
  const [gone, kept] = [scarce, plenty].map((sku) =>
    order.children.find(({ lines }) => lines[0]?.skuId === sku),
  );
  expect(gone).toMatchObject({ state: 'cancelled', endReason: 'out_of_stock' });
  expect(kept).toMatchObject({ state: 'awaiting_shipment', amounts: { refundedFen: 0 } });
  expect(order).toMatchObject({
    state: 'awaiting_shipment',
    amounts: { paidFen: 8_000, refundedFen: gone?.amounts.payableFen },
  });
  expect(await alipay(`/trades/${outTradeNo}`, {}, 'GET')).toMatchObject({
    paidFen: 8_000,
    refundedFen: gone?.amounts.payableFen,
  });
  // The shop's coupon served the dead child only; the platform's still serves the living one.
  const { coupons } = await buyer.get<{ coupons: { couponId: string; state: string }[] }>('/coupons');
  expect(couponIds.map((id) => coupons.find(({ couponId }) => couponId === id)?.state)).toEqual([
    'available',
    'used',
  ]);
});

test('IN-4 IN-5 a payment whose warehouse is empty ends in a refund, also when another warehouse has pieces', async () => {
  const [first, buyer] = [await newBuyer(), await newBuyer()];
  const sku = await givenSku(await givenShop(), 1, { inventoryMode: 'on_payment' });
  await openStock(database(), sku, 'W2', 1);
  const orders = await Promise.all([first, buyer].map((each) => submit(each, { [sku]: 1 })));
  await pay(first, orders[0] as string);
  await pay(buyer, orders[1] as string);
  const order = await readOrder(buyer, orders[1] as string);
  expect(['awaiting_shipment', 'cancelled']).toContain(order.state);
  if (order.state === 'cancelled')
    await waitFor(buyer, order.orderNo, ({ amounts }) => amounts.refundedFen === amounts.paidFen);
  expect(await levelsOf(sku)).toEqual({ onHand: order.state === 'cancelled' ? 1 : 0, reserved: 0 });
});

test('IN-7 every change of a level is a movement with its cause', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 7);
  const cancelled = await submit(buyer, { [sku]: 2 });
  await buyer.post(`/orders/${cancelled}/cancellations`);
  const paid = await submit(buyer, { [sku]: 3 });
  await pay(buyer, paid);
  const movements = await eventually(async () => {
    const found = await database().query.stockMovements.findMany({
      where: (row, { eq }) => eq(row.skuId, sku),
      orderBy: (row, { asc }) => asc(row.id),
    });
    return found.length >= 5 && found;
  }, 'five movements');
  expect(
    movements.map(({ cause, orderNo, onHandDelta, reservedDelta }) => [
      cause,
      orderNo,
      onHandDelta,
      reservedDelta,
    ]),
  ).toEqual([
    ['opening', null, 7, 0],
    ['reserve', cancelled, 0, 2],
    ['release', cancelled, 0, -2],
    ['reserve', paid, 0, 3],
    ['sell', paid, -3, -3],
  ]);
});
