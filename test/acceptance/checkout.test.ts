import { expect, test } from 'vitest';
import { givenAddress, givenFreight, givenMemberLevel, givenPromotion, ordersOf } from '../support/given.ts';
import {
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

const stepsOf = ({ steps }: Quote) =>
  steps.map(({ step, amountFen, runningTotalFen }) => [step, amountFen, runningTotalFen]);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test('CK-2 200 yuan of goods, 200 save 50, a 10-yuan coupon and 5 yuan of points are 135.00', async () => {
  const buyer = await newBuyer();
  const shopId = await givenShop();
  const sku = await givenSku(shopId, 10);
  await givenPromotion({
    scope: { kind: 'shop', shopId },
    tiers: [{ thresholdFen: 20_000n, saveFen: 5_000n }],
  });
  await givenPoints(buyer, 500);
  const priced = await quote(buyer, { [sku]: 2 }, { couponIds: [await givenCoupon(buyer)], points: 500 });
  expect(priced).toMatchObject({
    totalFen: 13_500,
    goodsFen: 20_000,
    discountFen: 6_000,
    points: 500,
    pointsFen: 500,
    freightFen: 0,
  });
  expect(stepsOf(priced)).toEqual([
    ['goods', 20_000, 20_000],
    ['shop_promotion', -5_000, 15_000],
    ['platform_coupon', -1_000, 14_000],
    ['freight', 0, 14_000],
    ['points', -500, 13_500],
  ]);
});

test('CK-1 CK-3 CK-8 every step is shown in the fixed order, and the member price is recorded on the order', async () => {
  const buyer = await newBuyer();
  await givenMemberLevel(buyer, 'gold');
  await givenPoints(buyer, 100);
  const shopId = await givenShop();
  const freightTemplateId = await givenFreight(shopId, {
    rates: { default: { firstUnits: 1, firstFen: 500n, additionalUnits: 1, additionalFen: 300n } },
  });
  const sku = await givenSku(shopId, 10, { priceFen: 20_000n, memberPriceEligible: true, freightTemplateId });
  const category = { kind: 'category', category: `cat-${shopId}`, shopId } as const;
  await givenPromotion({ scope: category, tiers: [{ thresholdFen: 10_000n, saveFen: 2_000n }] });
  await givenPromotion({
    scope: { kind: 'shop', shopId },
    tiers: [{ thresholdFen: 30_000n, saveFen: 3_000n }],
  });
  const couponIds = [
    await givenCoupon(buyer, { scope: { kind: 'item', skuIds: [sku] }, issuer: 'shop' }),
    await givenCoupon(buyer, {
      scope: { kind: 'shop', shopId },
      issuer: 'shop',
      benefit: { kind: 'fixed', saveFen: 500 },
    }),
    await givenCoupon(buyer),
  ];
  const priced = await quote(buyer, { [sku]: 2 }, { couponIds, points: 100 });
  expect(priced.lines[0]).toMatchObject({ unitPriceFen: 20_000, quantity: 2, goodsFen: 40_000 });
  expect(stepsOf(priced)).toEqual([
    ['goods', 40_000, 40_000],
    ['member', -2_000, 38_000],
    ['item_promotion', -2_000, 36_000],
    ['item_coupon', -1_000, 35_000],
    ['shop_promotion', -3_000, 32_000],
    ['shop_coupon', -500, 31_500],
    ['platform_promotion', -3_000, 28_500], // the platform's own 300 save 30
    ['platform_coupon', -1_000, 27_500],
    ['freight', 800, 28_300],
    ['points', -100, 28_200],
  ]);
  const { quoteId, totalFen } = priced;
  const { orderNo } = await buyer.post<{ orderNo: string }>('/orders', { quoteId, totalFen });
  const order = await readOrder(buyer, orderNo);
  expect(order.priceSteps).toEqual(priced.steps);
  expect(order.lines[0]?.discounts).toContainEqual({
    step: 'member',
    sourceId: 'member',
    name: '会员价',
    bearer: 'platform',
    amountFen: 2_000,
  });
});

test('CK-3 a buyer of the standard level and an item that is not eligible pay the catalogue price', async () => {
  const [gold, standard] = [await newBuyer(), await newBuyer()];
  await givenMemberLevel(gold, 'gold');
  const shopId = await givenShop();
  const eligible = await givenSku(shopId, 10, { priceFen: 999n, memberPriceEligible: true });
  const plain = await givenSku(shopId, 10, { priceFen: 999n });
  expect((await quote(gold, { [eligible]: 3 })).totalFen).toBe(3 * 949); // 949.05 per piece, half up
  expect((await quote(gold, { [plain]: 3 })).totalFen).toBe(3 * 999);
  expect((await quote(standard, { [eligible]: 3 })).totalFen).toBe(3 * 999);
});

test('CK-6 points pay at most half of what is left for the goods, freight excluded', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 100_000);
  const shopId = await givenShop();
  const freightTemplateId = await givenFreight(shopId, {
    rates: { default: { firstUnits: 1, firstFen: 1_000n, additionalUnits: 1, additionalFen: 0n } },
  });
  const sku = await givenSku(shopId, 10, { priceFen: 10_001n, freightTemplateId });
  expect(await quote(buyer, { [sku]: 1 }, { points: 100_000 })).toMatchObject({
    points: 5_000,
    pointsFen: 5_000,
    totalFen: 6_001,
  });
});

test('CK-7 freight goes by the template’s measure and by the region', async () => {
  const buyer = await newBuyer();
  const tibet = await givenAddress(buyer, '54');
  const shopId = await givenShop();
  const rates = {
    default: { firstUnits: 1000, firstFen: 600n, additionalUnits: 500, additionalFen: 200n },
    '54': { firstUnits: 1000, firstFen: 1_200n, additionalUnits: 500, additionalFen: 500n },
  };
  const heavy = await givenSku(shopId, 50, {
    weightGrams: 501,
    freightTemplateId: await givenFreight(shopId, { measure: 'weight', rates }),
  });
  const large = await givenSku(shopId, 50, {
    volumeCm3: 300,
    freightTemplateId: await givenFreight(shopId, { measure: 'volume', rates }),
  });
  expect((await quote(buyer, { [heavy]: 1 })).freightFen).toBe(600);
  expect((await quote(buyer, { [heavy]: 3 })).freightFen).toBe(1_000); // 1503 g: two more half kilograms begun
  expect((await quote(buyer, { [heavy]: 3 }, { addressId: tibet })).freightFen).toBe(2_200);
  expect((await quote(buyer, { [large]: 4 })).freightFen).toBe(800); // 1200 cm³
  expect((await quote(buyer, { [heavy]: 3, [large]: 4 })).freightFen).toBe(1_800);
});

test('CK-7 freight is free from an amount or a count on, judged before coupons', async () => {
  const buyer = await newBuyer();
  const shopId = await givenShop();
  const rates = { default: { firstUnits: 1, firstFen: 700n, additionalUnits: 1, additionalFen: 100n } };
  const byAmount = await givenSku(shopId, 50, {
    priceFen: 5_000n,
    freightTemplateId: await givenFreight(shopId, { rates, freeAboveFen: 10_000n }),
  });
  const byCount = await givenSku(shopId, 50, {
    priceFen: 100n,
    freightTemplateId: await givenFreight(shopId, { rates, freeAbovePieces: 3 }),
  });
  const couponIds = [await givenCoupon(buyer)];
  expect((await quote(buyer, { [byAmount]: 1 })).freightFen).toBe(700);
  expect((await quote(buyer, { [byAmount]: 2 }, { couponIds })).freightFen).toBe(0);
  expect((await quote(buyer, { [byCount]: 2 })).freightFen).toBe(800);
  expect((await quote(buyer, { [byCount]: 3 })).freightFen).toBe(0);
});

test('CK-7 what cannot be delivered is named in the quote, and the quote cannot be submitted', async () => {
  const buyer = await newBuyer();
  const shopId = await givenShop();
  const sku = await givenSku(shopId, 10);
  const other = await givenSku(shopId, 10, { freightTemplateId: await givenFreight(shopId, {}) });
  const { quoteId, totalFen, undeliverableSkuIds } = await quote(
    buyer,
    { [sku]: 1, [other]: 1 },
    { addressId: await givenAddress(buyer, '71') },
  );
  expect(undeliverableSkuIds).toEqual([sku]);
  const problem = await problemFrom(buyer.post('/orders', { quoteId, totalFen }));
  expect(problem).toMatchObject({ status: 409, code: 'undeliverable', body: { skuIds: [sku] } });
  expect(await ordersOf(buyer)).toEqual([]);
});

test('CK-9 every discount is shared to the lines to the fen, each with its bearer', async () => {
  const buyer = await newBuyer();
  await givenPoints(buyer, 777);
  const shopId = await givenShop();
  const [a, b, c] = await Promise.all(
    [3_333n, 6_667n, 1n].map((priceFen) => givenSku(shopId, 100, { priceFen })),
  );
  const promotionId = await givenPromotion({
    scope: { kind: 'shop', shopId },
    tiers: [{ thresholdFen: 10_000n, saveFen: 1_000n }],
  });
  const couponId = await givenCoupon(buyer, { benefit: { kind: 'fixed', saveFen: 997 } });
  const priced = await quote(
    buyer,
    { [a as string]: 1, [b as string]: 1, [c as string]: 2 },
    { couponIds: [couponId], points: 777 },
  );
  expect(priced).toMatchObject({ goodsFen: 10_002, discountFen: 1_997, pointsFen: 777, totalFen: 7_228 });
  const shares = (id: string) =>
    priced.lines.flatMap((line) => line.discounts.filter(({ sourceId }) => sourceId === id));
  expect(sum(shares(promotionId).map(({ amountFen }) => amountFen))).toBe(1_000);
  expect(new Set(shares(promotionId).map(({ bearer }) => bearer))).toEqual(new Set(['shop']));
  expect(sum(shares(couponId).map(({ amountFen }) => amountFen))).toBe(997);
  expect(new Set(shares(couponId).map(({ bearer }) => bearer))).toEqual(new Set(['platform']));
  for (const amount of [
    'goodsFen',
    'discountFen',
    'freightFen',
    'points',
    'pointsFen',
    'payableFen',
  ] as const) {
    expect(sum(priced.lines.map((line) => line[amount])), amount).toBe(priced[amount]);
    expect(sum(priced.shops.map((shop) => shop[amount])), amount).toBe(priced[amount]);
  }
  for (const line of priced.lines) {
    expect(sum(line.discounts.map(({ amountFen }) => amountFen))).toBe(line.discountFen);
    expect(line.payableFen).toBeGreaterThanOrEqual(0);
  }
  expect(sum(priced.steps.map(({ amountFen }) => amountFen))).toBe(priced.totalFen);
});
