import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { HOURS, Lab, MINUTES } from '../support/lab.ts';
import {
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  readOrder,
  submit,
  waitFor,
} from '../support/world.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

const stockOf = async (skuId: string) =>
  (await lab.db.select().from(t.stockLevels).where(eq(t.stockLevels.skuId, skuId)))[0];

for (const [what, seconds, almost] of [
  ['30 minutes', 1800, MINUTES(29)],
  ['24 hours', 86_400, HOURS(23.9)],
] as const) {
  test(`ST-2 IN-3 an order unpaid for ${what} is cancelled and gives back stock, coupon and points`, async () => {
    const shopId = await givenShop({ paymentTimeoutSeconds: seconds });
    const skuId = await givenSku(shopId, 10);
    const buyer = await newBuyer();
    const couponIds = [await givenCoupon(buyer)];
    await givenPoints(buyer, 500);
    const orderNo = await submit(buyer, { [skuId]: 3 }, { couponIds, points: 500 });

    const order = await readOrder(buyer, orderNo);
    expect(Date.parse(order.paymentDeadline) - Date.parse(order.createdAt)).toBe(seconds * 1000);
    expect(await stockOf(skuId)).toMatchObject({ onHand: 10, reserved: 3 });
    expect(await lab.activities.loadOrder({ orderNo })).toMatchObject({
      node: { state: 'awaiting_payment' },
    });

    await lab.skip(almost);
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
    await lab.skip(MINUTES(10));
    const ended = await waitFor(buyer, orderNo, ({ state }) => state === 'cancelled');
    expect(ended).toMatchObject({ endReason: 'payment_timeout' });
    expect(Date.parse(ended.endedAt as string)).toBeGreaterThanOrEqual(Date.parse(order.paymentDeadline));
    expect(await stockOf(skuId)).toMatchObject({ onHand: 10, reserved: 0 });
    const [coupon] = await lab.db
      .select()
      .from(t.coupons)
      .where(eq(t.coupons.couponId, couponIds[0] as string));
    expect(coupon).toMatchObject({ state: 'available', orderNo: null });
    const [points] = await lab.db
      .select()
      .from(t.pointsAccounts)
      .where(eq(t.pointsAccounts.buyerId, buyer.sub));
    expect(points).toMatchObject({ balance: 500, frozen: 0 });
    const handle = lab.client.workflow.getHandle(orderWorkflowId(orderNo));
    expect(await handle.result()).toEqual({ orderNo, state: 'cancelled' });
  });
}
