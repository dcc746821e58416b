import { describe, expect, test } from 'vitest';
import { moneyOf } from '../support/books.ts';
import { faults, liftFaults, PROVIDER_WAYS, payBy, tradeAt, type Way, wayOf } from '../support/providers.ts';
import {
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  readOrder,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** PY-7, PY-8 for every provider: money goes back by the route it came, in parts, once each, whatever happens on the way. */

const PRICE = 10_000;

async function givenPaid(way: Way): Promise<{ buyer: Buyer; orderNo: string; outTradeNo: string }> {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  const { outTradeNo } = await payBy(buyer, orderNo, way);
  return { buyer, orderNo, outTradeNo };
}

async function refund(orderNo: string, amountFen?: number): Promise<void> {
  await (await staff('finance')).post(`/platform/orders/${orderNo}/refunds`, {
    ...(amountFen === undefined ? {} : { amountFen }),
    reason: '商品降价补偿',
  });
}

const succeeded = ({ refunds }: Order, fen: number) =>
  refunds.filter(({ state }) => state === 'succeeded').reduce((sum, { amountFen }) => sum + amountFen, 0) ===
  fen;

const REFUND_CALL: Record<string, string> = {
  alipay: 'alipay.trade.refund',
  wechatpay: 'refund',
  stripe: 'refund',
};

describe.each(PROVIDER_WAYS)('$provider', (way) => {
  const { provider } = way;

  test(`PY-8 RF-6 ${provider}: refunded in parts by the original route, then the rest; the order ends`, async () => {
    const { buyer, orderNo, outTradeNo } = await givenPaid(way);
    await refund(orderNo, 3_000);
    await waitFor(buyer, orderNo, (order) => succeeded(order, 3_000));
    await refund(orderNo, 1);
    await waitFor(buyer, orderNo, (order) => succeeded(order, 3_001));
    expect(await tradeAt(provider, outTradeNo)).toMatchObject({ paidFen: PRICE, refundedFen: 3_001 });
    await refund(orderNo);
    const order = await waitFor(buyer, orderNo, (o) => succeeded(o, PRICE));
    expect(order).toMatchObject({ state: 'cancelled', amounts: { paidFen: PRICE, refundedFen: PRICE } });
    const trade = await tradeAt(provider, outTradeNo);
    expect(trade.refunds.map(({ refundNo, amountFen, done }) => ({ refundNo, amountFen, done }))).toEqual([
      { refundNo: `${outTradeNo}R1`, amountFen: 3_000, done: true },
      { refundNo: `${outTradeNo}R2`, amountFen: 1, done: true },
      { refundNo: `${outTradeNo}R3`, amountFen: 6_999, done: true },
    ]);
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: PRICE, refundedFen: PRICE });
  });

  test(`PY-7 PY-8 ${provider}: the answer to a refund is lost; it is found by its number and not made again`, async () => {
    const { buyer, orderNo, outTradeNo } = await givenPaid(way);
    await faults(provider, {
      timeoutAfterSuccess: [REFUND_CALL[provider]],
      times: 1,
      onlyOutTradeNo: outTradeNo,
    });
    await refund(orderNo, 2_500);
    await waitFor(buyer, orderNo, (order) => succeeded(order, 2_500), 40_000);
    expect(await tradeAt(provider, outTradeNo)).toMatchObject({
      refundedFen: 2_500,
      refunds: [{ amountFen: 2_500, done: true }],
    });
  });

  test(`RF-6 PY-8 ${provider}: a refund that is stuck shows as pending, and its notification ends it at once`, async () => {
    const { buyer, orderNo, outTradeNo } = await givenPaid(way);
    await faults(provider, { stuckRefund: true, onlyOutTradeNo: outTradeNo });
    await refund(orderNo, 4_000);
    await eventually(
      async () => (await tradeAt(provider, outTradeNo)).refunds.length === 1,
      'the refund there',
    );
    const pending = await readOrder(buyer, orderNo);
    expect(pending).toMatchObject({ refunds: [{ state: 'requested' }], amounts: { refundedFen: 0 } });
    await liftFaults(provider);
    // Its own timer would ask again after a minute.
    await waitFor(buyer, orderNo, (order) => succeeded(order, 4_000), 30_000);
  });

  test(`RF-6 PY-8 ${provider} refuses a refund: a person decides, the balance is untouched until the money moved`, async () => {
    const CODE: Record<string, string> = {
      alipay: 'ACQ.SELLER_BALANCE_NOT_ENOUGH',
      wechatpay: 'NOT_ENOUGH',
      stripe: 'insufficient_funds',
    };
    const { buyer, orderNo, outTradeNo } = await givenPaid(way);
    await faults(provider, { failRefund: CODE[provider], times: 1, onlyOutTradeNo: outTradeNo });
    await refund(orderNo, 1_200);
    const item = await queuedItem(orderNo);
    expect(item).toMatchObject({ ownerRole: 'finance', dueAt: expect.any(String) });
    expect(await readOrder(buyer, orderNo)).toMatchObject({
      refunds: [{ state: 'queued' }],
      amounts: { refundedFen: 0 },
    });
    const finance = await staff('finance');
    await finance.post(`/platform/work-items/${item.workItemId}/decisions`, { decision: 'retry' });
    await waitFor(buyer, orderNo, (order) => succeeded(order, 1_200), 40_000);
    expect(await tradeAt(provider, outTradeNo)).toMatchObject({ refundedFen: 1_200 });
  });
});

test.each([
  ['wechatpay', 'wechat_native', { abnormalRefund: true }],
  ['stripe', 'card', { abnormalRefund: true }],
] as const)(
  'RF-6 PY-8 %s: a refund that does not reach the buyer goes to a person, who pays it out by hand',
  async (provider, method, fault) => {
    const { buyer, orderNo, outTradeNo } = await givenPaid(wayOf(method));
    await faults(provider, { ...fault, times: 1, onlyOutTradeNo: outTradeNo });
    await refund(orderNo, 5_000);
    const item = await queuedItem(orderNo);
    const finance = await staff('finance');
    await finance.post(`/platform/work-items/${item.workItemId}/decisions`, {
      decision: 'paid_by_hand',
      proof: '银行回单 2026112300017',
    });
    const order = await waitFor(buyer, orderNo, (o) => succeeded(o, 5_000));
    expect(order.amounts.refundedFen).toBe(5_000);
  },
);

async function queuedItem(
  orderNo: string,
): Promise<{ workItemId: string; ownerRole: string; dueAt: string }> {
  const finance = await staff('finance');
  return await eventually(
    async () => {
      const { workItems } = await finance.get<{
        workItems: { workItemId: string; orderNo: string; ownerRole: string; dueAt: string }[];
      }>('/platform/work-items');
      return workItems.find((item) => item.orderNo === orderNo);
    },
    `the work item of ${orderNo}`,
    40_000,
  );
}

test('PY-8 I3 twenty refunds of a quarter at once: four of them, and not a fen more', async () => {
  const { buyer, orderNo, outTradeNo } = await givenPaid(wayOf('card'));
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => refund(orderNo, 2_500)));
  const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string }] : []));
  expect(refused.every(({ code }) => code === 'more_than_paid' || code === 'not_refundable')).toBe(true);
  const order = await waitFor(buyer, orderNo, (o) => succeeded(o, PRICE));
  expect(order).toMatchObject({ state: 'cancelled', amounts: { refundedFen: PRICE } });
  expect(order.refunds).toHaveLength(4);
  expect(await tradeAt('stripe', outTradeNo)).toMatchObject({ refundedFen: PRICE });
});

test('PY-8 SP-9 I3 both children of a joint order refunded in full at once: numbers of their own, one payment, all of it', async () => {
  const buyer = await newBuyer();
  const mine = await givenSku(await givenShop(), 10);
  const theirs = await givenSku(await givenShop({ merchantId: 'M2' }), 10);
  const orderNo = await submit(buyer, { [mine]: 1, [theirs]: 1 });
  const { outTradeNo } = await payBy(buyer, orderNo, wayOf('wechat_native'));
  const { children } = await readOrder(buyer, orderNo);
  await Promise.all(children.map((child) => refund(child.orderNo)));
  const { paidFen } = await tradeAt('wechatpay', outTradeNo);
  const order = await waitFor(buyer, orderNo, (o) => succeeded(o, paidFen));
  expect(order).toMatchObject({ state: 'cancelled', stateCounts: { cancelled: 2 } });
  const { refunds } = await tradeAt('wechatpay', outTradeNo);
  expect(refunds.map(({ refundNo }) => refundNo).sort()).toEqual([`${outTradeNo}R1`, `${outTradeNo}R2`]);
});
