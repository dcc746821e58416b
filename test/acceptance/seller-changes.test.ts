import { expect, test } from 'vitest';
import { couponStateOf, logOf, moneyOf, stockOf } from '../support/books.ts';
import { givenFreight } from '../support/given.ts';
import { openPayment, paymentsOf, tradeOf } from '../support/payments.ts';
import {
  alipay,
  givenCoupon,
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

/** ST-8: what a seller may do with an order that is not paid yet. */

async function givenOrder() {
  const shopId = await givenShop();
  const freightTemplateId = await givenFreight(shopId, {
    rates: { default: { firstUnits: 1, firstFen: 800n, additionalUnits: 1, additionalFen: 0n } },
  });
  const skuId = await givenSku(shopId, 10, { freightTemplateId });
  const buyer = await newBuyer();
  const couponId = await givenCoupon(buyer);
  const orderNo = await submit(buyer, { [skuId]: 2 }, { couponIds: [couponId] });
  return { buyer, orderNo, skuId, couponId, merchant: await staff('merchant1') };
}

test('ST-8 IN-3 the seller closes an unpaid order with a reason the buyer reads; everything is back', async () => {
  const { buyer, orderNo, skuId, couponId, merchant } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await merchant.post(`/merchant/orders/${orderNo}/closures`, { reason: '商品有瑕疵，暂不出售' });
  const order = await waitFor(buyer, orderNo, ({ state }) => state === 'cancelled');
  expect(order.endReason).toBe('商品有瑕疵，暂不出售');
  expect(order.prompt.zh).toContain('商品有瑕疵');
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  expect(await couponStateOf(buyer, couponId)).toBe('available');
  expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ outTradeNo, state: 'closed' }]);
  expect((await logOf(buyer, orderNo)).at(-1)).toMatchObject({
    action: 'cancel_unpaid',
    actor: /^merchant:/,
  });
});

test('ST-8 a paid order is not closed, and a joint one only by the platform', async () => {
  const [buyer, merchant, service] = [
    await newBuyer(),
    await staff('merchant1'),
    await staff('customerService'),
  ];
  const mine = await givenSku(await givenShop(), 10);
  const theirs = await givenSku(await givenShop({ merchantId: 'M2' }), 10);
  const paid = await submit(buyer, { [mine]: 1 });
  await pay(buyer, paid);
  expect(
    await problemFrom(merchant.post(`/merchant/orders/${paid}/closures`, { reason: 'too late' })),
  ).toMatchObject({ status: 409, code: 'not_awaiting_payment' });
  const joint = await submit(buyer, { [mine]: 1, [theirs]: 1 });
  const { children } = await readOrder(buyer, joint);
  const own = children.find(({ lines }) => lines[0]?.skuId === mine)?.orderNo;
  expect(
    await problemFrom(merchant.post(`/merchant/orders/${own}/closures`, { reason: 'mine only' })),
  ).toMatchObject({ status: 409, code: 'joint_order' });
  await service.post(`/platform/orders/${own}/closures`, { reason: 'a mistake in the catalogue' });
  const order = await waitFor(buyer, joint, ({ state }) => state === 'cancelled');
  expect(order.stateCounts).toEqual({ cancelled: 2 });
});

test('ST-8 CK-9 FN-2 the seller lowers price and freight: the open trade is closed first, the new sum is paid, settled and shown', async () => {
  const { buyer, orderNo, merchant } = await givenOrder();
  const before = (await readOrder(buyer, orderNo)).amounts;
  expect(before).toMatchObject({ goodsFen: 20_000, discountFen: 1_000, freightFen: 800, payableFen: 19_800 });
  const first = await openPayment(buyer, orderNo);
  await merchant.post(`/merchant/orders/${orderNo}/price-changes`, {
    priceOffFen: 1_500,
    freightOffFen: 800,
    reason: '老顾客优惠',
  });
  const order = await readOrder(buyer, orderNo);
  expect(order.amounts).toMatchObject({
    goodsFen: 20_000,
    discountFen: 2_500,
    freightFen: 0,
    payableFen: 17_500,
  });
  expect(order.lines[0]).toMatchObject({ discountFen: 2_500, freightFen: 0, payableFen: 17_500 });
  expect(order.prompt.zh).toContain('¥175.00');
  expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ outTradeNo: first.outTradeNo, state: 'closed' }]);

  const outTradeNo = await pay(buyer, orderNo);
  expect(outTradeNo).not.toBe(first.outTradeNo);
  expect(await tradeOf(outTradeNo)).toMatchObject({ paidFen: 17_500 });
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 17_500, refundedFen: 0 });
  await ship(merchant, orderNo);
  await receive(buyer, orderNo);
  // Decision 31: goods − what the shop bears + freight; the platform pays for its coupon.
  const { settlement } = await readOrder(merchant, orderNo);
  expect(settlement).toMatchObject({ baseFen: 20_000 - 1_500 });
});

test('ST-8 SP-9 of a joint order each seller lowers its own part, and the whole follows', async () => {
  const [buyer, m1, m2] = [await newBuyer(), await staff('merchant1'), await staff('merchant2')];
  const mine = await givenSku(await givenShop(), 10);
  const theirs = await givenSku(await givenShop({ merchantId: 'M2' }), 10);
  const orderNo = await submit(buyer, { [mine]: 1, [theirs]: 2 });
  const { children, amounts } = await readOrder(buyer, orderNo);
  const childOf = (skuId: string) =>
    children.find(({ lines }) => lines[0]?.skuId === skuId)?.orderNo as string;
  const answer = await m1.post<{ orderNo: string }>(`/merchant/orders/${childOf(mine)}/price-changes`, {
    priceOffFen: 100,
    reason: 'a gift',
  });
  expect(answer.orderNo).toBe(childOf(mine));
  await m2.post(`/merchant/orders/${childOf(theirs)}/price-changes`, { priceOffFen: 250, reason: 'another' });
  await m1.post(`/merchant/orders/${childOf(mine)}/price-changes`, { priceOffFen: 50, reason: 'one more' });
  const lowered = await readOrder(buyer, orderNo);
  expect(lowered.amounts.payableFen).toBe(amounts.payableFen - 400);
  const sum = lowered.children.reduce((total, child) => total + child.amounts.payableFen, 0);
  expect(sum).toBe(lowered.amounts.payableFen);
  await pay(buyer, orderNo);
  expect((await readOrder(buyer, orderNo)).amounts.paidFen).toBe(sum);
});

test.each([
  ['nothing to take off', { priceOffFen: 0 }, 400, 'invalid_request'],
  ['nothing said', {}, 400, 'invalid_request'],
  ['less than nothing', { priceOffFen: -1 }, 400, 'invalid_request'],
  ['all of it', { priceOffFen: 19_000, freightOffFen: 800 }, 409, 'price_cut_too_large'],
  ['more freight than there is', { priceOffFen: 0, freightOffFen: 801 }, 409, 'price_cut_too_large'],
])('ST-8 a price change of %s is refused and changes nothing', async (_what, change, status, code) => {
  const { buyer, orderNo, merchant } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  const request = merchant.post(`/merchant/orders/${orderNo}/price-changes`, { ...change, reason: 'test' });
  expect(await problemFrom(request)).toMatchObject({ status, code });
  expect((await readOrder(buyer, orderNo)).amounts.payableFen).toBe(19_800);
  expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ outTradeNo, state: 'open' }]);
});

test('ST-8 PY-6 the money was quicker than the price change: it pays the old sum and the change is refused', async () => {
  const { buyer, orderNo, merchant } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { dropNotify: true, onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`);
  const problem = await problemFrom(
    merchant.post(`/merchant/orders/${orderNo}/price-changes`, { priceOffFen: 100, reason: 'test' }),
  );
  expect(problem).toMatchObject({ status: 409, code: 'already_paid' });
  const order = await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_shipment');
  expect(order.amounts).toMatchObject({ payableFen: 19_800, paidFen: 19_800 });
});

test('ST-8 PY-6 money of the old price, late, goes back; the new one pays', async () => {
  const { buyer, orderNo, merchant } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { payAfterClose: true, onlyOutTradeNo: outTradeNo });
  await merchant.post(`/merchant/orders/${orderNo}/price-changes`, { priceOffFen: 800, reason: 'test' });
  await alipay(`/trades/${outTradeNo}/pay`);
  const order = await waitFor(buyer, orderNo, ({ refunds }) =>
    refunds.some(({ state }) => state === 'succeeded'),
  );
  expect(order).toMatchObject({
    state: 'awaiting_payment',
    refunds: [{ amountFen: 19_800, reason: 'wrong_amount' }],
  });
  await pay(buyer, orderNo);
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 19_800 + 19_000, refundedFen: 19_800 });
});
