import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { changeSku, givenAddress } from '../support/given.ts';
import { database, givenCoupon, givenShop, givenSku, newBuyer, readOrder, submit } from '../support/world.ts';

test('SB-4 the order keeps what it was made of, whatever the catalogue says later', async () => {
  const buyer = await newBuyer();
  const shop = await givenShop();
  const sku = await givenSku(shop, 10, { title: '旧名', spec: '旧规格', priceFen: 4_321n });
  const addressId = await givenAddress(buyer, '32');
  const couponIds = [await givenCoupon(buyer)];
  const before = Date.now();
  const orderNo = await submit(buyer, { [sku]: 2 }, { addressId, couponIds });
  const order = await readOrder(buyer, orderNo);
  expect(order).toMatchObject({
    contact: {
      name: '李四',
      phone: '13800000002',
      province: '某省',
      city: '某市',
      district: '某区',
      street: '某路 2 号',
    },
    lines: [
      {
        title: '旧名',
        spec: '旧规格',
        quantity: 2,
        unitPriceFen: 4_321,
        goodsFen: 8_642,
        discounts: [{ sourceId: couponIds[0], amountFen: 1_000 }],
      },
    ],
    amounts: { goodsFen: 8_642, discountFen: 1_000, freightFen: 0, payableFen: 7_642 },
  });
  expect(Date.parse(order.createdAt)).toBeGreaterThanOrEqual(before - 1_000);
  await changeSku(sku, { title: '新名', spec: '新规格', priceFen: 1n, category: 'elsewhere', onSale: false });
  await database()
    .update(t.shops)
    .set({ name: 'renamed', paymentTimeoutSeconds: 60 })
    .where(eq(t.shops.shopId, shop));
  const { secondsLeft: _then, prompt: _words, ...kept } = order;
  expect(await readOrder(buyer, orderNo)).toMatchObject(kept);
});

test('SB-4 the database refuses to change a snapshot, its lines, and to delete an order', async () => {
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 10)]: 1 });
  const order = await readOrder(buyer, orderNo);
  const db = database();
  const mine = eq(t.orders.orderNo, orderNo);
  const changes = [
    db.update(t.orders).set({ payableFen: 1n }).where(mine),
    db.update(t.orders).set({ buyerId: 'another' }).where(mine),
    db
      .update(t.orders)
      .set({ sealedContact: Buffer.from('x') })
      .where(mine),
    db
      .update(t.orders)
      .set({ createdAt: new Date(0) })
      .where(mine),
    db.update(t.orderLines).set({ unitPriceFen: 1n }).where(eq(t.orderLines.orderNo, orderNo)),
    db.delete(t.orderLines).where(eq(t.orderLines.orderNo, orderNo)),
    db.delete(t.orders).where(mine),
  ];
  for (const change of changes) await expect(change).rejects.toMatchObject({ cause: { code: 'DD002' } });
  const { secondsLeft: _now, prompt: _words, ...kept } = order;
  expect(await readOrder(buyer, orderNo)).toMatchObject(kept);
});
