import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { orderWorkflowId, refundWorkflowId } from '../../workflows/order/messages.ts';
import { DAYS, Lab, MINUTES } from '../support/lab.ts';
import { openPayment } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

let lab: Lab;
let buyer: Buyer;
let skuId: string;
beforeAll(async () => {
  lab = await Lab.open();
  buyer = await newBuyer();
  skuId = await givenSku(await givenShop(), 100);
});
afterAll(() => lab.close());

const handleOf = (orderNo: string) => lab.client.workflow.getHandle(orderWorkflowId(orderNo));
const isRunning = async (orderNo: string) => (await handleOf(orderNo).describe()).status.name === 'RUNNING';

async function rowOf(orderNo: string) {
  const [row] = await lab.db.select().from(t.orders).where(eq(t.orders.orderNo, orderNo));
  if (!row) throw new Error(`no order ${orderNo}`);
  return row;
}

/** The run is lost and the order started again from its row. */
async function restart(orderNo: string): Promise<void> {
  if (await isRunning(orderNo)) await lab.lose(orderNo);
  await lab.workflows.startOrder(await rowOf(orderNo));
}

const one = () => submit(buyer, { [skuId]: 1 });

test('an order started from an unpaid row can be paid, or ends at its deadline', async () => {
  const [paid, left] = [await one(), await one()];
  await restart(paid);
  await restart(left);
  await pay(buyer, paid);
  expect((await readOrder(buyer, paid)).state).toBe('awaiting_shipment');
  await lab.skip(MINUTES(31));
  expect(await handleOf(left).result()).toEqual({ orderNo: left, state: 'cancelled' });
});

test('an order started from a row whose deadline is over ends at once', async () => {
  const orderNo = await one();
  await lab.lose(orderNo);
  await lab.skip(MINUTES(45));
  await restart(orderNo);
  expect(await handleOf(orderNo).result()).toEqual({ orderNo, state: 'cancelled' });
});

test('an order started from a paid row is shipped, from a shipped one received by hand or by the clock', async () => {
  const [first, second] = [await one(), await one()];
  const merchant = await staff('merchant1');
  for (const orderNo of [first, second]) {
    await pay(buyer, orderNo);
    await restart(orderNo);
    await ship(merchant, orderNo);
    await restart(orderNo);
  }
  await receive(buyer, first);
  expect(await handleOf(first).result()).toEqual({ orderNo: first, state: 'completed' });
  await lab.skip(DAYS(10));
  expect(await handleOf(second).result()).toEqual({ orderNo: second, state: 'completed' });
  expect(await readOrder(buyer, second)).toMatchObject({ endReason: 'auto_receipt' });
});

test('an order started from an ended row ends at once', async () => {
  const orderNo = await one();
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
  await handleOf(orderNo).result();
  await restart(orderNo);
  expect(await handleOf(orderNo).result()).toEqual({ orderNo, state: 'cancelled' });
});

async function jointAndPaid(): Promise<{ root: string; children: [string, string] }> {
  const other = await givenSku(await givenShop({ merchantId: 'M2' }), 5);
  const root = await submit(buyer, { [skuId]: 1, [other]: 1 });
  await pay(buyer, root);
  await handleOf(root).result();
  const rows = await lab.db
    .select()
    .from(t.orders)
    .where(eq(t.orders.parentNo, root))
    .orderBy(t.orders.orderNo);
  return { root, children: rows.map(({ orderNo }) => orderNo) as [string, string] };
}

test('SP-3 a paid parent started again starts the children that do not run and leaves the others alone', async () => {
  const { root, children } = await jointAndPaid();
  await eventually(
    async () => (await isRunning(children[0])) && (await isRunning(children[1])),
    'the children',
  );
  await lab.lose(children[0]);
  const before = await handleOf(children[1]).describe();
  await restart(root);
  expect(await handleOf(root).result()).toEqual({ orderNo: root, state: 'split' });
  expect(await isRunning(children[0])).toBe(true);
  expect((await handleOf(children[1]).describe()).runId).toBe(before.runId);
  for (const orderNo of children) {
    const { merchantId } = await rowOf(orderNo);
    await ship(await staff(merchantId === 'M1' ? 'merchant1' : 'merchant2'), orderNo);
    await receive(buyer, orderNo);
    expect(await lab.endOfOutliving(orderWorkflowId(orderNo))).toEqual({ orderNo, state: 'completed' });
  }
});

test('the reconciler starts what should run and does not, and leaves alone what runs', async () => {
  const [unpaid, paid, running, cancelled] = [await one(), await one(), await one(), await one()];
  await pay(buyer, paid);
  await buyer.post(`/orders/${cancelled}/cancellations`, { reason: 'changed my mind' });
  await handleOf(cancelled).result();
  const { children } = await jointAndPaid();
  for (const orderNo of [unpaid, paid, children[0]]) await lab.lose(orderNo);
  const runs = async () =>
    await Promise.all(
      [running, children[1], cancelled].map(async (orderNo) => (await handleOf(orderNo).describe()).runId),
    );
  const before = await runs();
  await lab.skip(MINUTES(1));
  const young = await one();
  await lab.lose(young);

  const workflowId = `reconcile-${randomUUID()}`;
  await lab.client.workflow.execute('reconcile', { workflowId, taskQueue: 'dingdan' });
  for (const orderNo of [unpaid, paid, children[0]]) expect(await isRunning(orderNo)).toBe(true);
  expect(await runs()).toEqual(before);
  expect(await isRunning(young), 'its own request may still be starting it').toBe(false);
  await ship(await staff('merchant1'), paid);
  expect((await readOrder(buyer, paid)).state).toBe('awaiting_receipt');
});

test('PY-8 the reconciler starts the refund whose workflow was lost before it began', async () => {
  const orderNo = await one();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
  await handleOf(orderNo).result();
  await alipay(`/trades/${outTradeNo}/pay`);
  const unapplied = async () =>
    (await lab.db.select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo))).find(
      ({ appliedAt }) => appliedAt === null,
    );
  const message = await eventually(unapplied, 'the notification');
  // As when the sweeper's process dies between the step and the start of the refund.
  await lab.activities.recordPayment({ orderNo, inboxId: message.inboxId, atMs: lab.now().getTime() });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ refunds: [{ state: 'requested' }] });
  await lab.skip(MINUTES(1));
  await lab.client.workflow.execute('reconcile', {
    workflowId: `reconcile-${randomUUID()}`,
    taskQueue: 'dingdan',
  });
  await lab.client.workflow.getHandle(refundWorkflowId(`${outTradeNo}R1`)).result();
  await waitFor(buyer, orderNo, ({ refunds }) => refunds[0]?.state === 'succeeded');
});
