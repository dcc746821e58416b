import { expect, test } from 'vitest';
import { logOf, moneyOf, noticesOf, stockOf } from '../support/books.ts';
import { openCashier, openPayment, paymentsOf, pressInCashier, tradeOf } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  problemFrom,
  readOrder,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

async function givenOrder(): Promise<{ buyer: Buyer; orderNo: string; skuId: string }> {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 1 }), skuId };
}

test('PY-1 PY-3 an Alipay QR code is scanned and paid; merchant and inventory hear of it', async () => {
  const { buyer, orderNo, skuId } = await givenOrder();
  const payment = await openPayment(buyer, orderNo);
  expect(payment).toMatchObject({
    method: 'alipay_qr',
    state: 'open',
    amountFen: 10_000,
    action: { kind: 'qr' },
  });
  expect((await openCashier(payment)).page).toContain('¥100.00');
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 1 });
  await pressInCashier(payment.outTradeNo, 'pay');
  const paid = await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  expect(paid).toMatchObject({ secondsLeft: null, amounts: { paidFen: 10_000 } });
  expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
  expect(await noticesOf(await staff('merchant1'), orderNo)).toEqual(['to_ship']);
  const { tradeNo } = await tradeOf(payment.outTradeNo);
  expect(await paymentsOf(buyer, orderNo)).toMatchObject([
    { state: 'succeeded', providerTradeNo: tradeNo, paidAt: expect.any(String) },
  ]);
});

test('PY-1 PY-3 an Alipay page is opened and paid, and sends the buyer back', async () => {
  const { buyer, orderNo } = await givenOrder();
  const payment = await openPayment(buyer, orderNo, 'alipay_page', {
    returnUrl: 'https://shop.example/orders?from=cashier',
  });
  expect(payment.action).toMatchObject({
    kind: 'redirect',
    url: expect.stringContaining('alipay.trade.page.pay'),
  });
  const { page, url } = await openCashier(payment);
  expect(page).toContain('¥100.00');
  expect(url).toContain('/alipay/cashier/');
  const back = new URL((await pressInCashier(payment.outTradeNo, 'pay')) ?? '');
  expect(`${back.origin}${back.pathname}`).toBe('https://shop.example/orders');
  expect(Object.fromEntries(back.searchParams)).toMatchObject({
    from: 'cashier',
    out_trade_no: payment.outTradeNo,
  });
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
});

test('PY-1 SB-6 the same request opens one attempt, and asking again for the method gives the open one', async () => {
  const { buyer, orderNo } = await givenOrder();
  const key = `key-${orderNo}`;
  const first = await openPayment(buyer, orderNo, 'alipay_qr', {}, key);
  expect(await openPayment(buyer, orderNo, 'alipay_qr', {}, key)).toEqual(first);
  expect((await problemFrom(openPayment(buyer, orderNo, 'alipay_page', {}, key))).code).toBe(
    'idempotency_key_reused',
  );
  const ten = await Promise.all(Array.from({ length: 10 }, () => openPayment(buyer, orderNo)));
  expect(new Set(ten.map((payment) => payment.outTradeNo))).toEqual(new Set([first.outTradeNo]));
  expect(await paymentsOf(buyer, orderNo)).toHaveLength(1);
});

test('PY-4 a payment that fails in the cashier leaves the order unpaid, and the same code can be paid then', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo, ...payment } = await openPayment(buyer, orderNo);
  await openCashier({ outTradeNo, ...payment });
  for (const reason of ['insufficient_balance', 'wrong_password', 'limit', 'risk'])
    await pressInCashier(outTradeNo, 'decline', reason);
  const { page } = await openCashier({ outTradeNo, ...payment });
  expect(page).toContain('支付失败');
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_payment', paidAt: null });
  await pressInCashier(outTradeNo, 'pay');
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
});

test('PY-4 after a failure another method is used; the first trade is closed at the provider', async () => {
  const { buyer, orderNo } = await givenOrder();
  const first = await openPayment(buyer, orderNo);
  await openCashier(first);
  await pressInCashier(first.outTradeNo, 'decline', 'insufficient_balance');
  const second = await openPayment(buyer, orderNo, 'alipay_page');
  expect(second.outTradeNo).not.toBe(first.outTradeNo);
  expect(await tradeOf(first.outTradeNo)).toMatchObject({
    status: 'TRADE_CLOSED',
    closedBy: 'merchant',
    paidFen: 0,
  });
  await openCashier(second);
  await pressInCashier(second.outTradeNo, 'pay');
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  expect((await paymentsOf(buyer, orderNo)).map(({ method, state }) => [method, state])).toEqual([
    ['alipay_qr', 'closed'],
    ['alipay_page', 'succeeded'],
  ]);
});

test.each([
  ['ACQ.TOTAL_FEE_EXCEED', 422, 'payment_refused', '限额', 'limit'],
  ['ACQ.BUYER_BALANCE_NOT_ENOUGH', 422, 'payment_refused', '余额', 'balance'],
  ['ACQ.SYSTEM_ERROR', 503, 'payment_unavailable', '暂时不可用', 'not available'],
])(
  'PY-4 the provider refuses with %s: the buyer reads why, retries and pays',
  async (subCode, status, code, zh, en) => {
    const { buyer, orderNo } = await givenOrder();
    await alipay('/faults', { failPrecreate: subCode, times: 1, outTradeNoPrefix: orderNo });
    const problem = await problemFrom(openPayment(buyer, orderNo));
    expect(problem).toMatchObject({ status, code });
    expect(problem.body['reason']).toMatchObject({
      zh: expect.stringContaining(zh),
      en: expect.stringContaining(en),
    });
    const { state, prompt } = await readOrder(buyer, orderNo);
    expect(state).toBe('awaiting_payment');
    expect(prompt.zh).toMatch(new RegExp(`支付未成功：.*${zh}.*¥100\\.00`));
    expect(prompt.en).toMatch(new RegExp(`did not go through\\. .*${en}.*CNY 100\\.00`));

    const { outTradeNo } = await openPayment(buyer, orderNo);
    await alipay(`/trades/${outTradeNo}/pay`);
    const paid = await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
    expect(paid.prompt.zh).not.toContain('支付未成功');
  },
);

test('PY-4 SB-6 a refused payment repeated with its key is refused again, not answered as if it were open', async () => {
  const { buyer, orderNo } = await givenOrder();
  await alipay('/faults', { failPrecreate: 'ACQ.TOTAL_FEE_EXCEED', times: 1, outTradeNoPrefix: orderNo });
  const key = `key-${orderNo}`;
  const first = await problemFrom(openPayment(buyer, orderNo, 'alipay_qr', {}, key));
  const again = await problemFrom(openPayment(buyer, orderNo, 'alipay_qr', {}, key));
  expect([again.status, again.code, again.body['reason']]).toEqual([
    first.status,
    first.code,
    first.body['reason'],
  ]);
});

test('PY-7 a precreate without an answer is no dead end: the buyer tries again under a new number and pays once', async () => {
  const { buyer, orderNo } = await givenOrder();
  await alipay('/faults', {
    timeoutAfterSuccess: ['alipay.trade.precreate'],
    times: 1,
    outTradeNoPrefix: orderNo,
  });
  expect(await problemFrom(openPayment(buyer, orderNo))).toMatchObject({
    status: 503,
    code: 'payment_unavailable',
  });
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay(`/trades/${outTradeNo}/pay`);
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 10_000, refundedFen: 0 });
});

test('PY-2 NT-3 the log names the provider, the attempt and the sum of what came', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay(`/trades/${outTradeNo}/pay`);
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  const { tradeNo } = await tradeOf(outTradeNo);
  expect((await logOf(buyer, orderNo)).at(-1)).toMatchObject({
    action: 'record_payment',
    actor: 'provider:alipay',
    fromState: 'awaiting_payment',
    toState: 'awaiting_shipment',
    input: { outTradeNo, providerTradeNo: tradeNo, amountFen: 10_000 },
  });
});
