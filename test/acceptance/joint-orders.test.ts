import { expect, test } from 'vitest';
import { couponStateOf, moneyOf, stockOf } from '../support/books.ts';
import { expectConserved, givenJoint, givenSkus, joined } from '../support/joint.ts';
import { openPayment, tradeOf } from '../support/payments.ts';
import {
  alipay,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  pay,
  problemFrom,
  quote,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

test('SP-2 SP-3 SP-9 a basket of two merchants is a parent with two children, apportioned to the fen', async () => {
  const buyer = await newBuyer();
  const skus = await givenSkus();
  const couponIds = [await givenCoupon(buyer, { benefit: { kind: 'fixed', saveFen: 1_001 } })];
  await givenPoints(buyer, 777);
  const asked = await quote(buyer, { [skus[0]]: 1, [skus[1]]: 3 }, { couponIds, points: 777 });
  expect(asked).toMatchObject({
    paidAsOne: true,
    goodsFen: 49_964,
    discountFen: 4_001,
    pointsFen: 777,
    totalFen: 49_964 - 4_001 - 777,
  });
  const joint = await joined(buyer, skus, { couponIds, points: 777 });
  const order = await readOrder(buyer, joint.orderNo);
  expect(order).toMatchObject({
    kind: 'parent',
    parentNo: null,
    state: 'awaiting_payment',
    stateCounts: { awaiting_payment: 2 },
    amounts: { goodsFen: 49_964, discountFen: 4_001, pointsFen: 777, payableFen: asked.totalFen, paidFen: 0 },
  });
  expectConserved(order);
  expect(
    order.children.map(({ kind, parentNo, paymentRootNo, splitRule }) => ({
      kind,
      parentNo,
      paymentRootNo,
      splitRule,
    })),
  ).toEqual(
    Array.from({ length: 2 }, () => ({
      kind: 'child',
      parentNo: joint.orderNo,
      paymentRootNo: joint.orderNo,
      splitRule: 'shop',
    })),
  );
  // What the quote promised each shop is what its child carries.
  for (const { shopId, payableFen } of asked.shops) {
    expect(order.children.find((child) => child.shopId === shopId)?.amounts.payableFen).toBe(payableFen);
  }
  // Both children bear a part of the platform's discounts.
  expect(order.children.map((child) => child.amounts.discountFen > 0)).toEqual([true, true]);
});

test('SP-5 SP-9 paying a child pays the whole, with one trade', async () => {
  const { buyer, orderNo, second, skus } = await givenJoint();
  const { amounts } = await readOrder(buyer, orderNo);
  const payment = await openPayment(buyer, second);
  expect(payment).toMatchObject({ orderNo, amountFen: amounts.payableFen });
  expect((await tradeOf(payment.outTradeNo)).totalFen).toBe(amounts.payableFen);
  await alipay(`/trades/${payment.outTradeNo}/pay`);
  const paid = await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  expect(paid).toMatchObject({
    stateCounts: { awaiting_shipment: 2 },
    amounts: { paidFen: amounts.payableFen },
  });
  expectConserved(paid);
  expect(await stockOf(skus[0])).toEqual({ onHand: 9, reserved: 0 });
  expect(await stockOf(skus[1])).toEqual({ onHand: 7, reserved: 0 });
  const money = Object.values(await moneyOf(buyer));
  expect(money.reduce((sum, { paidFen }) => sum + paidFen, 0)).toBe(amounts.payableFen);
});

test('SP-5 RF-9 cancelling a child cancels all of them; the coupon comes back once', async () => {
  const buyer = await newBuyer();
  const couponId = await givenCoupon(buyer);
  const { orderNo, first, second, skus } = await joined(buyer, await givenSkus(), { couponIds: [couponId] });
  expect(await couponStateOf(buyer, couponId)).toBe('locked');
  await buyer.post(`/orders/${first}/cancellations`, {});
  const order = await waitFor(buyer, orderNo, (o) => o.state === 'cancelled');
  expect(order.stateCounts).toEqual({ cancelled: 2 });
  expect((await readOrder(buyer, second)).state).toBe('cancelled');
  expect(await couponStateOf(buyer, couponId)).toBe('available');
  for (const skuId of skus) expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
});

test('SP-5 ST-2 PY-5 the deadline of a joint order is the shortest of its shops, and cancels all', async () => {
  const buyer = await newBuyer();
  const quick = await givenSku(await givenShop({ paymentTimeoutSeconds: 3 }), 10);
  const slow = await givenSku(await givenShop({ merchantId: 'M2', paymentTimeoutSeconds: 86_400 }), 10);
  const orderNo = await submit(buyer, { [quick]: 1, [slow]: 1 });
  const { paymentDeadline, createdAt } = await readOrder(buyer, orderNo);
  expect(Date.parse(paymentDeadline) - Date.parse(createdAt)).toBe(3_000);
  const order = await waitFor(buyer, orderNo, (o) => o.state === 'cancelled');
  expect(order.stateCounts).toEqual({ cancelled: 2 });
  expect(await stockOf(slow)).toEqual({ onHand: 10, reserved: 0 });
});

test('SP-2 SP-9 each child is shipped and received alone by its own merchant; the parent shows both tracks', async () => {
  const { buyer, orderNo, first, second } = await givenJoint();
  await pay(buyer, orderNo);
  const [merchant1, merchant2] = [await staff('merchant1'), await staff('merchant2')];
  await waitFor(buyer, first, (order) => order.state === 'awaiting_shipment');
  await ship(merchant1, first, 'SF1111111111111');
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_shipment',
    stateCounts: { awaiting_receipt: 1, awaiting_shipment: 1 },
  });
  await receive(buyer, first);
  expect(await readOrder(buyer, first)).toMatchObject({ state: 'completed', parentNo: orderNo });
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_shipment',
    stateCounts: { completed: 1, awaiting_shipment: 1 },
  });

  await merchant2.post(`/merchant/orders/${second}/review`, { decision: 'confirm' });
  await ship(merchant2, second, 'SF2222222222222');
  const shipped = await readOrder(buyer, orderNo);
  expect(shipped).toMatchObject({
    state: 'awaiting_receipt',
    stateCounts: { completed: 1, awaiting_receipt: 1 },
  });
  expect(shipped.shipments.map((shipment) => [shipment.orderNo, shipment.trackingNo])).toEqual(
    [
      [first, 'SF1111111111111'],
      [second, 'SF2222222222222'],
    ].sort(),
  );
  await receive(buyer, second);
  const done = await readOrder(buyer, orderNo);
  expect(done).toMatchObject({ state: 'completed', stateCounts: { completed: 2 } });
  expectConserved(done);
});

test('ST-1 ST-7 SP-2 a paid parent refuses what belongs to its children, by the state it shows, and offers none of it', async () => {
  const { buyer, orderNo, first, second } = await givenJoint();
  await pay(buyer, orderNo);
  await waitFor(buyer, second, (order) => order.state === 'awaiting_shipment');
  const again = await problemFrom(openPayment(buyer, first));
  expect([again.code, again.body['state']]).toEqual(['not_awaiting_payment', 'awaiting_shipment']);
  const merchant2 = await staff('merchant2');
  await ship(await staff('merchant1'), first);
  await merchant2.post(`/merchant/orders/${second}/review`, { decision: 'confirm' });
  await ship(merchant2, second);
  const parent = await readOrder(buyer, orderNo);
  expect(parent).toMatchObject({ state: 'awaiting_receipt', actions: [] });
  const refused = await problemFrom(buyer.post(`/orders/${orderNo}/cancellations`, {}));
  expect([refused.code, refused.body['state']]).toEqual(['not_awaiting_shipment', 'awaiting_receipt']);
  expect((await readOrder(buyer, first)).actions.map(({ action }) => action)).toEqual([
    'confirm_receipt',
    'extend_receipt',
    'send_message',
  ]);
  const receipt = await problemFrom(buyer.post(`/orders/${orderNo}/receipt`, {}));
  expect([receipt.status, receipt.code]).toEqual([409, 'not_awaiting_receipt']);
});

test('SP-10 a merchant sees its own child only', async () => {
  const { buyer, orderNo, first, second } = await givenJoint();
  await pay(buyer, orderNo);
  const [merchant1, merchant2] = [await staff('merchant1'), await staff('merchant2')];
  expect(await readOrder(merchant2, second)).toMatchObject({
    orderNo: second,
    parentNo: null,
    children: [],
    settlement: null,
  });
  const forbidden = await Promise.all(
    [
      readOrder(merchant2, first),
      readOrder(merchant2, orderNo),
      readOrder(merchant1, second),
      ship(merchant1, second),
    ].map(problemFrom),
  );
  expect(forbidden.map((problem) => problem.status)).toEqual([404, 404, 404, 404]);
  for (const path of ['log', 'vouchers', 'payments']) {
    expect((await problemFrom(merchant2.get(`/orders/${orderNo}/${path}`))).status).toBe(404);
  }
  const { orders } = await merchant2.get<{ orders: Order[] }>('/merchant/orders?limit=100');
  const numbers = orders.map((order) => order.orderNo);
  expect(numbers).toContain(second);
  expect(numbers).not.toContain(first);
  expect(numbers).not.toContain(orderNo);
  expect(JSON.stringify(orders.find((order) => order.orderNo === second))).not.toContain(first);
});

test('IN-4 decision-15 stock gone at payment cancels and refunds that child only', async () => {
  const skus = await givenSkus({ inventoryMode: 'on_payment' }, 3);
  const late = await joined(await newBuyer(), skus);
  const early = await newBuyer();
  await pay(early, await submit(early, { [skus[1]]: 3 }));
  expect(await stockOf(skus[1])).toEqual({ onHand: 0, reserved: 0 });

  const { buyer, orderNo, first, second } = late;
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay(`/trades/${outTradeNo}/pay`);
  const order = await waitFor(buyer, orderNo, (o) =>
    o.refunds.some((refund) => refund.state === 'succeeded'),
  );
  expect(order).toMatchObject({
    state: 'awaiting_shipment',
    stateCounts: { awaiting_shipment: 1, cancelled: 1 },
  });
  expectConserved(order);
  const dead = await readOrder(buyer, second);
  expect(dead).toMatchObject({
    state: 'cancelled',
    endReason: 'out_of_stock',
    refunds: [{ amountFen: dead.amounts.payableFen, reason: 'out_of_stock' }],
  });
  expect(dead.prompt.zh).toContain('库存');
  expect(await tradeOf(outTradeNo)).toMatchObject({
    paidFen: order.amounts.payableFen,
    refundedFen: dead.amounts.payableFen,
  });
  expect(await stockOf(skus[0])).toEqual({ onHand: 9, reserved: 0 });
  expect(await stockOf(skus[1])).toEqual({ onHand: 0, reserved: 0 });
  await ship(await staff('merchant1'), first);
  await receive(buyer, first);
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'completed',
    stateCounts: { completed: 1, cancelled: 1 },
  });
});
