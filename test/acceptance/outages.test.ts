import { setTimeout as moment } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordPayment } from '../../activities/orders/payment-root.ts';
import { seedDemo } from '../../cli/seed.ts';
import { type Stack, startStack } from '../../cli/stack/index.ts';
import { migrate } from '../../db/migrate.ts';
import * as t from '../../db/schema/index.ts';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { moneyOf, stockOf } from '../support/books.ts';
import { Line } from '../support/line.ts';
import { openPayment, paymentsOf, tradeOf } from '../support/payments.ts';
import { database, leaveDatabase, useStack } from '../support/stack-in-use.ts';
import {
  alipay,
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  pay,
  problemFrom,
  quote,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** A stack of its own: its processes are killed, and the API reaches Temporal over a line that can be cut. */
let own: Stack;
let line: Line;
let connection: Connection;
let client: Client;

/** As soon as what the worker before left in its last moment is old enough to be looked at. */
const AGAIN_SECONDS = 30;

beforeAll(async () => {
  own = await startStack({
    ephemeral: true,
    env: { RECONCILE_AGAIN_SECONDS: String(AGAIN_SECONDS) },
    prepareDatabase: async (databaseUrl) => {
      await migrate(databaseUrl);
      await seedDemo(databaseUrl);
    },
  });
  line = await Line.to(own.temporalAddress);
  own.env['TEMPORAL_ADDRESS'] = line.address;
  await own.process('api').restart();
  useStack(own);
  connection = await Connection.connect({ address: own.temporalAddress });
  client = new Client({ connection });
}, 120_000);

afterEach(async () => {
  line.mend();
  await untilReady();
}, 60_000);

/** The API reaches Temporal again: its client waits longer after every try in vain. */
const untilReady = () =>
  eventually(async () => (await fetch(`${own.apiUrl}/health/ready`)).ok, 'the API to be ready', 50_000);

afterAll(async () => {
  await connection.close();
  await leaveDatabase();
  await own.stop();
  await line.close();
});

async function givenOrder(
  shop: Parameters<typeof givenShop>[0] = {},
): Promise<{ buyer: Buyer; orderNo: string; skuId: string }> {
  const skuId = await givenSku(await givenShop(shop), 10);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 1 }), skuId };
}

test.each([0, 8, 25, 100])(
  'SB-6 I5 the API is killed %i ms into a submit: the same key gets the same order',
  async (afterMs) => {
    const skuId = await givenSku(await givenShop(), 10);
    const buyer = await newBuyer();
    const { quoteId, totalFen } = await quote(buyer, { [skuId]: 2 });
    const send = () => buyer.post<{ orderNo: string }>('/orders', { quoteId, totalFen }, `submit-${quoteId}`);
    const cutOff = send().catch(() => null);
    await moment(afterMs);
    await own.process('api').kill('SIGKILL');
    const before = await cutOff;
    await own.process('api').restart();
    const { orderNo } = await send();
    if (before) expect(orderNo).toBe(before.orderNo);
    expect((await send()).orderNo).toBe(orderNo);
    await eventually(
      async () => (await buyer.get<{ orders: unknown[] }>('/orders')).orders.length > 0,
      'the order',
    );
    const { orders } = await buyer.get<{ orders: { orderNo: string; state: string }[] }>('/orders');
    expect(orders).toMatchObject([{ orderNo, state: 'awaiting_payment' }]);
    expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 2 });
  },
);

test.each([4, 15])(
  'SB-6 PY-7 the API is killed %i ms into opening a payment: the same key gets a code to pay',
  async (afterMs) => {
    const { buyer, orderNo } = await givenOrder();
    const open = () => openPayment(buyer, orderNo, 'alipay_qr', {}, `pay-${orderNo}`);
    const cutOff = open().catch(() => null);
    await moment(afterMs);
    await own.process('api').kill('SIGKILL');
    await cutOff;
    await own.process('api').restart();
    const payment = await open();
    expect(payment).toMatchObject({
      state: 'open',
      action: { kind: 'qr', qrCode: expect.stringContaining('http') },
    });
    await alipay(`/trades/${payment.outTradeNo}/pay`);
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 10_000, refundedFen: 0 });
  },
);

test.each(['cut', 'silence'] as const)(
  'PY-2 I5 Temporal is out of reach (%s) while a callback comes: acknowledged, and applied after',
  async (how) => {
    const { buyer, orderNo } = await givenOrder();
    const { outTradeNo } = await openPayment(buyer, orderNo);
    line[how]();
    await alipay(`/trades/${outTradeNo}/pay`);
    // Alipay waits five seconds for the word `success`, and asks again only after minutes.
    const [notice] = await eventually(async () => {
      const { notifications } = await tradeOf(outTradeNo);
      return notifications.some((one) => one.attempts.length > 0) && notifications;
    }, 'the first attempt at telling us');
    expect(notice).toMatchObject({ state: 'delivered', attempts: [{ status: 200, body: 'success' }] });
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment', 40_000);
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 10_000, refundedFen: 0 });
  },
);

test.each(['cut', 'silence'] as const)(
  'SB-6 I5 Temporal is out of reach (%s): a submit is not falsely taken, and its key serves afterwards',
  async (how) => {
    const skuId = await givenSku(await givenShop(), 10);
    const buyer = await newBuyer();
    const { quoteId, totalFen } = await quote(buyer, { [skuId]: 1 });
    const send = () => buyer.post<{ orderNo: string }>('/orders', { quoteId, totalFen }, `submit-${quoteId}`);
    line[how]();
    expect(await problemFrom(send())).toMatchObject({ status: 503, code: 'busy' });
    line.mend();
    await untilReady();
    const { orderNo } = await send();
    await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_payment');
    expect((await buyer.get<{ orders: unknown[] }>('/orders')).orders).toHaveLength(1);
  },
);

test('I5 Temporal is out of reach: a command is taken, and carried out after', async () => {
  const { buyer, orderNo } = await givenOrder();
  await pay(buyer, orderNo);
  line.cut();
  expect(await ship(await staff('merchant1'), orderNo)).toMatchObject({ result: 'pending' });
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_receipt', 40_000);
});

test('I5 the worker is killed at every step of an order: it goes on to its end', async () => {
  const worker = own.process('worker');
  const { buyer, orderNo, skuId } = await givenOrder({ autoReceiptSeconds: 864_000 });
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await worker.kill('SIGKILL');
  await alipay(`/trades/${outTradeNo}/pay`);
  await eventually(
    async () => (await tradeOf(outTradeNo)).notifications[0]?.state === 'delivered',
    'the acknowledgement',
  );
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
  await worker.restart();
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment', 40_000);

  // Killed while it works.
  const shipping = ship(await staff('merchant1'), orderNo);
  await moment(5);
  await worker.kill('SIGKILL');
  expect(await shipping).toMatchObject({ orderNo });
  await worker.restart();
  const { shipments } = await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_receipt', 40_000);
  expect(shipments).toHaveLength(1);
  await receive(buyer, orderNo);
  await waitFor(buyer, orderNo, (order) => order.state === 'completed');
  expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 10_000, refundedFen: 0 });
});

test('ST-2 IN-3 the deadline passes while no worker runs: cancelled by the next one, the stock is back', async () => {
  const { buyer, orderNo, skuId } = await givenOrder({ paymentTimeoutSeconds: 2 });
  await own.process('worker').kill('SIGKILL');
  await waitFor(buyer, orderNo, (order) => order.secondsLeft === 0);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
  await own.process('worker').restart();
  await waitFor(buyer, orderNo, (order) => order.state === 'cancelled', 40_000);
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
});

test.each([10, 100])(
  'PY-8 I3 the worker is killed %i ms after money came that must go back: one refund',
  async (afterMs) => {
    const { buyer, orderNo } = await givenOrder();
    const { outTradeNo } = await openPayment(buyer, orderNo);
    await alipay(`/trades/${outTradeNo}/pay`, { amountFen: 9_999 });
    await moment(afterMs);
    await own.process('worker').kill('SIGKILL');
    await own.process('worker').restart();
    await waitFor(
      buyer,
      orderNo,
      (order) => order.refunds.some((refund) => refund.state === 'succeeded'),
      50_000,
    );
    expect(await tradeOf(outTradeNo)).toMatchObject({ refundedFen: 9_999, refunds: [{ amountFen: 9_999 }] });
    expect(await paymentsOf(buyer, orderNo)).toHaveLength(1);
    expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 9_999, refundedFen: 9_999 });
  },
);

/** How many runs of the reconciler are in a state, of those that began after a moment. */
async function looks(state: 'Running' | 'Completed', after = new Date(0)): Promise<number> {
  const began = `StartTime > "${after.toISOString()}"`;
  const query = `WorkflowType = "reconcile" AND ExecutionStatus = "${state}" AND ${began}`;
  return (await client.workflow.count(query)).count;
}

test('PY-8 the worker is killed between late money and its refund: the next one finds it in its second look', async () => {
  const worker = own.process('worker');
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
  await client.workflow.getHandle(orderWorkflowId(orderNo)).result();
  await eventually(async () => (await looks('Running')) === 0, 'the worker to have looked');
  await worker.kill('SIGKILL');
  await alipay(`/trades/${outTradeNo}/pay`);
  const message = await eventually(async () => {
    const messages = await database().select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo));
    return messages.find(({ appliedAt }) => appliedAt === null);
  }, 'the notification');
  // What the sweeper does of it before it starts the refund.
  await recordPayment(database(), { orderNo, inboxId: message.inboxId, atMs: Date.now() });
  const killedAt = new Date();
  await worker.restart();

  await eventually(async () => (await looks('Completed', killedAt)) >= 1, 'its first look');
  expect(await readOrder(buyer, orderNo)).toMatchObject({ refunds: [{ state: 'requested' }] });
  const isRefunded = ({ refunds }: Order) => refunds[0]?.state === 'succeeded';
  await waitFor(buyer, orderNo, isRefunded, (AGAIN_SECONDS + 20) * 1000);
  await eventually(async () => (await looks('Completed', killedAt)) >= 2, 'the end of its second look');
  expect(await tradeOf(outTradeNo)).toMatchObject({ refundedFen: 10_000, refunds: [{ amountFen: 10_000 }] });
}, 90_000);
