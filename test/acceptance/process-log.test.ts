import { expect, test } from 'vitest';
import { logOf } from '../support/books.ts';
import { openPayment } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  pay,
  quote,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

type Shop = Parameters<typeof givenShop>[0];

async function givenOrder(shop: Shop = {}): Promise<{ buyer: Buyer; orderNo: string }> {
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [await givenSku(await givenShop(shop), 5)]: 1 }) };
}

test('NT-3 I4 the log of an order to its end: who did what, when, from which state to which, with what', async () => {
  const { buyer, orderNo } = await givenOrder({ kind: 'third_party', merchantId: 'M2' });
  const merchant = await staff('merchant2');
  const outTradeNo = await pay(buyer, orderNo);
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'hold', reason: '核对地址' });
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  await ship(merchant, orderNo, 'SF1234567890123');
  await buyer.post(`/orders/${orderNo}/receipt-extensions`);
  await receive(buyer, orderNo);
  const log = await logOf(buyer, orderNo);
  const by = { buyer: `buyer:${buyer.sub}`, merchant: expect.stringMatching(/^merchant:u_/) };
  expect(log).toMatchObject([
    {
      action: 'submit',
      actor: by.buyer,
      fromState: null,
      toState: 'awaiting_payment',
      input: { quoteId: expect.any(String) },
    },
    {
      action: 'record_payment',
      actor: 'provider:alipay',
      fromState: 'awaiting_payment',
      toState: 'awaiting_shipment',
      input: { outTradeNo, amountFen: 10_000 },
    },
    {
      action: 'review',
      actor: by.merchant,
      fromState: 'awaiting_shipment',
      toState: 'awaiting_shipment',
      input: { decision: 'hold', reason: '核对地址' },
    },
    {
      action: 'review',
      actor: by.merchant,
      fromState: 'awaiting_shipment',
      toState: 'awaiting_shipment',
      input: { decision: 'confirm' },
    },
    {
      action: 'ship',
      actor: by.merchant,
      fromState: 'awaiting_shipment',
      toState: 'awaiting_receipt',
      input: { carrier: 'shunfeng', trackingNo: 'SF1234567890123' },
    },
    { action: 'extend_receipt', actor: by.buyer, fromState: 'awaiting_receipt', toState: 'awaiting_receipt' },
    { action: 'receive', actor: by.buyer, fromState: 'awaiting_receipt', toState: 'completed' },
  ]);
  for (const row of log) expect(row.result).toMatchObject({ verdict: { result: 'accepted' } });
  expectUnbroken(log);
});

test('NT-3 I4 the log of a cancel: its reason, and the refusals around it', async () => {
  const { buyer, orderNo } = await givenOrder();
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'found it cheaper' });
  const log = await logOf(buyer, orderNo);
  expect(log).toMatchObject([
    { action: 'submit', fromState: null, toState: 'awaiting_payment' },
    {
      action: 'cancel_unpaid',
      actor: `buyer:${buyer.sub}`,
      fromState: 'awaiting_payment',
      toState: 'cancelled',
      input: { reason: 'found it cheaper' },
      result: { verdict: { result: 'accepted' } },
    },
  ]);
  expectUnbroken(log);
});

test('NT-3 a request that lost against another is in the log with its refusal', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { dropNotify: true, onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`);
  await buyer.post(`/orders/${orderNo}/cancellations`, {}).catch(() => undefined);
  const refused = (await logOf(buyer, orderNo)).find((row) => row.action === 'cancel_unpaid');
  expect(refused).toMatchObject({
    fromState: 'awaiting_shipment',
    toState: 'awaiting_shipment',
    result: { verdict: { result: 'refused', code: 'not_awaiting_payment' } },
  });
});

/** Each row begins where the one before ended, and time does not run backwards. */
function expectUnbroken(log: Awaited<ReturnType<typeof logOf>>): void {
  for (const [index, row] of log.entries()) {
    const before = log[index - 1];
    expect(row.fromState).toBe(before?.toState ?? null);
    if (before) expect(Date.parse(row.at)).toBeGreaterThanOrEqual(Date.parse(before.at));
  }
}

const CHINESE = /[一-鿿]/;

/** Both languages, each in its own words. What people wrote themselves (a reason) may be in any. */
function expectBothLanguages({ state, prompt }: Order, own = ''): void {
  expect([state, CHINESE.test(prompt.zh)]).toEqual([state, true]);
  expect([state, prompt.en.length > 10 && !CHINESE.test(prompt.en.replace(own, ''))]).toEqual([state, true]);
  expect(`${prompt.zh}${prompt.en}`).not.toMatch(/undefined|null|NaN|Invalid|\{\}|\[object/);
}

test('NT-1 every state on the way to completion has its prompt in Chinese and English', async () => {
  const { buyer, orderNo } = await givenOrder({
    kind: 'third_party',
    merchantId: 'M2',
    paymentTimeoutSeconds: 90,
  });
  const merchant = await staff('merchant2');
  const see = async (own?: string) => {
    const order = await readOrder(buyer, orderNo);
    expectBothLanguages(order, own);
    expectBothLanguages(await readOrder(merchant, orderNo), own);
    return order.prompt;
  };
  const unpaid = await see();
  expect(unpaid.zh).toMatch(/1分[123]?\d秒.*¥100\.00/);
  expect(unpaid.en).toMatch(/CNY 100\.00 within 1 min [123]?\d s/);
  await pay(buyer, orderNo);
  expect((await see()).en).toMatch(/Waiting for the merchant to confirm/);
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'hold', reason: '缺货' });
  expect((await see('缺货')).zh).toContain('缺货');
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  // The estimated time of shipping, in Beijing time.
  expect((await see()).en).toMatch(/ship by \d{4}-\d\d-\d\d \d\d:\d\d/);
  await ship(merchant, orderNo, 'SF1234567890123');
  const shipped = await see();
  expect(shipped.zh).toMatch(/SF1234567890123.*\d{4}-\d\d-\d\d \d\d:\d\d/);
  const service = await staff('customerService');
  const { holdId } = await service.post<{ holdId: string }>(`/platform/orders/${orderNo}/holds`, {
    reason: 'a case',
  });
  expect((await see()).en).toMatch(/case is open/i);
  await service.post(`/platform/orders/${orderNo}/hold-releases`, { holdId, reason: 'over' });
  await receive(buyer, orderNo);
  expect((await see()).en).toMatch(/Completed/);
  // The merchant reads of its settlement.
  expect((await readOrder(merchant, orderNo)).prompt.zh).toMatch(/结算/);
});

test('NT-1 an order that ends unpaid says why, and what becomes of late money', async () => {
  const cancelled = await givenOrder();
  const { outTradeNo } = await openPayment(cancelled.buyer, cancelled.orderNo);
  await cancelled.buyer.post(`/orders/${cancelled.orderNo}/cancellations`, {});
  const order = await waitFor(cancelled.buyer, cancelled.orderNo, (o) => o.state === 'cancelled');
  expectBothLanguages(order);
  expect(order.prompt.en).toMatch(/at your request/);

  await alipay('/faults', { stuckRefund: true, onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`);
  const waiting = await waitFor(cancelled.buyer, cancelled.orderNo, (o) => o.refunds.length > 0, 50_000);
  expectBothLanguages(waiting);
  expect(waiting.prompt.zh).toMatch(/¥100\.00 退款处理中/);

  const expired = await givenOrder({ paymentTimeoutSeconds: 2 });
  const late = await waitFor(expired.buyer, expired.orderNo, (o) => o.state === 'cancelled');
  expectBothLanguages(late);
  expect(late.prompt.en).toMatch(/not paid in time/i);
});

test('NT-1 IN-4 sold out when the money came: the prompt says so and that the money is back', async () => {
  const skuId = await givenSku(await givenShop(), 1, { inventoryMode: 'on_payment' });
  const [first, second] = [await newBuyer(), await newBuyer()];
  const offers = await Promise.all([quote(first, { [skuId]: 1 }), quote(second, { [skuId]: 1 })]);
  expect(offers.map((offer) => offer.totalFen)).toEqual([10_000, 10_000]);
  const [winner, loser] = [await submit(first, { [skuId]: 1 }), await submit(second, { [skuId]: 1 })];
  await pay(first, winner);
  await pay(second, loser);
  const order = await waitFor(second, loser, (o) => o.refunds.some((refund) => refund.state === 'succeeded'));
  expectBothLanguages(order);
  expect(order.prompt.zh).toMatch(/库存.*¥100\.00 已原路退回/);
  expect(order.prompt.en).toMatch(/stock.*CNY 100\.00 was refunded/i);
});
