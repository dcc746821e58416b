import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { quotes } from '../../db/schema/index.ts';
import { changeSku, givenPromotion, ordersOf } from '../support/given.ts';
import {
  database,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  problemFrom,
  type Quote,
  quote,
  readOrder,
} from '../support/world.ts';

test('CK-10 the quote says why a promotion or coupon does not apply and how much is missing', async () => {
  const buyer = await newBuyer();
  const shopId = await givenShop();
  const sku = await givenSku(shopId, 10, { priceFen: 18_000n });
  const promotionId = await givenPromotion({
    scope: { kind: 'shop', shopId },
    tiers: [{ thresholdFen: 20_000n, saveFen: 5_000n }],
  });
  const tooHigh = await givenCoupon(buyer, { thresholdFen: 18_001 });
  const elsewhere = await givenCoupon(buyer, { scope: { kind: 'shop', shopId: 'S1' } });
  const priced = await quote(buyer, { [sku]: 1 }, { couponIds: [tooHigh, elsewhere] });
  expect(priced).toMatchObject({ totalFen: 18_000, usedCouponIds: [] });
  const why = (id: string) => priced.notApplied.find(({ sourceId }) => sourceId === id);
  expect(why(promotionId)).toMatchObject({ kind: 'promotion', reason: 'below_threshold', missingFen: 2_000 });
  expect(why(promotionId)?.message.en).toContain('20.00');
  expect(why(promotionId)?.message.zh).toContain('20.00');
  expect(why(tooHigh)).toMatchObject({ kind: 'coupon', reason: 'below_threshold', missingFen: 1 });
  expect(why(elsewhere)).toMatchObject({ kind: 'coupon', reason: 'not_in_scope', missingFen: null });
});

test('CK-11 an expired quote makes nothing; the answer has a new one that can be submitted', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10);
  const old = await quote(buyer, { [sku]: 1 });
  expect(Date.parse(old.expiresAt)).toBeGreaterThan(Date.now());
  await database()
    .update(quotes)
    .set({ expiresAt: new Date(Date.now() - 1) })
    .where(eq(quotes.quoteId, old.quoteId));
  const problem = await problemFrom(buyer.post('/orders', { quoteId: old.quoteId, totalFen: old.totalFen }));
  expect(problem).toMatchObject({ status: 409, code: 'quote_expired' });
  expect(await ordersOf(buyer)).toEqual([]);
  const { quoteId, totalFen } = problem.body['quote'] as Quote;
  expect(quoteId).not.toBe(old.quoteId);
  expect(await buyer.post('/orders', { quoteId, totalFen })).toMatchObject({ result: 'submitted' });
});

test('CK-11 when a price moved nothing is made, and the answer has the new quote', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10);
  const old = await quote(buyer, { [sku]: 2 });
  await changeSku(sku, { priceFen: 10_100n });
  const problem = await problemFrom(buyer.post('/orders', { quoteId: old.quoteId, totalFen: old.totalFen }));
  expect(problem).toMatchObject({
    status: 409,
    code: 'price_changed',
    body: { quote: { totalFen: 20_200, lines: [{ unitPriceFen: 10_100 }] } },
  });
  expect(await ordersOf(buyer)).toEqual([]);
  const { quoteId, totalFen } = problem.body['quote'] as Quote;
  const { orderNo } = await buyer.post<{ orderNo: string }>('/orders', { quoteId, totalFen });
  expect((await readOrder(buyer, orderNo)).amounts.payableFen).toBe(20_200);
});

test('CK-11 a submit that names another total than the quote’s makes nothing', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10);
  const { quoteId } = await quote(buyer, { [sku]: 1 });
  for (const totalFen of [9_999, 1, 0, -10_000, 10_001]) {
    expect((await problemFrom(buyer.post('/orders', { quoteId, totalFen }))).code).toBe('price_changed');
  }
  expect(await ordersOf(buyer)).toEqual([]);
});

test('CK-11 a quote makes one order, also when it used a coupon, points and the last pieces', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 100);
  const sku = await givenSku(await givenShop(), 2);
  const { quoteId, totalFen } = await quote(
    buyer,
    { [sku]: 2 },
    { couponIds: [await givenCoupon(buyer)], points: 100 },
  );
  const { orderNo } = await buyer.post<{ orderNo: string }>('/orders', { quoteId, totalFen });
  expect((await problemFrom(buyer.post('/orders', { quoteId, totalFen }))).code).toBe('quote_used');
  expect((await ordersOf(buyer)).map((order) => order.orderNo)).toEqual([orderNo]);
});
