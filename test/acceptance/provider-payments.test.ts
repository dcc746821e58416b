import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { moneyOf, stockOf, vouchersOf } from '../support/books.ts';
import { paymentsOf } from '../support/payments.ts';
import {
  faults,
  open,
  PROVIDER_WAYS,
  payAt,
  payBy,
  tradeAt,
  WAYS,
  type Way,
  wayOf,
} from '../support/providers.ts';
import {
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  problemFrom,
  readOrder,
  sandbox,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** PY-1 … PY-7 for every provider alike: what differs between them is the wire, not what a buyer is promised. */

const PRICE = 10_000;

async function givenOrder(shop: Parameters<typeof givenShop>[0] = {}) {
  const skuId = await givenSku(await givenShop(shop), 10);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 1 }), skuId };
}

/** Another provider's method than this one's. */
const other = ({ provider }: Way): Way => PROVIDER_WAYS.find((way) => way.provider !== provider) as Way;

const ACTION_OF: Record<string, string> = {
  alipay_qr: 'qr',
  alipay_page: 'redirect',
  wechat_native: 'qr',
  wechat_jsapi: 'wechat_jsapi',
  card: 'card_form',
};

describe.each(WAYS)('$method', (way) => {
  test(`PY-1 PY-2 PY-3 ${way.method}: started, paid, told, booked`, async () => {
    const { buyer, orderNo, skuId } = await givenOrder();
    const payment = await open(buyer, orderNo, way);
    expect(payment).toMatchObject({
      state: 'open',
      amountFen: PRICE,
      action: { kind: ACTION_OF[way.method] },
    });
    if (way.method === 'alipay_page') await fetch((payment.action as { url: string }).url);
    expect(await payAt(way, payment.outTradeNo)).toBe(true);
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
    const [paid] = await paymentsOf(buyer, orderNo);
    expect(paid).toMatchObject({
      state: 'succeeded',
      receivedFen: PRICE,
      providerTradeNo: expect.stringMatching(/.{8,}/),
      paidAt: expect.stringMatching(/^20/),
    });
    const finance = await staff('finance');
    expect((await vouchersOf(finance, orderNo)).flatMap(({ postings }) => postings)).toEqual([
      { debit: `channel:${way.provider}`, credit: 'deposits', amountFen: PRICE },
    ]);
    expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
  });
});

test.each(['debit', 'credit'])(
  'PY-1 a %s card pays, and the payment says which kind it was',
  async (funding) => {
    const { buyer, orderNo } = await givenOrder();
    const { outTradeNo } = await open(buyer, orderNo, wayOf('card'));
    await sandbox('stripe', `/trades/${outTradeNo}/pay`, { funding });
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
    await eventually(async () => (await paymentsOf(buyer, orderNo))[0]?.funding === funding, 'the funding');
  },
);

test('PY-1 WeChat JSAPI without the payer’s openid is refused and names the field', async () => {
  const { buyer, orderNo } = await givenOrder();
  const problem = await problemFrom(buyer.post(`/orders/${orderNo}/payments`, { method: 'wechat_jsapi' }));
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(problem.body['errors']).toMatchObject([{ field: 'json.payerId' }]);
  expect(await paymentsOf(buyer, orderNo)).toEqual([]);
});

test('PY-1 which methods a shop offers is data, and the payments say which', async () => {
  const { buyer, orderNo } = await givenOrder({ paymentMethods: ['card', 'wechat_native'] });
  const { methods } = await buyer.get<{ methods: string[] }>(`/orders/${orderNo}/payments`);
  expect(methods).toEqual(['card', 'wechat_native']);
  const problem = await problemFrom(open(buyer, orderNo, wayOf('alipay_qr')));
  expect(problem).toMatchObject({ status: 409, code: 'method_not_offered' });
  await payBy(buyer, orderNo, wayOf('card'));
});

test.each([
  ['insufficient_funds', 'insufficient_balance'],
  ['expired_card', 'card_expired'],
  ['incorrect_cvc', 'card_details'],
  ['lost_card', 'card_refused'],
])(
  'PY-4 decision-19 a card declined with %s tells the buyer %s, and the same attempt can be paid after',
  async (declineCode, code) => {
    const { buyer, orderNo } = await givenOrder();
    const way = wayOf('card');
    const { outTradeNo } = await open(buyer, orderNo, way);
    await sandbox('stripe', `/trades/${outTradeNo}/decline`, { reason: declineCode });
    const declined = await eventually(async () => {
      const [payment] = await paymentsOf(buyer, orderNo);
      return payment?.declines.length === 1 && payment.failure !== null && payment;
    }, 'the decline');
    expect(declined).toMatchObject({ state: 'open', declines: [{ code }] });
    expect(declined.failure?.zh).toMatch(/[\u4e00-\u9fff]/);
    const order = await readOrder(buyer, orderNo);
    expect(order.state).toBe('awaiting_payment');
    expect(order.prompt.en).toContain(declined.failure?.en.replace(/\.$/, ''));
    expect(order.prompt.zh).toContain(declined.failure?.zh.replace(/。$/, ''));
    expect(JSON.stringify(order.prompt)).not.toMatch(/lost|stolen|fraud/i);
    await payAt(way, outTradeNo);
    await waitFor(buyer, orderNo, (o) => o.state === 'awaiting_shipment');
    expect((await paymentsOf(buyer, orderNo))[0]).toMatchObject({ state: 'succeeded', declines: [{ code }] });
  },
);

test.each(PROVIDER_WAYS.filter(({ provider }) => provider !== 'stripe'))(
  'PY-4 decision-19 $provider declines in its own cashier: nothing is invented here',
  async (way) => {
    const { buyer, orderNo } = await givenOrder();
    const { outTradeNo } = await open(buyer, orderNo, way);
    await sandbox(way.provider, `/trades/${outTradeNo}/decline`, { reason: 'insufficient_balance' });
    expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ state: 'open', failure: null, declines: [] }]);
    await payAt(way, outTradeNo);
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  },
);

describe.each(PROVIDER_WAYS)('$provider', (way) => {
  test(`PY-4 decision-18 ${way.provider}: another method closes the open attempt there first, and pays`, async () => {
    const { buyer, orderNo } = await givenOrder();
    const first = await open(buyer, orderNo, way);
    const second = await payBy(buyer, orderNo, other(way));
    expect(await paymentsOf(buyer, orderNo)).toMatchObject([
      { outTradeNo: first.outTradeNo, state: 'closed' },
      { outTradeNo: second.outTradeNo, state: 'succeeded' },
    ]);
  });

  test(`PY-5 ST-2 ${way.provider}: at the deadline the trade is closed there, then the order is cancelled`, async () => {
    const { buyer, orderNo, skuId } = await givenOrder({ paymentTimeoutSeconds: 2 });
    const { outTradeNo } = await open(buyer, orderNo, way);
    const order = await waitFor(buyer, orderNo, (o) => o.state === 'cancelled');
    expect(order.endReason).toBe('payment_timeout');
    expect(await paymentsOf(buyer, orderNo)).toMatchObject([{ outTradeNo, state: 'closed' }]);
    expect((await tradeAt(way.provider, outTradeNo)).paidFen).toBe(0);
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test(`PY-5 PY-7 ${way.provider}: paid but not told, the question at the deadline finds the money`, async () => {
    const { buyer, orderNo } = await givenOrder({ paymentTimeoutSeconds: 3 });
    const { outTradeNo } = await open(buyer, orderNo, way);
    await faults(way.provider, { dropNotify: true, onlyOutTradeNo: outTradeNo });
    await payAt(way, outTradeNo);
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  });

  test(`PY-6 ${way.provider}: money after the order ended goes back once`, async () => {
    const { buyer, orderNo } = await givenOrder();
    const { outTradeNo } = await open(buyer, orderNo, way);
    await faults(way.provider, { payAfterClose: true, onlyOutTradeNo: outTradeNo });
    await buyer.post(`/orders/${orderNo}/cancellations`, {});
    await waitFor(buyer, orderNo, (order) => order.state === 'cancelled');
    expect(await payAt(way, outTradeNo)).toBe(true);
    const order = await waitFor(
      buyer,
      orderNo,
      (o) => o.refunds.some((refund) => refund.state === 'succeeded'),
      60_000,
    );
    expect(order).toMatchObject({
      state: 'cancelled',
      refunds: [{ amountFen: PRICE, reason: 'paid_after_close' }],
      amounts: { paidFen: PRICE, refundedFen: PRICE },
    });
    expect(await tradeAt(way.provider, outTradeNo)).toMatchObject({
      paidFen: PRICE,
      refundedFen: PRICE,
      refunds: [{ amountFen: PRICE, done: true }],
    });
  });

  test(`PY-6 decision-21 ${way.provider} pays an order that ${other(way).provider} paid: the later money goes back`, async () => {
    const { buyer, orderNo } = await givenOrder();
    const first = await open(buyer, orderNo, way);
    await faults(way.provider, { payAfterClose: true, onlyOutTradeNo: first.outTradeNo });
    const second = await payBy(buyer, orderNo, other(way));
    expect(await payAt(way, first.outTradeNo)).toBe(true);
    const order = await waitFor(
      buyer,
      orderNo,
      (o) => o.refunds.some(({ state }) => state === 'succeeded'),
      60_000,
    );
    expect(order).toMatchObject({
      state: 'awaiting_shipment',
      refunds: [{ amountFen: PRICE, reason: 'paid_twice' }],
    });
    expect((await tradeAt(way.provider, first.outTradeNo)).refundedFen).toBe(PRICE);
    expect((await tradeAt(other(way).provider, second.outTradeNo)).refundedFen).toBe(0);
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 2 * PRICE, refundedFen: PRICE });
  });

  test(`PY-6 I3 ${way.provider} pays by a closed attempt while ${other(way).provider} is open: what that took unheard goes back`, async () => {
    const { buyer, orderNo } = await givenOrder();
    const first = await open(buyer, orderNo, way);
    await faults(way.provider, { payAfterClose: true, onlyOutTradeNo: first.outTradeNo });
    const second = await open(buyer, orderNo, other(way));
    await faults(other(way).provider, { dropNotify: true, times: 1, onlyOutTradeNo: second.outTradeNo });
    await payAt(other(way), second.outTradeNo);
    expect(await payAt(way, first.outTradeNo)).toBe(true);
    const order = await waitFor(buyer, orderNo, (o) => o.refunds.some(({ state }) => state === 'succeeded'));
    expect(order).toMatchObject({
      state: 'awaiting_shipment',
      refunds: [{ amountFen: PRICE, reason: 'paid_twice' }],
    });
    expect((await tradeAt(other(way).provider, second.outTradeNo)).refundedFen).toBe(PRICE);
  });

  test(`PY-6 ${way.provider} took another sum than asked: refunded, the order stays payable`, async () => {
    const { buyer, orderNo } = await givenOrder();
    const { outTradeNo } = await open(buyer, orderNo, way);
    await payAt(way, outTradeNo, { amountFen: 9_999 });
    const order = await waitFor(buyer, orderNo, (o) => o.refunds.some(({ state }) => state === 'succeeded'));
    expect(order).toMatchObject({
      state: 'awaiting_payment',
      refunds: [{ amountFen: 9_999, reason: 'wrong_amount' }],
    });
    await payBy(buyer, orderNo, way);
  });

  test(`ST-6 CN-1 PY-6 ${way.provider}: payment against cancel, 12 times, one winner each`, async () => {
    const buyer = await newBuyer();
    const skuId = await givenSku(await givenShop(), 20);
    const contests = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const orderNo = await submit(buyer, { [skuId]: 1 });
        return { orderNo, outTradeNo: (await open(buyer, orderNo, way)).outTradeNo };
      }),
    );
    const taken = await Promise.all(
      contests.map(async ({ orderNo, outTradeNo }) => {
        const [money] = await Promise.all([
          payAt(way, outTradeNo),
          buyer.post(`/orders/${orderNo}/cancellations`, {}).catch(() => undefined),
        ]);
        return money;
      }),
    );
    let sold = 0;
    for (const [index, { orderNo, outTradeNo }] of contests.entries()) {
      const order = await waitFor(
        buyer,
        orderNo,
        (o) =>
          o.state === 'awaiting_shipment' ||
          (o.state === 'cancelled' && (!taken[index] || o.amounts.refundedFen === PRICE)),
        60_000,
      );
      const { paidFen, refundedFen } = await tradeAt(way.provider, outTradeNo);
      if (order.state === 'awaiting_shipment') sold += 1;
      expect(paidFen - refundedFen).toBe(order.state === 'awaiting_shipment' ? PRICE : 0);
    }
    expect(await stockOf(skuId)).toEqual({ onHand: 20 - sold, reserved: 0 });
  });

  test(`PY-7 ${way.provider}: the start is not answered; the buyer tries again and pays once`, async () => {
    const { buyer, orderNo } = await givenOrder();
    const START: Record<string, string> = {
      alipay: 'alipay.trade.precreate',
      wechatpay: 'native',
      stripe: 'create',
    };
    await faults(way.provider, {
      timeoutAfterSuccess: [START[way.provider]],
      times: 1,
      outTradeNoPrefix: orderNo,
    });
    const problem = await problemFrom(open(buyer, orderNo, way));
    expect(problem).toMatchObject({ status: 503, code: 'payment_unavailable' });
    await payBy(buyer, orderNo, way);
    expect(await moneyOf(buyer)).toMatchObject({ [orderNo]: { paidFen: PRICE, refundedFen: 0 } });
  });
});

/** Two buyers of one order’s screen: the same key gets the same attempt from every provider. */
test.each(PROVIDER_WAYS)(
  'SB-6 PY-7 $provider: the same key asked ten times at once opens one attempt',
  async (way) => {
    const { buyer, orderNo }: { buyer: Buyer; orderNo: string } = await givenOrder();
    const key = { 'idempotency-key': randomUUID() };
    const body = { method: way.method, ...way.more };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => buyer.raw('POST', `/orders/${orderNo}/payments`, body, key)),
    );
    const opened = answers.filter(({ status }) => status === 201);
    expect(opened.length).toBeGreaterThan(0);
    const numbers = new Set(
      await Promise.all(
        opened.map(async (response) => ((await response.json()) as { outTradeNo: string }).outTradeNo),
      ),
    );
    expect(numbers.size).toBe(1);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(await paymentsOf(buyer, orderNo)).toHaveLength(1);
  },
);
