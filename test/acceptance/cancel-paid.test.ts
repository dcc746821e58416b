import { expect, test } from 'vitest';
import { couponStateOf, pointsOf, stockOf } from '../support/books.ts';
import { givenJoint } from '../support/joint.ts';
import { qimen } from '../support/providers.ts';
import { decided, givenInWarehouse, givenSkuIn, givenWarehouse, pushed } from '../support/warehouses.ts';
import {
  type Buyer,
  eventually,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

const cancel = (buyer: Buyer, orderNo: string, body: object = {}) =>
  buyer.post<{ result: string }>(`/orders/${orderNo}/cancellations`, body);

const refunded = (buyer: Buyer, orderNo: string) =>
  waitFor(
    buyer,
    orderNo,
    ({ refunds }) => refunds.length > 0 && refunds.every(({ state }) => state === 'succeeded'),
  );

test('CN-2 CN-3 RF-1 an order that its warehouse is packing is stopped there: stock back, all of the money back', async () => {
  const { buyer, orderNo, shipmentNo, skuId } = await givenInWarehouse(2);
  await qimen.advance(shipmentNo, 'packed');
  expect(await cancel(buyer, orderNo, { reason: '不想要了' })).toMatchObject({ result: 'accepted' });
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed', reason: '不想要了' });
  expect((await qimen.order(shipmentNo)).stage).toBe('cancelled');
  const order = await refunded(buyer, orderNo);
  expect(order).toMatchObject({ state: 'cancelled', amounts: { payableFen: 20_000, refundedFen: 20_000 } });
  expect(order.lines[0]).toMatchObject({ reversedQuantity: 2, shippedQuantity: 0 });
  expect(order.shipments).toMatchObject([{ stage: 'cancelled' }]);
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
});

test('CN-3 an order that has left is not cancelled: 订单已经出库, and it goes on to its buyer', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.faults({ refuseCancel: true, onlyOutTradeNo: shipmentNo });
  await cancel(buyer, orderNo);
  const refusal = await decided(buyer, orderNo);
  expect(refusal).toMatchObject({ state: 'refused' });
  expect(refusal.words.zh).toContain('订单已经出库');
  const order = await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  expect(order).toMatchObject({ refunds: [], amounts: { refundedFen: 0 } });
  const { notices } = await buyer.get<{ notices: { event: string; orderNo: string }[] }>('/notices');
  expect(notices.filter((one) => one.orderNo === orderNo).map(({ event }) => event)).toContainEqual(
    expect.stringContaining('cancel_refused'),
  );
  await receive(buyer, orderNo);
});

test('CN-2 what no warehouse was told of yet is stopped at once', async () => {
  const warehouseId = await givenWarehouse();
  const shopId = await givenShop({ kind: 'third_party', merchantId: 'M2' });
  const skuId = await givenSkuIn(shopId, { [warehouseId]: 5 });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  await cancel(buyer, orderNo);
  const order = await refunded(buyer, orderNo);
  expect(order).toMatchObject({ state: 'cancelled', shipments: [], cancellations: [{ state: 'agreed' }] });
  expect(await stockOf(skuId)).toEqual({ onHand: 5, reserved: 0 });
});

test('CN-5 of two shipments one is stopped and refunded, the other has left and goes on', async () => {
  const [one, two] = [await givenWarehouse(), await givenWarehouse()];
  const shopId = await givenShop();
  const first = await givenSkuIn(shopId, { [one]: 5 }, { priceFen: 3_000n });
  const second = await givenSkuIn(shopId, { [two]: 5 }, { priceFen: 5_000n });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [first]: 1, [second]: 1 });
  await pay(buyer, orderNo);
  const { shipments } = await waitFor(
    buyer,
    orderNo,
    (order) => order.shipments.length === 2 && order.shipments.every(({ stage }) => stage === 'accepted'),
  );
  const [, leaving] = shipments.map(({ shipmentNo }) => shipmentNo) as [string, string];
  await qimen.advance(leaving, 'handed_over');
  await waitFor(buyer, orderNo, (order) => order.shipments[1]?.stage === 'handed_over');
  await cancel(buyer, orderNo);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'partly_agreed' });
  const gone = (await readOrder(buyer, orderNo)).shipments.find(({ stage }) => stage === 'handed_over');
  const line = gone?.lines[0]?.lineNo;
  const order = await refunded(buyer, orderNo);
  expect(order.state).toBe('awaiting_receipt');
  const stopped = order.lines.find(({ lineNo }) => lineNo !== line);
  expect(order.amounts.refundedFen).toBe(stopped?.payableFen);
  await receive(buyer, orderNo);
  const settled = await readOrder(await staff('merchant1'), orderNo);
  expect(settled.settlement?.baseFen).toBe(8_000 - (stopped?.payableFen ?? 0));
});

test('FU-5 pieces that a merchant does not have are taken out of the warehouse’s hands and refunded; the rest is sent', async () => {
  const warehouseId = await givenWarehouse();
  const shopId = await givenShop();
  const [missing, there] = [
    await givenSkuIn(shopId, { [warehouseId]: 5 }, { priceFen: 3_333n }),
    await givenSkuIn(shopId, { [warehouseId]: 5 }, { priceFen: 5_000n }),
  ];
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [missing]: 3, [there]: 1 });
  await pay(buyer, orderNo);
  const first = await pushed(buyer, orderNo);
  const before = await readOrder(buyer, orderNo);
  const lineNo = before.lines.find(({ skuId }) => skuId === missing)?.lineNo;
  const merchant = await staff('merchant1');
  const shortage = (quantity: number) =>
    merchant.post(`/merchant/orders/${orderNo}/shortages`, {
      lines: [{ lineNo, quantity }],
      reason: '仓库缺货',
    });
  expect(await problemFrom(shortage(4))).toMatchObject({ code: 'more_than_open' });
  await shortage(2);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed', askedBy: 'merchant' });
  const second = await pushed(buyer, orderNo);
  expect(second).not.toBe(first);
  expect((await qimen.order(first)).stage).toBe('cancelled');
  expect(
    (await qimen.order(second)).lines.map(({ itemCode, quantity }) => [itemCode, quantity]).sort(),
  ).toEqual(
    [
      [missing, 1],
      [there, 1],
    ].sort(),
  );
  const order = await refunded(buyer, orderNo);
  expect(order).toMatchObject({ state: 'awaiting_shipment', amounts: { refundedFen: 6_666 } });
  // The pieces were not there: they are not on sale again.
  expect(await stockOf(missing)).toEqual({ onHand: 2, reserved: 0 });
  await qimen.advance(second, 'handed_over');
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
});

async function givenByHand(quantity = 1) {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: quantity });
  await pay(buyer, orderNo);
  return { buyer, orderNo, skuId, merchant: await staff('merchant1') };
}

test('CN-2 a merchant who ships by hand cannot upload a number while a cancel is open, and proves that it has left', async () => {
  const { buyer, orderNo, merchant } = await givenByHand();
  await cancel(buyer, orderNo);
  const asked = await readOrder(buyer, orderNo);
  expect(asked).toMatchObject({ state: 'awaiting_shipment', cancellations: [{ state: 'asking' }] });
  expect(asked.cancellations[0]?.answerDueAt).not.toBeNull();
  expect(await problemFrom(ship(merchant, orderNo))).toMatchObject({ code: 'cancellation_open' });
  expect(await problemFrom(cancel(buyer, orderNo))).toMatchObject({ code: 'cancellation_open' });
  await merchant.post(`/merchant/orders/${orderNo}/cancellation-answers`, {
    ...{ answer: 'shipped', carrier: 'shunfeng', trackingNo: 'SF1000000000009' },
  });
  const order = await readOrder(buyer, orderNo);
  expect(order).toMatchObject({
    state: 'awaiting_receipt',
    cancellations: [{ state: 'refused' }],
    refunds: [],
  });
});

test('CN-3 a merchant who ships by hand agrees to a cancel', async () => {
  const { buyer, orderNo, merchant, skuId } = await givenByHand(3);
  await cancel(buyer, orderNo);
  await merchant.post(`/merchant/orders/${orderNo}/cancellation-answers`, { answer: 'agree' });
  expect(await refunded(buyer, orderNo)).toMatchObject({ state: 'cancelled' });
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
});

test('RF-4 pieces cancelled one after another bring back exactly what was paid, the last the remainder', async () => {
  const warehouseId = await givenWarehouse();
  const skuId = await givenSkuIn(await givenShop(), { [warehouseId]: 9 }, { priceFen: 3_333n });
  const buyer = await newBuyer();
  await givenPoints(buyer, 1_000);
  const orderNo = await submit(buyer, { [skuId]: 3 }, { points: 100 });
  await pay(buyer, orderNo);
  for (const index of [1, 2, 3]) {
    await pushed(buyer, orderNo);
    await cancel(buyer, orderNo, { lines: [{ lineNo: 1, quantity: 1 }] });
    await waitFor(
      buyer,
      orderNo,
      ({ cancellations }) =>
        cancellations.length === index && cancellations.every(({ state }) => state === 'agreed'),
    );
  }
  const order = await refunded(buyer, orderNo);
  expect(order.state).toBe('cancelled');
  expect(order.refunds).toHaveLength(3);
  expect(order.amounts.refundedFen).toBe(order.amounts.paidFen);
  expect(await pointsOf(buyer)).toMatchObject({ balance: 1_000, frozen: 0 });
  expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
});

test('CN-3 RF-9 an order with nothing to pay is given back: its coupon can be used again', async () => {
  const warehouseId = await givenWarehouse();
  const skuId = await givenSkuIn(await givenShop(), { [warehouseId]: 9 }, { priceFen: 1_000n });
  const buyer = await newBuyer();
  const couponId = await givenCoupon(buyer, { benefit: { kind: 'fixed', saveFen: 1_000 } });
  const orderNo = await submit(buyer, { [skuId]: 1 }, { couponIds: [couponId] });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ amounts: { payableFen: 0 } });
  await pushed(buyer, orderNo);
  expect(await couponStateOf(buyer, couponId)).not.toBe('available');
  await cancel(buyer, orderNo);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed' });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'cancelled', refunds: [] });
  expect(await couponStateOf(buyer, couponId)).toBe('available');
});

test('CN-2 cancelling a paid joint order asks each of its children, each with its own outcome', async () => {
  const { buyer, orderNo, children } = await givenPaidJoint();
  const answer = await buyer.post<{ children: { orderNo: string; result: string }[] }>(
    `/orders/${orderNo}/cancellations`,
    {},
  );
  expect(answer.children.map((child) => child.orderNo).sort()).toEqual(children.sort());
  const [first, second] = children as [string, string];
  const seller = await sellerOf(first);
  await seller.post(`/merchant/orders/${first}/cancellation-answers`, { answer: 'agree' });
  await waitFor(buyer, first, ({ state }) => state === 'cancelled');
  expect((await readOrder(buyer, second)).state).toBe('awaiting_shipment');
});

async function givenPaidJoint() {
  const { buyer, orderNo } = await givenJoint();
  await pay(buyer, orderNo);
  const order = await waitFor(buyer, orderNo, ({ paidAt }) => paidAt !== null);
  for (const child of order.children.filter(({ review }) => review?.state === 'pending'))
    await (await sellerOf(child.orderNo)).post(`/merchant/orders/${child.orderNo}/review`, {
      decision: 'confirm',
    });
  return { buyer, orderNo, children: order.children.map((child) => child.orderNo) };
}

async function sellerOf(orderNo: string) {
  for (const name of ['merchant1', 'merchant2'] as const) {
    const seller = await staff(name);
    const found = await seller.get(`/orders/${orderNo}`).catch(() => null);
    if (found) return seller;
  }
  throw new Error(`nobody sells ${orderNo}`);
}

test('CN-4 a warehouse that does not answer leaves the money where it is; a person’s word decides', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.faults({ pendingCancel: true, onlyOutTradeNo: shipmentNo });
  await cancel(buyer, orderNo);
  const order = await eventually(async () => {
    const now = await readOrder(buyer, orderNo);
    return now.cancellations[0]?.state === 'asking' ? now : undefined;
  }, 'the warehouse to be asked');
  expect(order).toMatchObject({ state: 'awaiting_shipment', refunds: [] });
  const service = await staff('customerService');
  const answer = service.post(`/platform/orders/${orderNo}/cancellation-answers`, { answer: 'stopped' });
  expect(await problemFrom(answer)).toMatchObject({ code: 'warehouse_asked' });
});
