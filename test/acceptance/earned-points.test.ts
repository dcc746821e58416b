import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { couponStateOf, pointsOf, vouchersOf } from '../support/books.ts';
import { applyFor, inspected, merchantActs, sentBack } from '../support/cases.ts';
import { givenFreight, givenShipped, type Shipped } from '../support/given.ts';
import {
  type Buyer,
  database,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  quote,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** The buyer returns pieces, the merchant lets them pass, and the money is on its way. */
async function returned(
  { buyer, merchant, orderNo }: Shipped,
  quantity: number,
  reason = 'defective',
): Promise<void> {
  const opened = await applyFor(buyer, orderNo, { reason, lines: [{ lineNo: 1, quantity }] });
  await sentBack(buyer, merchant, opened.caseNo);
  await merchantActs(merchant, opened.caseNo, inspected(opened));
}

const toldOf = async (buyer: Buyer, orderNo: string, event: string) =>
  (
    await buyer.get<{ notices: { orderNo: string; event: string; params: object }[] }>('/notices')
  ).notices.filter((notice) => notice.orderNo === orderNo && notice.event.split(':')[0] === event);

async function pointsVouchersOf(orderNo: string) {
  const vouchers = await vouchersOf(await staff('finance'), orderNo);
  return vouchers
    .filter(({ kind }) => kind === 'points')
    .map(({ reverses, postings }) => [reverses, postings.map((p) => [p.debit, p.credit, p.amountFen])]);
}

test('CK-12 RF-9 the receipt earns a point for each whole yuan of goods paid in money; half and whole of it are taken back with the pieces', async () => {
  const order = await givenShipped({ quantity: 2, received: true });
  const { buyer, orderNo } = order;
  expect(await readOrder(buyer, orderNo)).toMatchObject({ pointsEarned: 200 });
  expect(await pointsOf(buyer)).toEqual({ balance: 200, frozen: 0, available: 200 });
  expect(await toldOf(buyer, orderNo, 'completed')).toMatchObject([{ params: { pointsEarned: 200 } }]);
  const earned = [null, [['points_cost', 'points_liability', 200]]];
  expect(await pointsVouchersOf(orderNo)).toEqual([earned]);

  await returned(order, 1);
  await waitFor(buyer, orderNo, ({ pointsEarned }) => pointsEarned === 100);
  expect(await pointsOf(buyer)).toMatchObject({ balance: 100 });
  expect(await toldOf(buyer, orderNo, 'points_taken_back')).toMatchObject([{ params: { points: 100 } }]);

  await returned(order, 1);
  await waitFor(buyer, orderNo, ({ state }) => state === 'closed');
  expect(await readOrder(buyer, orderNo)).toMatchObject({ pointsEarned: 0 });
  expect(await pointsOf(buyer)).toMatchObject({ balance: 0 });
  const back = [`${orderNo}-POINTS-EARNED`, [['points_liability', 'points_cost', 100]]];
  expect(await pointsVouchersOf(orderNo)).toEqual([earned, back, back]);
});

test('RF-9 decision-9 points that were spent meanwhile leave a balance below zero, which offers nothing at the checkout and fills up again', async () => {
  const order = await givenShipped({ received: true });
  const { buyer, orderNo } = order;
  const shopId = await givenShop();
  const spent = await submit(buyer, { [await givenSku(shopId, 5)]: 1 }, { points: 100 });
  await pay(buyer, spent);
  expect(await pointsOf(buyer)).toMatchObject({ balance: 0 });
  await returned(order, 1);
  await waitFor(buyer, orderNo, ({ state }) => state === 'closed');
  expect(await pointsOf(buyer)).toEqual({ balance: -100, frozen: 0, available: 0 });
  const priced = await quote(buyer, { [await givenSku(shopId, 5)]: 1 }, { points: 50 });
  expect(priced).toMatchObject({ totalFen: 10_000 });
  await givenPoints(buyer, 150);
  expect(await pointsOf(buyer)).toMatchObject({ balance: 50, available: 50 });
});

test('CK-12 freight earns nothing, nor does what points and a refund paid; a shop can give more, or none', async () => {
  const shopId = await givenShop({ earnRate: 3 });
  const rate = { firstUnits: 1, firstFen: 800n, additionalUnits: 1, additionalFen: 0n };
  const freightTemplateId = await givenFreight(shopId, { rates: { default: rate } });
  const skuId = await givenSku(shopId, 5, { priceFen: 9_950n, freightTemplateId });
  const buyer = await newBuyer();
  await givenPoints(buyer, 1_000);
  const orderNo = await submit(buyer, { [skuId]: 1 }, { points: 1_000 });
  await pay(buyer, orderNo);
  const finance = await staff('finance');
  await finance.post(`/platform/orders/${orderNo}/refunds`, { amountFen: 500, reason: '包装破损' });
  await ship(await staff('merchant1'), orderNo);
  await receive(buyer, orderNo);
  // 99.50 less 10.00 in points less 5.00: 84 whole yuan.
  expect(await readOrder(buyer, orderNo)).toMatchObject({ pointsEarned: 252 });
  await finance.post(`/platform/orders/${orderNo}/refunds`, { amountFen: 51, reason: '补偿' });
  await waitFor(buyer, orderNo, ({ pointsEarned }) => pointsEarned === 249);
  expect(await pointsOf(buyer)).toMatchObject({ balance: 249 });

  const none = await givenShipped({ shop: { earnRate: 0 }, received: true });
  expect(await readOrder(none.buyer, none.orderNo)).toMatchObject({ state: 'completed', pointsEarned: 0 });
  expect(await pointsOf(none.buyer)).toMatchObject({ balance: 0 });
  expect(await pointsVouchersOf(none.orderNo)).toEqual([]);
});

interface Coupon {
  couponId: string;
  name: string;
  thresholdFen: number;
  validTo: string;
  state: string;
}

const couponsOf = async (buyer: Buyer) => (await buyer.get<{ coupons: Coupon[] }>('/coupons')).coupons;

const expire = (couponId: string) =>
  database()
    .update(t.coupons)
    .set({ validTo: new Date(Date.now() - 1_000) })
    .where(eq(t.coupons.couponId, couponId));

test.each([
  [
    'RF-9 decision-7 a coupon that expired meanwhile comes back as a fresh one for 7 days where the merchant was at fault',
    'defective',
  ],
  [
    'RF-9 decision-6 a coupon that expired meanwhile is expired when the buyer sends the goods back without a fault',
    'no_reason',
  ],
])('%s', async (_title, reason) => {
  const buyer = await newBuyer();
  const couponId = await givenCoupon(buyer, { thresholdFen: 5_000 });
  const order = await givenShipped({ buyer, benefits: { couponIds: [couponId] } });
  await expire(couponId);
  await returned(order, 1, reason);
  await waitFor(buyer, order.orderNo, ({ state }) => state === 'closed');
  expect(await couponStateOf(buyer, couponId)).toBe('expired');
  const others = (await couponsOf(buyer)).filter((coupon) => coupon.couponId !== couponId);
  const told = await toldOf(buyer, order.orderNo, 'coupon_reissued');
  if (reason === 'no_reason') {
    expect([others, told]).toEqual([[], []]);
    return;
  }
  const [fresh] = others;
  expect(others).toMatchObject([{ state: 'available', name: '十元券', thresholdFen: 5_000 }]);
  expect(told).toMatchObject([{ params: { couponId: fresh?.couponId, validTo: fresh?.validTo } }]);
  const daysLeft = (Date.parse(fresh?.validTo ?? '') - Date.now()) / 86_400_000;
  expect(daysLeft).toBeGreaterThan(6.9);
  expect(daysLeft).toBeLessThanOrEqual(7);
  const sku = await givenSku(await givenShop(), 5);
  expect(await quote(buyer, { [sku]: 1 }, { couponIds: [fresh?.couponId] })).toMatchObject({
    totalFen: 9_000,
  });
});

test('RF-9 decision-7 a shortage is the merchant’s fault; a buyer’s own cancel is not; what is still valid comes back as it was', async () => {
  const buyer = await newBuyer();
  const merchant = await staff('merchant1');
  const paid = async (couponId: string) => {
    const orderNo = await submit(
      buyer,
      { [await givenSku(await givenShop(), 5)]: 1 },
      { couponIds: [couponId] },
    );
    await pay(buyer, orderNo);
    return orderNo;
  };
  const [short, own, valid] = [await givenCoupon(buyer), await givenCoupon(buyer), await givenCoupon(buyer)];
  const orders = [await paid(short), await paid(own), await paid(valid)] as const;
  await Promise.all([expire(short), expire(own)]);
  await merchant.post(`/merchant/orders/${orders[0]}/shortages`, {
    ...{ lines: [{ lineNo: 1, quantity: 1 }], reason: '缺货' },
  });
  for (const orderNo of orders.slice(1)) await buyer.post(`/orders/${orderNo}/cancellations`, {});
  // Confirmed orders that a merchant ships by hand are agreed by its word.
  for (const orderNo of orders.slice(1))
    await merchant.post(`/merchant/orders/${orderNo}/cancellation-answers`, { answer: 'agree' });
  for (const orderNo of orders) await waitFor(buyer, orderNo, ({ state }) => state === 'cancelled');
  expect((await couponsOf(buyer)).map(({ couponId, state }) => [couponId, state]).sort()).toEqual(
    [
      [short, 'expired'],
      [`${short}R`, 'available'],
      [own, 'expired'],
      [valid, 'available'],
    ].sort(),
  );
});

test('CK-5 RF-9 decision-6 an unpaid order gives back its coupon expired; closed by the seller, a fresh one', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const held = [await givenCoupon(buyer), await givenCoupon(buyer)] as const;
  const unpaid = async (couponId: string) =>
    submit(buyer, { [await givenSku(await givenShop(), 5)]: 1 }, { couponIds: [couponId] });
  const [own, closed] = [await unpaid(held[0]), await unpaid(held[1])];
  await Promise.all(held.map(expire));
  await buyer.post(`/orders/${own}/cancellations`, {});
  await merchant.post(`/merchant/orders/${closed}/closures`, { reason: '无法供货' });
  for (const orderNo of [own, closed]) await waitFor(buyer, orderNo, ({ state }) => state === 'cancelled');
  expect((await couponsOf(buyer)).map(({ couponId, state }) => [couponId, state]).sort()).toEqual(
    [
      [held[0], 'expired'],
      [held[1], 'expired'],
      [`${held[1]}R`, 'available'],
    ].sort(),
  );
});
