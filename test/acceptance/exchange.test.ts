import { expect, test } from 'vitest';
import { moneyOf, pointsOf, stockOf, vouchersOf } from '../support/books.ts';
import {
  applyFor,
  type Case,
  inspected,
  merchantActs,
  readCase,
  refunded,
  sentBack,
} from '../support/cases.ts';
import { givenShipped, type Shipped } from '../support/given.ts';
import { openPayment } from '../support/payments.ts';
import { qimen } from '../support/providers.ts';
import { givenInWarehouse, pushed } from '../support/warehouses.ts';
import {
  type Buyer,
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
  waitFor,
} from '../support/world.ts';

async function givenReceived(quantity: number, points = 0): Promise<Shipped> {
  const buyer = await newBuyer();
  if (points > 0) await givenPoints(buyer, points);
  const benefits = points > 0 ? { points } : {};
  return await givenShipped({ buyer, quantity, benefits, sku: { spec: '白' }, received: true });
}

/** The exchange of some pieces for another SKU, as far as it is for the merchant to inspect. */
async function givenBack({ buyer, orderNo }: Shipped, quantity: number, wantSkuId?: string): Promise<Case> {
  const line = { lineNo: 1, quantity, ...(wantSkuId ? { wantSkuId } : {}) };
  const opened = await applyFor(buyer, orderNo, { kind: 'exchange', lines: [line] });
  await sentBack(buyer, await staff('merchant1'), opened.caseNo);
  return opened;
}

async function replacementOf(buyer: Buyer, { caseNo }: Case): Promise<string> {
  const { state, replacementNo } = await readCase(buyer, caseNo);
  expect(state).toBe('exchanged');
  return replacementNo as string;
}

test('RT-8 a piece is exchanged for the same one: the replacement is an order of its own, paid with what came back', async () => {
  const bought = await givenReceived(2);
  const { buyer, orderNo, skuId } = bought;
  const merchant = await staff('merchant1');
  const opened = await givenBack(bought, 1);
  expect(opened.lines).toEqual([{ lineNo: 1, quantity: 1, wantSkuId: skuId, differenceFen: 0 }]);
  await merchantActs(merchant, opened.caseNo, inspected(opened));
  const replacementNo = await replacementOf(buyer, opened);
  expect(await readOrder(buyer, replacementNo)).toMatchObject({
    ...{ state: 'awaiting_shipment', exchangeOf: opened.caseNo },
    amounts: { payableFen: 10_000, creditFen: 10_000, paidFen: 0 },
    lines: [{ skuId, quantity: 1, payableFen: 10_000 }],
  });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ refunds: [], onHold: false });
  // One came back and went out again.
  expect(await stockOf(skuId)).toEqual({ onHand: 8, reserved: 0 });
  await ship(merchant, replacementNo);
  await receive(buyer, replacementNo);
  expect((await readOrder(merchant, orderNo)).settlement?.baseFen).toBe(10_000);
  expect((await readOrder(merchant, replacementNo)).settlement?.baseFen).toBe(10_000);
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 20_000, refundedFen: 0 });
});

test('RT-8 what is cheaper brings the difference back, and what was exchanged can be returned by the original route', async () => {
  const bought = await givenReceived(1);
  const { buyer, orderNo, shopId } = bought;
  const merchant = await staff('merchant1');
  const cheaper = await givenSku(shopId, 3, { priceFen: 7_500n });
  const opened = await givenBack(bought, 1, cheaper);
  expect(opened.lines).toMatchObject([{ wantSkuId: cheaper, differenceFen: -2_500 }]);
  await merchantActs(merchant, opened.caseNo, inspected(opened));
  const replacementNo = await replacementOf(buyer, opened);
  const first = await refunded(buyer, orderNo, 2_500);
  expect(first).toMatchObject({ state: 'closed', endReason: 'exchanged' });
  await ship(merchant, replacementNo);
  await receive(buyer, replacementNo);
  const again = await applyFor(buyer, replacementNo);
  await sentBack(buyer, merchant, again.caseNo);
  await merchantActs(merchant, again.caseNo, inspected(again));
  const second = await refunded(buyer, replacementNo, 7_500);
  expect(second).toMatchObject({ state: 'closed', refunds: [{ amountFen: 7_500, state: 'succeeded' }] });
  expect(await stockOf(cheaper)).toEqual({ onHand: 3, reserved: 0 });
  const refund = (await vouchersOf(await staff('finance'), replacementNo)).find(
    ({ kind }) => kind === 'refund',
  );
  expect(refund?.reverses).toBe(`${replacementNo}-PAY-EXCHANGE`);
});

test('RT-8 what is dearer is paid for like any order: only the difference, and then it is sent', async () => {
  const bought = await givenReceived(1, 2_000);
  const { buyer, shopId } = bought;
  const merchant = await staff('merchant1');
  const dearer = await givenSku(shopId, 3, { priceFen: 13_000n });
  const opened = await givenBack(bought, 1, dearer);
  await merchantActs(merchant, opened.caseNo, inspected(opened));
  const replacementNo = await replacementOf(buyer, opened);
  const waiting = await readOrder(buyer, replacementNo);
  expect(waiting).toMatchObject({
    ...{ state: 'awaiting_payment' },
    amounts: { payableFen: 11_000, creditFen: 8_000, pointsFen: 2_000 },
  });
  expect(waiting.prompt.zh).toContain('¥30.00');
  expect((await stockOf(dearer)).reserved).toBe(1);
  expect(await openPayment(buyer, replacementNo)).toMatchObject({ amountFen: 3_000 });
  await pay(buyer, replacementNo);
  await ship(merchant, replacementNo);
  await receive(buyer, replacementNo);
  expect((await readOrder(merchant, replacementNo)).settlement?.baseFen).toBe(13_000);
  expect((await moneyOf(buyer))[replacementNo]).toEqual({ paidFen: 3_000, refundedFen: 0 });
});

test('RT-8 RF-9 a replacement that is not paid is cancelled: money by the original route, points, stock', async () => {
  const bought = await givenReceived(1, 2_000);
  const { buyer, shopId } = bought;
  const dearer = await givenSku(shopId, 3, { priceFen: 13_000n });
  const opened = await givenBack(bought, 1, dearer);
  await merchantActs(await staff('merchant1'), opened.caseNo, inspected(opened));
  const replacementNo = await replacementOf(buyer, opened);
  const before = await pointsOf(buyer);
  await buyer.post(`/orders/${replacementNo}/cancellations`, { reason: '不要了' });
  const order = await refunded(buyer, replacementNo, 8_000);
  expect(order.state).toBe('cancelled');
  expect(await stockOf(dearer)).toEqual({ onHand: 3, reserved: 0 });
  expect((await pointsOf(buyer)).balance).toBe(before.balance + 2_000);
});

test('RT-8 FU-2 a replacement of what a warehouse sent is sent by its warehouse, by itself', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.advance(shipmentNo, 'handed_over');
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  await receive(buyer, orderNo);
  const opened = await applyFor(buyer, orderNo, { kind: 'exchange' });
  const merchant = await staff('merchant1');
  await sentBack(buyer, merchant, opened.caseNo);
  await merchantActs(merchant, opened.caseNo, inspected(opened));
  const replacementNo = await replacementOf(buyer, opened);
  const replacement = await pushed(buyer, replacementNo);
  expect((await qimen.order(replacement)).stage).not.toBe('cancelled');
  await qimen.advance(replacement, 'handed_over');
  await waitFor(buyer, replacementNo, ({ state }) => state === 'awaiting_receipt');
});

test('RT-8 a replacement that is out of stock is refunded instead, by the merchant’s word', async () => {
  const bought = await givenReceived(1);
  const { buyer, orderNo, shopId } = bought;
  const merchant = await staff('merchant1');
  const gone = await givenSku(shopId, 0);
  const opened = await givenBack(bought, 1, gone);
  expect(await problemFrom(merchantActs(merchant, opened.caseNo, inspected(opened)))).toMatchObject({
    ...{ status: 409, code: 'replacement_out_of_stock' },
  });
  expect(await readCase(buyer, opened.caseNo)).toMatchObject({ state: 'returning', replacementNo: null });
  await merchantActs(merchant, opened.caseNo, inspected(opened, { refundInstead: true }));
  expect(await readCase(buyer, opened.caseNo)).toMatchObject({ state: 'refunded', replacementNo: null });
  await refunded(buyer, orderNo, 10_000);
});

test('RT-8 only what the same shop has on sale can be wanted, and only by an exchange', async () => {
  const { buyer, orderNo, shopId } = await givenReceived(1);
  const foreign = await givenSku(await givenShop(), 3);
  const retired = await givenSku(shopId, 3, { onSale: false });
  for (const wantSkuId of [foreign, retired, 'NONE'])
    expect(
      await problemFrom(
        applyFor(buyer, orderNo, { kind: 'exchange', lines: [{ lineNo: 1, quantity: 1, wantSkuId }] }),
      ),
    ).toMatchObject({ status: 422, code: 'not_exchangeable' });
  const lines = [{ lineNo: 1, quantity: 1, wantSkuId: foreign }];
  expect(await problemFrom(applyFor(buyer, orderNo, { lines }))).toMatchObject({
    code: 'invalid_request',
  });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: false });
});
