import { expect, test } from 'vitest';
import { moneyOf, stockOf, vouchersOf } from '../support/books.ts';
import { openCashier, openPayment, pressInCashier, tradeOf } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  readOrder,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** Money that pays nothing (PY-6) and its way back (PY-7, PY-8). */

async function givenOrder(): Promise<{ buyer: Buyer; orderNo: string; skuId: string }> {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 1 }), skuId };
}

test('PY-6 decision-21 a second payment of a paid order goes back, once, by the original route', async () => {
  const { buyer, orderNo } = await givenOrder();
  // The code was never scanned, so closing it closes nothing at the provider: it can still be paid.
  const first = await openPayment(buyer, orderNo);
  const second = await openPayment(buyer, orderNo, 'alipay_page');
  await openCashier(second);
  await pressInCashier(second.outTradeNo, 'pay');
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  await alipay(`/trades/${first.outTradeNo}/pay`);
  const order = await waitFor(buyer, orderNo, (o) =>
    o.refunds.some((refund) => refund.state === 'succeeded'),
  );
  expect(order).toMatchObject({
    state: 'awaiting_shipment',
    refunds: [{ amountFen: 10_000, reason: 'paid_twice' }],
    amounts: { paidFen: 20_000, refundedFen: 10_000 },
  });
  expect(await tradeOf(first.outTradeNo)).toMatchObject({
    paidFen: 10_000,
    refundedFen: 10_000,
    refunds: [{ amountFen: 10_000 }],
  });
  expect(await tradeOf(second.outTradeNo)).toMatchObject({ paidFen: 10_000, refundedFen: 0 });
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 20_000, refundedFen: 10_000 });
});

test.each([9_999, 10_001, 1])(
  'PY-6 the provider took %i fen instead of 10000: refunded, the order stays payable',
  async (amountFen) => {
    const { buyer, orderNo, skuId } = await givenOrder();
    const { outTradeNo } = await openPayment(buyer, orderNo);
    await alipay(`/trades/${outTradeNo}/pay`, { amountFen });
    const order = await waitFor(buyer, orderNo, (o) =>
      o.refunds.some((refund) => refund.state === 'succeeded'),
    );
    expect(order).toMatchObject({
      state: 'awaiting_payment',
      paidAt: null,
      refunds: [{ amountFen, reason: 'wrong_amount' }],
    });
    expect(await tradeOf(outTradeNo)).toMatchObject({ refundedFen: amountFen, refunds: [{ amountFen }] });
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 1 });
    const right = await openPayment(buyer, orderNo);
    await alipay(`/trades/${right.outTradeNo}/pay`);
    await waitFor(buyer, orderNo, (o) => o.state === 'awaiting_shipment');
  },
);

test('PY-7 PY-8 a refund whose answer was lost is found by its number and not made again', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', {
    timeoutAfterSuccess: ['alipay.trade.refund'],
    times: 1,
    onlyOutTradeNo: outTradeNo,
  });
  await alipay(`/trades/${outTradeNo}/pay`, { amountFen: 9_000 });
  await waitFor(buyer, orderNo, (o) => o.refunds.some((refund) => refund.state === 'succeeded'), 30_000);
  const { refunds, refundedFen } = await tradeOf(outTradeNo);
  expect(refunds).toMatchObject([{ refundNo: `${outTradeNo}R1`, amountFen: 9_000, status: 'SUCCESS' }]);
  expect(refundedFen).toBe(9_000);
  expect((await vouchersOf(await staff('finance'), orderNo)).map((voucher) => voucher.kind).sort()).toEqual([
    'money_in',
    'refund',
  ]);
});

test('PY-6 PY-8 a refund that the provider refuses goes to a person, and the balance stays untouched', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { failRefund: 'ACQ.SELLER_BALANCE_NOT_ENOUGH', onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`, { amountFen: 9_000 });
  const finance = await staff('finance');
  type WorkItem = {
    kind: string;
    orderNo: string;
    reason: string;
    ownerRole: string;
    waysOut: string[];
    openedAt: string;
    dueAt: string;
    overdue: boolean;
  };
  const item = await eventually(async () => {
    const { workItems } = await finance.get<{ workItems: WorkItem[] }>('/platform/work-items');
    return workItems.find((candidate) => candidate.orderNo === orderNo);
  }, 'the work item');
  expect(item).toMatchObject({
    kind: 'refund_refused',
    ownerRole: 'finance',
    reason: expect.stringContaining('ACQ.SELLER_BALANCE_NOT_ENOUGH'),
    overdue: false,
  });
  expect(item.waysOut.length).toBeGreaterThan(0);
  expect(Date.parse(item.dueAt) - Date.parse(item.openedAt)).toBe(24 * 3_600_000);
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    refunds: [{ state: 'queued' }],
    amounts: { refundedFen: 0 },
  });
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 9_000, refundedFen: 0 });
});
