import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { eventsOf, stepsOf } from '../support/histories.ts';
import { startOwnStack } from '../support/own-stack.ts';
import { openCashier, openPayment } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
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

/**
 * The step contract: a worker dies after a step is committed and before the server hears of it; meanwhile another
 * message arrives; the next worker finds both. The row decides, and nothing happens twice.
 */
let stack: Stack;
let connection: Connection;
let client: Client;
let crashing: ChildProcess | undefined;
let buyer: Buyer;
beforeAll(async () => {
  stack = await startOwnStack({ worker: false });
  connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection });
  buyer = await newBuyer();
}, 120_000);
afterAll(async () => {
  crashing?.kill('SIGKILL');
  await connection?.close();
  await stack?.stop();
});

/** Replaces the worker by one that dies after that step; resolves when it serves. */
async function crashAfter(step: string, action = ''): Promise<{ dead: Promise<unknown> }> {
  await stack.process('worker').kill();
  const script = fileURLToPath(new URL('../support/crashing-worker.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...stack.env, CRASH_AFTER: step, CRASH_ACTION: action },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  crashing = child;
  await once(child, 'message');
  const dead = once(child, 'exit').then(([, signal]) => expect(signal).toBe('SIGKILL'));
  return { dead };
}

/** The next worker, with nothing wrong. */
const recover = (): Promise<void> => stack.process('worker').restart();

async function given(times: Partial<typeof t.shops.$inferInsert> = {}) {
  const skuId = await givenSku(await givenShop(times), 10);
  return { skuId, submit: () => submit(buyer, { [skuId]: 2 }) };
}

const stepsInHistory = async (orderNo: string) => stepsOf(await eventsOf(client, orderWorkflowId(orderNo)));

/** What the order did, each once: log actions, causes of stock movements, kinds of vouchers. */
async function traces(orderNo: string) {
  const [log, movements, vouchers] = await Promise.all([
    database().select().from(t.orderLog).where(eq(t.orderLog.orderNo, orderNo)).orderBy(t.orderLog.id),
    database()
      .select()
      .from(t.stockMovements)
      .where(eq(t.stockMovements.orderNo, orderNo))
      .orderBy(t.stockMovements.id),
    database()
      .select()
      .from(t.vouchers)
      .where(eq(t.vouchers.orderNo, orderNo))
      .orderBy(t.vouchers.at, t.vouchers.voucherNo),
  ]);
  return {
    log: log.map(({ action }) => action),
    stock: movements.map(({ cause }) => cause),
    vouchers: vouchers.map(({ kind }) => kind),
  };
}

const ended = (orderNo: string) => client.workflow.getHandle(orderWorkflowId(orderNo)).result();

test('submit is committed, the worker dies, a cancel arrives: made once, cancelled once', async () => {
  const { skuId } = await given();
  const { quoteId, totalFen } = await quote(buyer, { [skuId]: 2 });
  const { dead } = await crashAfter('submit');
  const key = crypto.randomUUID();
  const [submitted] = await Promise.all([
    buyer.post<{ orderNo: string; result: string }>('/orders', { quoteId, totalFen }, key),
    dead,
  ]);
  const { orderNo } = submitted;
  expect(await stepsInHistory(orderNo)).toEqual([]);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
  const cancel = await buyer.post<{ result: string }>(`/orders/${orderNo}/cancellations`, {
    reason: 'changed my mind',
  });
  expect(cancel.result).toBe('pending');

  await recover();
  expect(await ended(orderNo)).toEqual({ orderNo, state: 'cancelled' });
  expect(await buyer.post('/orders', { quoteId, totalFen }, key)).toEqual({ orderNo, result: 'submitted' });
  expect(await traces(orderNo)).toEqual({
    log: ['submit', 'cancel_unpaid'],
    stock: ['reserve', 'release'],
    vouchers: [],
  });
});

test('a payment is recorded, the worker dies, the shipment arrives: paid once, shipped', async () => {
  const { dead } = await crashAfter('recordPayment');
  const orderNo = await (await given()).submit();
  await pay(buyer, orderNo);
  await dead;
  expect(await stepsInHistory(orderNo)).toEqual(['submit']);
  expect(await ship(await staff('merchant1'), orderNo)).toMatchObject({ result: 'pending' });

  await recover();
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  expect(await traces(orderNo)).toMatchObject({
    log: ['submit', 'record_payment', 'ship'],
    stock: ['reserve', 'sell'],
    vouchers: ['payment'],
  });
  await receive(buyer, orderNo);
  expect(await ended(orderNo)).toEqual({ orderNo, state: 'completed' });
});

test('the deadline ends an order, the worker dies, its money arrives and is looked at first: refunded, not paid', async () => {
  const { dead } = await crashAfter('endUnpaid', 'expire');
  const orderNo = await (await given({ paymentTimeoutSeconds: 8 })).submit();
  // An attempt that was closed for another one, which the provider refused: none is open at the deadline.
  const first = await openPayment(buyer, orderNo, 'alipay_page');
  await openCashier(first);
  await alipay('/faults', {
    outTradeNoPrefix: orderNo,
    failPrecreate: 'ACQ.PARTNER_ERROR',
    payAfterClose: true,
  });
  expect((await problemFrom(openPayment(buyer, orderNo, 'alipay_qr'))).status).toBeGreaterThanOrEqual(400);
  await dead;
  expect((await readOrder(buyer, orderNo)).state).toBe('cancelled');
  expect(await stepsInHistory(orderNo)).toEqual(['submit']);
  await alipay(`/trades/${first.outTradeNo}/pay`);
  const signalled = async () =>
    (await eventsOf(client, orderWorkflowId(orderNo))).some(
      (event) => event.workflowExecutionSignaledEventAttributes,
    );
  await eventually(signalled, 'the signal of the payment');

  await recover();
  expect(await ended(orderNo)).toEqual({ orderNo, state: 'cancelled' });
  expect(await stepsInHistory(orderNo), 'another step than before the crash').toEqual([
    'submit',
    'recordPayment',
  ]);
  const order = await waitFor(buyer, orderNo, ({ refunds }) => refunds[0]?.state === 'succeeded');
  expect(order.refunds).toMatchObject([{ amountFen: 20_000, reason: 'paid_after_close' }]);
  expect(await traces(orderNo)).toMatchObject({
    log: ['submit', 'expire', 'record_payment'],
    stock: ['reserve', 'release'],
  });
  const { refundedFen } = await alipay<{ refundedFen: number }>(`/trades/${first.outTradeNo}`, {}, 'GET');
  expect(refundedFen).toBe(20_000);
});

test('a shipment is recorded, the worker dies, the receipt arrives: shipped once, received', async () => {
  const { dead } = await crashAfter('ship');
  const orderNo = await (await given()).submit();
  await pay(buyer, orderNo);
  await ship(await staff('merchant1'), orderNo);
  await dead;
  expect(await stepsInHistory(orderNo)).toEqual(['submit', 'recordPayment']);
  await receive(buyer, orderNo);

  await recover();
  expect(await ended(orderNo)).toEqual({ orderNo, state: 'completed' });
  expect(await traces(orderNo)).toMatchObject({
    log: ['submit', 'record_payment', 'ship', 'receive'],
    stock: ['reserve', 'sell'],
  });
  expect((await readOrder(buyer, orderNo)).shipments).toHaveLength(1);
});

for (const [who, step] of [
  ['the buyer', 'receive'],
  ['the clock', 'autoReceive'],
] as const) {
  test(`${who} receives an order, the worker dies, a hold is placed: received once, and held`, async () => {
    const { dead } = await crashAfter(step);
    const orderNo = await (await given({ autoReceiptSeconds: step === 'receive' ? 86_400 : 2 })).submit();
    await pay(buyer, orderNo);
    await ship(await staff('merchant1'), orderNo);
    if (step === 'receive') await receive(buyer, orderNo);
    await dead;
    const service = await staff('customerService');
    await service.post(`/platform/orders/${orderNo}/holds`, { reason: 'a case' });

    await recover();
    expect(await ended(orderNo)).toEqual({ orderNo, state: 'completed' });
    const found = await traces(orderNo);
    expect(found.log).toEqual(['submit', 'record_payment', 'ship', 'receive', 'hold']);
    expect(found.vouchers.filter((kind) => kind === 'receipt')).toHaveLength(1);
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'completed', onHold: true });
    expect(
      await database().select().from(t.settlementLines).where(eq(t.settlementLines.orderNo, orderNo)),
    ).toHaveLength(1);
    if (step === 'autoReceive') expect((await stepsInHistory(orderNo)).at(-1)).toBe('loadOrder');
  });
}
