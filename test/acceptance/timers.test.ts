import { describe, expect, test } from 'vitest';
import { couponStateOf, logOf, moneyOf, pointsOf, stockOf } from '../support/books.ts';
import { openCashier, openPayment, paymentsOf, payUnheard, tradeOf } from '../support/payments.ts';
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
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

const DAY_MS = 24 * 3_600_000;
type Shop = Parameters<typeof givenShop>[0];

async function givenOrder(shop: Shop, more: Record<string, unknown> = {}, buyer?: Buyer) {
  const skuId = await givenSku(await givenShop(shop), 10);
  const owner = buyer ?? (await newBuyer());
  return { buyer: owner, skuId, orderNo: await submit(owner, { [skuId]: 2 }, more) };
}

async function givenShipped(shop: Shop) {
  const given = await givenOrder(shop);
  await pay(given.buyer, given.orderNo);
  await ship(await staff('merchant1'), given.orderNo);
  return given;
}

/** Until a clock of so many seconds has run down for certain: an order that is shipped only now is received by it. */
async function untilRanOut(autoReceiptSeconds: number): Promise<void> {
  const { buyer, orderNo } = await givenShipped({ autoReceiptSeconds });
  await waitFor(buyer, orderNo, (order) => order.state === 'completed');
}

describe.concurrent('payment deadline', () => {
  test.each([
    ['30 minutes', 1_800, /29 ?分5\d秒|30 ?分0秒/],
    ['24 hours', 86_400, /23小时59分5\d秒|24小时0分0秒/],
  ])(
    'ST-2 SB-5 a shop with a deadline of %s: every read says what is left',
    async (_name, paymentTimeoutSeconds, words) => {
      const { buyer, orderNo } = await givenOrder({ paymentTimeoutSeconds });
      const order = await readOrder(buyer, orderNo);
      expect(Date.parse(order.paymentDeadline) - Date.parse(order.createdAt)).toBe(
        paymentTimeoutSeconds * 1000,
      );
      expect(order.secondsLeft).toBeLessThanOrEqual(paymentTimeoutSeconds);
      expect(order.secondsLeft).toBeGreaterThan(paymentTimeoutSeconds - 10);
      expect(order.prompt.zh).toMatch(words);
    },
  );

  test('ST-2 IN-3 PY-5 an unpaid order is cancelled at its deadline, not before; stock, coupon and points are back', async () => {
    const buyer = await newBuyer();
    const couponId = await givenCoupon(buyer);
    await givenPoints(buyer, 400);
    const { orderNo, skuId } = await givenOrder(
      { paymentTimeoutSeconds: 3 },
      { couponIds: [couponId], points: 400 },
      buyer,
    );
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 2 });
    const order = await waitFor(buyer, orderNo, (o) => o.state === 'cancelled');
    expect(order).toMatchObject({ endReason: 'payment_timeout', secondsLeft: null, actions: [] });
    expect(Date.parse(order.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(order.paymentDeadline));
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
    expect(await couponStateOf(buyer, couponId)).toBe('available');
    expect(await pointsOf(buyer)).toMatchObject({ balance: 400, frozen: 0 });
    expect((await logOf(buyer, orderNo)).at(-1)).toMatchObject({
      action: 'expire',
      actor: 'system',
      fromState: 'awaiting_payment',
      toState: 'cancelled',
    });
  });

  test('PY-5 an open trade is closed at the provider before its order is cancelled', async () => {
    const { buyer, orderNo, skuId } = await givenOrder({ paymentTimeoutSeconds: 3 });
    const payment = await openPayment(buyer, orderNo);
    await openCashier(payment);
    await waitFor(buyer, orderNo, (order) => order.state === 'cancelled');
    expect(await tradeOf(payment.outTradeNo)).toMatchObject({ status: 'TRADE_CLOSED', paidFen: 0 });
    expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ state: 'closed' }]);
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test('PY-5 PY-7 paid, but nobody told us: the question at the deadline finds the money and the order is paid', async () => {
    const { buyer, orderNo, skuId } = await givenOrder({ paymentTimeoutSeconds: 4 });
    const outTradeNo = await payUnheard(buyer, orderNo);
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
    const order = await waitFor(buyer, orderNo, (o) => o.state !== 'awaiting_payment');
    expect(order).toMatchObject({ state: 'awaiting_shipment', refunds: [], amounts: { paidFen: 20_000 } });
    const { tradeNo, notifications } = await tradeOf(outTradeNo);
    expect(notifications).toMatchObject([{ state: 'dropped' }]);
    expect(await paymentsOf(buyer, orderNo)).toMatchObject([
      { state: 'succeeded', providerTradeNo: tradeNo },
    ]);
    // The notification after all: the same money, not another.
    await alipay(`/trades/${outTradeNo}/notify`);
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 20_000, refundedFen: 0 });
    expect(await stockOf(skuId)).toEqual({ onHand: 8, reserved: 0 });
  });

  test('PY-6 money after the deadline goes back once', async () => {
    const { buyer, orderNo, skuId } = await givenOrder({ paymentTimeoutSeconds: 3 });
    const { outTradeNo } = await openPayment(buyer, orderNo);
    await waitFor(buyer, orderNo, (order) => order.state === 'cancelled');
    await alipay('/faults', { payAfterClose: true, duplicateNotify: 2, onlyOutTradeNo: outTradeNo });
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
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test('ST-2 after the deadline no payment is opened', async () => {
    const { buyer, orderNo } = await givenOrder({ paymentTimeoutSeconds: 2 });
    await waitFor(buyer, orderNo, (order) => order.secondsLeft === 0 || order.state === 'cancelled');
    const { code } = await problemFrom(openPayment(buyer, orderNo));
    expect(['deadline_passed', 'not_awaiting_payment']).toContain(code);
  });
});

describe.concurrent('auto-receipt', () => {
  test('ST-3 a shipped order is received by the clock, not before its time', async () => {
    const { buyer, orderNo } = await givenShipped({ autoReceiptSeconds: 3 });
    const shipped = await readOrder(buyer, orderNo);
    expect(Date.parse(shipped.autoReceiptAt ?? '') - Date.parse(shipped.shippedAt ?? '')).toBe(3_000);
    const order = await waitFor(buyer, orderNo, (o) => o.state === 'completed');
    expect(Date.parse(order.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(shipped.autoReceiptAt ?? ''));
    expect(order.endReason).toBe('auto_receipt');
    expect((await logOf(buyer, orderNo)).at(-1)).toMatchObject({
      action: 'receive',
      actor: 'system',
      toState: 'completed',
    });
  });

  test.each([7, 10, 30])('ST-3 %i days are shown, and a case can stop them', async (days) => {
    const { buyer, orderNo } = await givenShipped({ autoReceiptSeconds: days * 86_400 });
    const { autoReceiptAt, shippedAt } = await readOrder(buyer, orderNo);
    expect(Date.parse(autoReceiptAt ?? '') - Date.parse(shippedAt ?? '')).toBe(days * DAY_MS);
    const service = await staff('customerService');
    await service.post(`/platform/orders/${orderNo}/holds`, { reason: 'damaged parcel' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: true, autoReceiptAt: null });
  });

  test('ST-3 ST-7 an open case stops the clock: the order waits past its time, and nobody can receive it', async () => {
    const { buyer, orderNo } = await givenShipped({ autoReceiptSeconds: 3 });
    const service = await staff('customerService');
    const { holdId } = await service.post<{ holdId: string }>(`/platform/orders/${orderNo}/holds`, {
      reason: 'damaged parcel',
    });
    expect(await readOrder(buyer, orderNo)).toMatchObject({
      onHold: true,
      autoReceiptAt: null,
      actions: [{ action: 'send_message' }],
    });
    expect((await problemFrom(buyer.post(`/orders/${orderNo}/receipt`, {}))).code).toBe('held');
    expect((await problemFrom(buyer.post(`/orders/${orderNo}/receipt-extensions`))).code).toBe('held');
    await untilRanOut(3);
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_receipt', onHold: true });

    await service.post(`/platform/orders/${orderNo}/hold-releases`, {
      holdId,
      reason: 'settled with the buyer',
    });
    const released = await readOrder(buyer, orderNo);
    expect(released).toMatchObject({ state: 'awaiting_receipt', onHold: false });
    const leftMs = Date.parse(released.autoReceiptAt ?? '') - Date.now();
    expect(leftMs).toBeGreaterThan(DAY_MS - 10_000);
    expect(leftMs).toBeLessThanOrEqual(DAY_MS);
    await untilRanOut(3);
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
    expect(
      (await logOf(service, orderNo)).filter((row) => ['hold', 'release'].includes(row.action)),
    ).toMatchObject([
      { action: 'hold', actor: expect.stringMatching(/^platform:/), input: { reason: 'damaged parcel' } },
      { action: 'release', input: { holdId, reason: 'settled with the buyer' } },
    ]);
  });

  test('ST-3 of two open cases the last one to end starts the clock again, with what was left of it', async () => {
    const { buyer, orderNo } = await givenShipped({ autoReceiptSeconds: 7 * 86_400 });
    const before = Date.parse((await readOrder(buyer, orderNo)).autoReceiptAt ?? '');
    const service = await staff('customerService');
    const hold = () =>
      service.post<{ holdId: string }>(`/platform/orders/${orderNo}/holds`, { reason: 'a case' });
    const [first, second] = [await hold(), await hold()];
    const release = (holdId: string) =>
      service.post(`/platform/orders/${orderNo}/hold-releases`, { holdId, reason: 'over' });
    await release(first.holdId);
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: true, autoReceiptAt: null });
    await release(second.holdId);
    const after = await readOrder(buyer, orderNo);
    expect(after.onHold).toBe(false);
    // The clock stood still in between, so it ends a little later than it would have.
    const movedMs = Date.parse(after.autoReceiptAt ?? '') - before;
    expect(movedMs).toBeGreaterThan(0);
    expect(movedMs).toBeLessThan(30_000);
  });

  test('ST-3 the buyer puts the clock off by three days, once', async () => {
    const { buyer, orderNo } = await givenShipped({ autoReceiptSeconds: 6 });
    const before = await readOrder(buyer, orderNo);
    await buyer.post(`/orders/${orderNo}/receipt-extensions`);
    const after = await readOrder(buyer, orderNo);
    expect(Date.parse(after.autoReceiptAt ?? '') - Date.parse(before.autoReceiptAt ?? '')).toBe(3 * DAY_MS);
    expect(after.actions.map((action) => action.action)).toEqual(['confirm_receipt', 'send_message']);
    expect(await problemFrom(buyer.post(`/orders/${orderNo}/receipt-extensions`))).toMatchObject({
      status: 409,
      code: 'already_extended',
    });
    expect((await readOrder(buyer, orderNo)).autoReceiptAt).toBe(after.autoReceiptAt);
    // Its first time passes and nothing happens.
    await untilRanOut(6);
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
  });
});
