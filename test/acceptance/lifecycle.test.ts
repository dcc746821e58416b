import { expect, test } from 'vitest';
import {
  givenCoupon,
  givenPoints,
  newBuyer,
  pay,
  quote,
  readOrder,
  receive,
  ship,
  staff,
  submit,
} from '../support/world.ts';

test('CK-2 PY-3 ST-1 ST-4 an order of 135.00 yuan is quoted, paid, shipped and received', async () => {
  const buyer = await newBuyer();
  const merchant = await staff('merchant1');
  const couponIds = [await givenCoupon(buyer)];
  await givenPoints(buyer, 500);
  const { totalFen } = await quote(buyer, { 'TEA-100': 2 }, { couponIds, points: 500 });
  expect(totalFen).toBe(13_500);

  const orderNo = await submit(buyer, { 'TEA-100': 2 }, { couponIds, points: 500 });
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_payment',
    amounts: { payableFen: 13_500 },
  });
  await pay(buyer, orderNo);
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_shipment',
    amounts: { paidFen: 13_500 },
  });
  await ship(merchant, orderNo);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
  await receive(buyer, orderNo);
  expect((await readOrder(buyer, orderNo)).state).toBe('completed');
});
