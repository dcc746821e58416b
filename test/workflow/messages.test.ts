import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { intake } from '../../db/commands/inbox.ts';
import * as t from '../../db/schema/index.ts';
import { type MessageKind, orderWorkflowId, refundWorkflowId } from '../../workflows/order/messages.ts';
import { Lab, MINUTES } from '../support/lab.ts';
import { openPayment, tradeOf } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  readOrder,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

let shopId: string;
async function unpaid(): Promise<{ buyer: Buyer; orderNo: string; skuId: string }> {
  shopId ??= await givenShop();
  const skuId = await givenSku(shopId, 5);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 1 }), skuId };
}

const openAttempt = async (buyer: Buyer, orderNo: string): Promise<string> =>
  (await openPayment(buyer, orderNo)).outTradeNo;

const messagesOf = (orderNo: string, kind: MessageKind) =>
  lab.db
    .select()
    .from(t.inbox)
    .where(and(eq(t.inbox.orderNo, orderNo), eq(t.inbox.kind, kind)));

const verdictOf = (inboxId: string) =>
  eventually(
    async () => (await lab.db.select().from(t.inbox).where(eq(t.inbox.inboxId, inboxId)))[0]?.verdict,
    inboxId,
  );

/** A buyer's command, written down but not told to the workflow yet. */
async function command(buyer: Buyer, orderNo: string, kind: MessageKind): Promise<string> {
  const message = {
    ...{
      source: 'test',
      eventKey: `${orderNo} ${kind}`,
      bodyHash: '',
      orderNo,
      kind,
      actor: `buyer:${buyer.sub}`,
    },
    ...{ payload: { reason: 'changed my mind' }, receivedAt: lab.now() },
  };
  return (await intake(lab.db, message)).row.inboxId;
}

/** Resolves when the workflow has been told of the payment: our API has acknowledged its notification. */
const told = (outTradeNo: string) =>
  eventually(
    async () => (await tradeOf(outTradeNo)).notifications.some(({ state }) => state === 'delivered'),
    'the notification to be acknowledged',
  );

const historyOf = async (orderNo: string) => {
  const { events } = await lab.client.workflow.getHandle(orderWorkflowId(orderNo)).fetchHistory();
  return events ?? [];
};

test('PY-2 FU-3 messages delivered twice are applied once, in one run and after it', async () => {
  const { buyer, orderNo } = await unpaid();
  await pay(buyer, orderNo);
  const [payment] = await messagesOf(orderNo, 'payment_reported');
  await lab.workflows.signalOrder(orderNo, 'payment_reported', payment?.inboxId as string);
  await ship(await staff('merchant1'), orderNo);
  const [shipment] = await messagesOf(orderNo, 'shipment_reported');
  for (let again = 0; again < 3; again++)
    await lab.workflows.signalOrder(orderNo, 'shipment_reported', shipment?.inboxId as string);
  // A new run knows nothing of what the earlier one has seen: the step itself answers what it answered first.
  await lab.lose(orderNo);
  const [row] = await lab.db.select().from(t.orders).where(eq(t.orders.orderNo, orderNo));
  await lab.workflows.startOrder(row as never);
  await lab.workflows.signalOrder(orderNo, 'payment_reported', payment?.inboxId as string);
  await lab.workflows.signalOrder(orderNo, 'shipment_reported', shipment?.inboxId as string);
  await eventually(
    async () => (await historyOf(orderNo)).filter((event) => event.markerRecordedEventAttributes).length >= 3,
    'three steps',
  );

  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_receipt',
    shipments: [{ orderNo }],
  });
  expect(await lab.db.select().from(t.shipments).where(eq(t.shipments.orderNo, orderNo))).toHaveLength(1);
  expect(await lab.db.select().from(t.vouchers).where(eq(t.vouchers.orderNo, orderNo))).toHaveLength(1);
  const log = await lab.db
    .select()
    .from(t.orderLog)
    .where(eq(t.orderLog.orderNo, orderNo))
    .orderBy(t.orderLog.id);
  expect(log.map((entry) => entry.action)).toEqual(['submit', 'record_payment', 'ship']);
});

for (const first of ['cancel', 'payment'] as const) {
  test(`CN-1 PY-5 cancel and payment in one workflow task, ${first} first: the money wins and both get their verdict`, async () => {
    const { buyer, orderNo } = await unpaid();
    const outTradeNo = await openAttempt(buyer, orderNo);
    const cancelId = await command(buyer, orderNo, 'cancel_requested');
    await lab.duringTask(orderNo, async () => {
      const send = () => lab.workflows.signalOrder(orderNo, 'cancel_requested', cancelId);
      if (first === 'cancel') await send();
      await alipay(`/trades/${outTradeNo}/pay`);
      await told(outTradeNo);
      if (first === 'payment') await send();
    });

    expect(await verdictOf(cancelId)).toEqual({
      result: 'refused',
      code: 'not_awaiting_payment',
      state: 'awaiting_shipment',
    });
    for (const { inboxId } of await messagesOf(orderNo, 'payment_reported')) await verdictOf(inboxId);
    const signals = (await historyOf(orderNo)).filter(
      (one) => one.workflowExecutionSignaledEventAttributes ?? one.workflowTaskStartedEventAttributes,
    );
    const at = (name: string) =>
      signals.findIndex((one) => one.workflowExecutionSignaledEventAttributes?.signalName === name);
    expect(Math.abs(at('cancelRequested') - at('paymentReported')), 'no task between them').toBe(1);
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', refunds: [] });
    const taken = (await messagesOf(orderNo, 'payment_reported')).map((message) => message.verdict);
    expect(taken.filter((verdict) => verdict?.['result'] === 'accepted')).toHaveLength(1);
    expect(await lab.db.select().from(t.vouchers).where(eq(t.vouchers.orderNo, orderNo))).toHaveLength(1);
  });
}

for (const [end, event] of [
  ['by its buyer', 'cancel'],
  ['by its deadline', 'deadline'],
] as const) {
  test(`PY-6 money that arrives while the order ends ${end} goes back by the original route`, async () => {
    const { buyer, orderNo } = await unpaid();
    const outTradeNo = await openAttempt(buyer, orderNo);
    // The code was not scanned when the provider was asked to close it; it is scanned and paid right after.
    lab.afterClose = async (closed) => {
      if (closed !== outTradeNo) return;
      lab.afterClose = async () => {};
      await alipay(`/trades/${outTradeNo}/pay`);
      await told(outTradeNo);
    };
    if (event === 'cancel')
      await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
    else await lab.skip(MINUTES(30));

    const order = await waitFor(buyer, orderNo, ({ refunds }) =>
      refunds.some(({ state }) => state === 'succeeded'),
    );
    expect(order).toMatchObject({
      state: 'cancelled',
      refunds: [{ reason: 'paid_after_close', amountFen: 10_000 }],
    });
    const [payment] = await messagesOf(orderNo, 'payment_reported');
    expect(payment?.verdict).toEqual({ result: 'accepted' });
    expect(await alipay(`/trades/${outTradeNo}`, undefined, 'GET')).toMatchObject({
      paidFen: 10_000,
      refundedFen: 10_000,
    });
    await lab.endOfOutliving(refundWorkflowId(`${outTradeNo}R1`));
    const result = await lab.client.workflow.getHandle(orderWorkflowId(orderNo)).result();
    expect(result).toEqual({ orderNo, state: 'cancelled' });
  });
}

test('CN-1 PY-6 a cancel that finds a wrong sum paid gives it back and ends the order', async () => {
  const { buyer, orderNo } = await unpaid();
  const outTradeNo = await openAttempt(buyer, orderNo);
  await alipay('/faults', { onlyOutTradeNo: outTradeNo, dropNotify: true });
  await alipay(`/trades/${outTradeNo}/pay`, { amountFen: 1 });
  expect(await buyer.post(`/orders/${orderNo}/cancellations`, {})).toMatchObject({ result: 'accepted' });
  const result = await lab.client.workflow.getHandle(orderWorkflowId(orderNo)).result();
  expect(result).toEqual({ orderNo, state: 'cancelled' });
  await lab.endOfOutliving(refundWorkflowId(`${outTradeNo}R1`));
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    refunds: [{ reason: 'wrong_amount', amountFen: 1 }],
  });
});

test('SB-6 a request that arrives while the order ends is refused in words', async () => {
  const { buyer, orderNo } = await unpaid();
  const kinds = ['cancel_requested', 'receipt_confirmed'] as const;
  const ids = await Promise.all(kinds.map((kind) => command(buyer, orderNo, kind)));
  await lab.duringTask(orderNo, async () => {
    for (const [index, kind] of kinds.entries())
      await lab.workflows.signalOrder(orderNo, kind, ids[index] as string);
  });
  expect(await verdictOf(ids[0] as string)).toEqual({ result: 'accepted' });
  expect(await verdictOf(ids[1] as string)).toEqual({
    result: 'refused',
    code: 'not_awaiting_receipt',
    state: 'cancelled',
  });
});

test('PY-2 the sweeper delivers what was stored and never signalled, to an open and to an ended order', async () => {
  const open = await unpaid();
  const cancelId = await command(open.buyer, open.orderNo, 'cancel_requested');
  await lab.sweep();
  expect(await verdictOf(cancelId)).toEqual({ result: 'accepted' });

  const ended = await unpaid();
  const outTradeNo = await openAttempt(ended.buyer, ended.orderNo);
  await ended.buyer.post(`/orders/${ended.orderNo}/cancellations`, { reason: 'changed my mind' });
  await lab.client.workflow.getHandle(orderWorkflowId(ended.orderNo)).result();
  // Its code is paid only now; the notification's signal finds nobody and the sweeper applies it to the row.
  await alipay(`/trades/${outTradeNo}/pay`);
  await eventually(async () => (await messagesOf(ended.orderNo, 'payment_reported'))[0], 'the notification');
  await lab.sweep();
  const order = await waitFor(ended.buyer, ended.orderNo, ({ refunds }) =>
    refunds.some(({ state }) => state === 'succeeded'),
  );
  expect(order).toMatchObject({ state: 'cancelled', refunds: [{ reason: 'paid_after_close' }] });
  expect(await lab.sweep()).toBe(0);
});
