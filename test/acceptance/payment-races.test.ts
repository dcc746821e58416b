import { setTimeout as moment } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { logOf, moneyOf, stockOf } from '../support/books.ts';
import { openCashier, openPayment, type Payment, tradeOf } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  readOrder,
  submit,
  waitFor,
} from '../support/world.ts';

/** ST-6: two things at the same instant have one winner, and the loser is compensated. */

const RACES = 40;
const PRICE = 10_000;

interface Contest {
  buyer: Buyer;
  orderNo: string;
  payment: Payment;
}

async function contestsOver(skuId: string, count: number): Promise<Contest[]> {
  const buyers = await Promise.all(Array.from({ length: 4 }, () => newBuyer()));
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const buyer = buyers[index % buyers.length] as Buyer;
      const orderNo = await submit(buyer, { [skuId]: 1 });
      const payment = await openPayment(buyer, orderNo);
      // Every other code is scanned: its trade exists and can be closed; the others can be paid after any close.
      if (index % 2 === 0) await openCashier(payment);
      return { buyer, orderNo, payment };
    }),
  );
}

/** Whether the provider took the money; a trade that was closed first refuses it. */
async function payInCashier({ payment }: Contest): Promise<boolean> {
  const { outTradeNo } = payment;
  return await alipay(`/trades/${outTradeNo}/pay`).then(
    () => true,
    (error: Error) => {
      if (!error.message.includes('ACQ.TRADE_HAS_CLOSE')) throw error;
      return false;
    },
  );
}

/** Waits for the end of a contest and judges it: paid and kept, or cancelled and nothing kept. */
async function judge({ buyer, orderNo, payment }: Contest, moneyTaken: boolean): Promise<Order> {
  const done = (order: Order) =>
    order.state === 'awaiting_shipment' ||
    (order.state === 'cancelled' && (!moneyTaken || order.amounts.refundedFen === PRICE));
  const order = await waitFor(buyer, orderNo, done, 60_000);
  const { paidFen, refundedFen, refunds } = await tradeOf(payment.outTradeNo);
  const books = (await moneyOf(buyer))[orderNo] ?? { paidFen: 0, refundedFen: 0 };
  expect(books).toEqual({ paidFen, refundedFen });
  if (order.state === 'awaiting_shipment')
    expect([moneyTaken, paidFen, refundedFen]).toEqual([true, PRICE, 0]);
  else expect([paidFen - refundedFen, refunds.length]).toEqual([0, moneyTaken ? 1 : 0]);
  const moves = (await logOf(buyer, orderNo)).filter(
    (row) => row.fromState === 'awaiting_payment' && row.toState !== row.fromState,
  );
  expect(moves).toHaveLength(1);
  return order;
}

async function expectStock(skuId: string, orders: Order[]): Promise<void> {
  const sold = orders.filter((order) => order.state === 'awaiting_shipment').length;
  expect(await stockOf(skuId)).toEqual({ onHand: 100 - sold, reserved: 0 });
}

test(`ST-6 CN-1 PY-6 payment against cancel, ${RACES} times: one winner, the loser is compensated, the stock is exact`, {
  timeout: 180_000,
}, async () => {
  const skuId = await givenSku(await givenShop(), 100);
  const contests = await contestsOver(skuId, RACES);
  const orders = await Promise.all(
    contests.map(async (contest, index) => {
      // Now one and now the other gets a head start, so that each of them wins sometimes.
      const headStartMs = (index % 5) * 8;
      const [moneyTaken, cancelled] = await Promise.all([
        moment(index % 4 < 2 ? headStartMs : 0).then(() => payInCashier(contest)),
        moment(index % 4 < 2 ? 0 : headStartMs).then(() => cancel(contest)),
      ]);
      const order = await judge(contest, moneyTaken);
      // A cancel that comes when the payment is known already is a request to whoever ships (CN-2).
      if (cancelled === 'accepted' && order.state !== 'cancelled')
        expect(order.cancellations).toMatchObject([{ state: 'asking' }]);
      if (cancelled === 'refused') expect(order.state).toBe('awaiting_shipment');
      return order;
    }),
  );
  await expectStock(skuId, orders);
});

function cancel({ buyer, orderNo }: Contest): Promise<string> {
  return buyer.post<{ result: string }>(`/orders/${orderNo}/cancellations`, {}).then(
    ({ result }) => result,
    () => 'refused',
  );
}

test(`ST-6 ST-2 PY-5 PY-6 payment against the deadline, ${RACES} times: one winner, the loser is compensated, the stock is exact`, {
  timeout: 180_000,
}, async () => {
  const skuId = await givenSku(await givenShop({ paymentTimeoutSeconds: 8 }), 100);
  const contests = await contestsOver(skuId, RACES);
  const orders = await Promise.all(
    contests.map(async (contest, index) => {
      const { buyer, orderNo, payment } = contest;
      // The provider's own deadline is the same second; without it late money comes too.
      await alipay('/faults', { payAfterClose: true, onlyOutTradeNo: payment.outTradeNo });
      const deadline = Date.parse((await readOrder(buyer, orderNo)).paymentDeadline);
      await moment(Math.max(0, deadline + 100 * (index - RACES / 4) - Date.now()));
      return await judge(contest, await payInCashier(contest));
    }),
  );
  await expectStock(skuId, orders);
  // The first came a second too early and the last three too late: both must have happened.
  expect(new Set(orders.map((order) => order.state))).toEqual(new Set(['awaiting_shipment', 'cancelled']));
});

test('ST-6 PY-6 two attempts of one order are paid at once, 10 times: one counts, the other goes back', {
  timeout: 120_000,
}, async () => {
  const skuId = await givenSku(await givenShop(), 100);
  const contests = await contestsOver(skuId, 20);
  const fresh = contests.filter((_, index) => index % 2 === 1);
  const orders = await Promise.all(
    fresh.map(async ({ buyer, orderNo, payment }) => {
      const second = await openPayment(buyer, orderNo, 'alipay_page');
      await openCashier(second);
      await Promise.all([payment, second].map(({ outTradeNo }) => alipay(`/trades/${outTradeNo}/pay`)));
      const order = await waitFor(buyer, orderNo, (o) => o.amounts.refundedFen > 0, 60_000);
      const trades = await Promise.all([payment, second].map(({ outTradeNo }) => tradeOf(outTradeNo)));
      expect(trades.map((trade) => trade.paidFen - trade.refundedFen).sort()).toEqual([0, PRICE].sort());
      return order;
    }),
  );
  expect(orders.map((order) => order.state)).toEqual(orders.map(() => 'awaiting_shipment'));
  expect(await stockOf(skuId)).toEqual({ onHand: 90, reserved: 10 });
});
