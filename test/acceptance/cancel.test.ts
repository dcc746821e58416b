import { describe, expect, test } from 'vitest';
import { couponStateOf, moneyOf, pointsOf, stockOf } from '../support/books.ts';
import { openCashier, openPayment, paymentsOf, tradeOf } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  submit,
  waitFor,
} from '../support/world.ts';

async function givenOrder(): Promise<{ buyer: Buyer; orderNo: string; skuId: string }> {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 2 }), skuId };
}

const cancel = (buyer: Buyer, orderNo: string, reason?: string, key?: string) =>
  buyer.post<{ result: string }>(`/orders/${orderNo}/cancellations`, reason ? { reason } : {}, key);

describe.concurrent('CN-1', () => {
  test('CN-1 IN-3 an unpaid order is cancelled at once; stock, coupon and points are back', async () => {
    const skuId = await givenSku(await givenShop(), 10);
    const buyer = await newBuyer();
    const couponId = await givenCoupon(buyer);
    await givenPoints(buyer, 500);
    const orderNo = await submit(buyer, { [skuId]: 2 }, { couponIds: [couponId], points: 300 });
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 2 });
    expect(await couponStateOf(buyer, couponId)).toBe('locked');
    expect(await pointsOf(buyer)).toMatchObject({ balance: 500, frozen: 300 });

    expect(await cancel(buyer, orderNo, 'too expensive')).toMatchObject({ result: 'accepted' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({
      state: 'cancelled',
      endReason: 'too expensive',
      actions: [],
      secondsLeft: null,
    });
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
    expect(await couponStateOf(buyer, couponId)).toBe('available');
    expect(await pointsOf(buyer)).toMatchObject({ balance: 500, frozen: 0 });
    // The coupon and the points serve again.
    await submit(buyer, { [skuId]: 1 }, { couponIds: [couponId], points: 500 });
  });

  test('CN-1 the trade at the provider is closed with it', async () => {
    const { buyer, orderNo } = await givenOrder();
    const payment = await openPayment(buyer, orderNo);
    await openCashier(payment);
    expect((await tradeOf(payment.outTradeNo)).status).toBe('WAIT_BUYER_PAY');
    await cancel(buyer, orderNo);
    await waitFor(buyer, orderNo, (order) => order.state === 'cancelled');
    expect(await tradeOf(payment.outTradeNo)).toMatchObject({ status: 'TRADE_CLOSED', closedBy: 'merchant' });
    expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ state: 'closed' }]);
    await expect(alipay(`/trades/${payment.outTradeNo}/pay`)).rejects.toThrow('ACQ.TRADE_HAS_CLOSE');
  });

  test('CN-1 SB-6 the same cancel twice is one, another one is refused', async () => {
    const { buyer, orderNo, skuId } = await givenOrder();
    const key = `cancel-${orderNo}`;
    const [first, second] = await Promise.all([
      cancel(buyer, orderNo, 'changed my mind', key),
      cancel(buyer, orderNo, 'changed my mind', key),
    ]);
    expect(second).toEqual(first);
    expect(await cancel(buyer, orderNo, 'changed my mind', key)).toEqual(first);
    expect(await problemFrom(cancel(buyer, orderNo))).toMatchObject({
      code: 'not_awaiting_payment',
      body: { state: 'cancelled' },
    });
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test('CN-1 ID-2 nobody else can cancel it', async () => {
    const { buyer, orderNo } = await givenOrder();
    expect(await problemFrom(cancel(await newBuyer(), orderNo))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
  });

  test('CN-1 PY-7 the answer to the close is lost: the order is cancelled all the same, and the trade is closed', async () => {
    const { buyer, orderNo, skuId } = await givenOrder();
    const payment = await openPayment(buyer, orderNo);
    await openCashier(payment);
    await alipay('/faults', {
      timeoutAfterSuccess: ['alipay.trade.close'],
      times: 1,
      onlyOutTradeNo: payment.outTradeNo,
    });
    expect(await cancel(buyer, orderNo)).toMatchObject({ result: 'pending' });
    await waitFor(buyer, orderNo, (order) => order.state === 'cancelled', 30_000);
    expect(await tradeOf(payment.outTradeNo)).toMatchObject({ status: 'TRADE_CLOSED', closedBy: 'merchant' });
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test('CN-1 PY-6 paid at the provider, the buyer cancels before we heard of it: the money wins', async () => {
    const { buyer, orderNo, skuId } = await givenOrder();
    const payment = await openPayment(buyer, orderNo);
    await alipay('/faults', { dropNotify: true, onlyOutTradeNo: payment.outTradeNo });
    await alipay(`/trades/${payment.outTradeNo}/pay`);
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
    expect(await problemFrom(cancel(buyer, orderNo))).toMatchObject({
      code: 'not_awaiting_payment',
      body: { state: 'awaiting_shipment' },
    });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', refunds: [] });
    expect(await stockOf(skuId)).toEqual({ onHand: 8, reserved: 0 });
  });

  test('PY-6 a code that was not yet scanned when the order was cancelled is paid afterwards: refunded once', async () => {
    const { buyer, orderNo, skuId } = await givenOrder();
    const { outTradeNo } = await openPayment(buyer, orderNo);
    await cancel(buyer, orderNo);
    await waitFor(buyer, orderNo, (order) => order.state === 'cancelled');
    await alipay('/faults', { duplicateNotify: 3, onlyOutTradeNo: outTradeNo });
    await alipay(`/trades/${outTradeNo}/pay`);
    const order = await waitFor(
      buyer,
      orderNo,
      (o) => o.refunds.some((refund) => refund.state === 'succeeded'),
      50_000,
    );
    expect(order).toMatchObject({
      state: 'cancelled',
      refunds: [{ amountFen: 20_000, reason: 'paid_after_close' }],
    });
    expect(await tradeOf(outTradeNo)).toMatchObject({
      paidFen: 20_000,
      refundedFen: 20_000,
      refunds: [{ amountFen: 20_000 }],
    });
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 20_000, refundedFen: 20_000 });
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
    expect(order.prompt.en).toContain('CNY 200.00 was refunded');
  });

  test('CN-1 CN-2 a paid order is not cancelled at once: who ships it is asked', async () => {
    const { buyer, orderNo } = await givenOrder();
    await pay(buyer, orderNo);
    expect(await cancel(buyer, orderNo)).toMatchObject({ result: 'accepted' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({
      state: 'awaiting_shipment',
      cancellations: [{ state: 'asking' }],
    });
  });
});
