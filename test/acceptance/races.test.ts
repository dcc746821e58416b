import { expect, test } from 'vitest';
import { benefitsOf, levelsOf, ordersOf, outcomesOf, submitFirmly, times } from '../support/given.ts';
import {
  alipay,
  type Buyer,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  quote,
  waitFor,
} from '../support/world.ts';

test('IN-2 200 buyers at once for 10 pieces make exactly 10 orders and sell nothing twice', {
  timeout: 120_000,
}, async () => {
  const sku = await givenSku(await givenShop(), 10);
  const offers = await times(200, async () => {
    const buyer = await newBuyer();
    return { buyer, offer: await quote(buyer, { [sku]: 1 }) };
  });
  const { orderNos, refused } = outcomesOf(
    await Promise.all(offers.map(({ buyer, offer }) => submitFirmly(buyer, offer))),
  );
  expect(orderNos).toHaveLength(10);
  expect(refused).toEqual({ insufficient_stock: 190 });
  expect(await levelsOf(sku)).toEqual({ onHand: 10, reserved: 10 });
  const lists = await Promise.all(offers.map(({ buyer }) => ordersOf(buyer)));
  expect(
    lists
      .flat()
      .map(({ orderNo }) => orderNo)
      .sort(),
  ).toEqual([...orderNos].sort());
});

test('IN-2 IN-4 200 buyers who pay at once for 10 pieces: 10 go on to shipment, 190 are cancelled and refunded in full', {
  timeout: 240_000,
}, async () => {
  const sku = await givenSku(await givenShop(), 10, { inventoryMode: 'on_payment', priceFen: 1_234n });
  const attempts = await times(200, async () => {
    const buyer = await newBuyer();
    const { orderNo } = await submitFirmly(buyer, await quote(buyer, { [sku]: 1 }));
    if (!orderNo) throw new Error('an unpaid order takes no stock and must be made');
    const { outTradeNo } = await buyer.post<{ outTradeNo: string }>(`/orders/${orderNo}/payments`, {
      method: 'alipay_qr',
    });
    return { buyer, orderNo, outTradeNo };
  });
  await Promise.all(attempts.map(({ outTradeNo }) => alipay(`/trades/${outTradeNo}/pay`)));
  const ended: Order[] = [];
  // One after the other: two hundred readers would only keep the orders from their work.
  for (const { buyer, orderNo } of attempts) {
    const over = ({ state, amounts }: Order) =>
      state === 'awaiting_shipment' || (state === 'cancelled' && amounts.refundedFen > 0);
    ended.push(await waitFor(buyer, orderNo, over, 120_000));
  }
  expect(ended.filter(({ state }) => state === 'awaiting_shipment')).toHaveLength(10);
  for (const order of ended.filter(({ state }) => state === 'cancelled')) {
    expect(order).toMatchObject({
      endReason: 'out_of_stock',
      amounts: { paidFen: 1_234, refundedFen: 1_234 },
    });
  }
  const trades = await Promise.all(
    attempts.map(({ outTradeNo }) =>
      alipay<{ paidFen: number; refundedFen: number }>(`/trades/${outTradeNo}`, {}, 'GET'),
    ),
  );
  const kept = trades.map(({ paidFen, refundedFen }) => paidFen - refundedFen);
  expect(kept.filter((fen) => fen === 1_234)).toHaveLength(10);
  expect(kept.filter((fen) => fen === 0)).toHaveLength(190);
  expect(await levelsOf(sku)).toEqual({ onHand: 0, reserved: 0 });
});

test('IN-2 two carts race for the last unit: one order, and the loser leaves no orphan', async () => {
  const sku = await givenSku(await givenShop(), 1);
  const racers = await times(2, async () => {
    const buyer = await newBuyer();
    await givenPoints(buyer, 100);
    return {
      buyer,
      offer: await quote(buyer, { [sku]: 1 }, { couponIds: [await givenCoupon(buyer)], points: 100 }),
    };
  });
  const tries = await Promise.all(racers.map(({ buyer, offer }) => submitFirmly(buyer, offer)));
  const { orderNos, refused } = outcomesOf(tries);
  expect(orderNos).toHaveLength(1);
  expect(refused).toEqual({ insufficient_stock: 1 });
  const loser = racers[tries.findIndex(({ orderNo }) => orderNo === null)]?.buyer as Buyer;
  expect(await ordersOf(loser)).toEqual([]);
  expect(await benefitsOf(loser)).toEqual({
    coupons: ['available'],
    points: { balance: 100, frozen: 0, available: 100 },
  });
  expect(await levelsOf(sku)).toEqual({ onHand: 1, reserved: 1 });
});

test('CK-5 IN-2 one coupon in 20 submits at once serves exactly one order', async () => {
  const buyer = await newBuyer();
  const couponIds = [await givenCoupon(buyer)];
  const sku = await givenSku(await givenShop(), 100);
  const offers = await times(20, () => quote(buyer, { [sku]: 1 }, { couponIds }));
  const { orderNos, refused } = outcomesOf(
    await Promise.all(offers.map((offer) => submitFirmly(buyer, offer))),
  );
  expect(orderNos).toHaveLength(1);
  expect(refused).toEqual({ coupon_unavailable: 19 });
  expect(await levelsOf(sku)).toEqual({ onHand: 100, reserved: 1 });
  expect((await ordersOf(buyer)).map(({ orderNo }) => orderNo)).toEqual(orderNos);
});

test('CK-6 IN-2 the same points in 20 submits at once serve exactly one order', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 500);
  const sku = await givenSku(await givenShop(), 100);
  const offers = await times(20, () => quote(buyer, { [sku]: 1 }, { points: 500 }));
  const { orderNos, refused } = outcomesOf(
    await Promise.all(offers.map((offer) => submitFirmly(buyer, offer))),
  );
  expect(orderNos).toHaveLength(1);
  expect((refused['points_insufficient'] ?? 0) + (refused['price_changed'] ?? 0)).toBe(19);
  expect((await benefitsOf(buyer)).points).toEqual({ balance: 500, frozen: 500, available: 0 });
  expect(await levelsOf(sku)).toEqual({ onHand: 100, reserved: 1 });
});

test('IN-2 baskets that name the same items in other orders do not block each other', async () => {
  const shop = await givenShop();
  const [a, b, c] = (await times(3, () => givenSku(shop, 100))) as [string, string, string];
  const baskets = [
    [a, b, c],
    [c, b, a],
    [b, a, c],
    [c, a, b],
  ];
  const tries = await times(24, async (index) => {
    const buyer = await newBuyer();
    const lines = Object.fromEntries((baskets[index % 4] as string[]).map((sku) => [sku, 1]));
    return submitFirmly(buyer, await quote(buyer, lines));
  });
  expect(outcomesOf(tries).orderNos).toHaveLength(24);
  for (const sku of [a, b, c]) expect(await levelsOf(sku)).toEqual({ onHand: 100, reserved: 24 });
});
