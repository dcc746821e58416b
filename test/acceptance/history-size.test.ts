import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { eventsOf, type HistoryEvent, tasksOf, textOf } from '../support/histories.ts';
import { openPayment } from '../support/payments.ts';
import { qimen } from '../support/providers.ts';
import { decided, givenInWarehouse } from '../support/warehouses.ts';
import {
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  readOrder,
  receive,
  ship,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

let connection: Connection;
let client: Client;
let buyer: Buyer;
let skuId: string;
beforeAll(async () => {
  connection = await Connection.connect({ address: stack().temporalAddress });
  client = new Client({ connection });
  buyer = await newBuyer();
  skuId = await givenSku(await givenShop(), 100);
});
afterAll(() => connection.close());

/** The whole history, once the order has ended. */
async function whole(orderNo: string): Promise<HistoryEvent[]> {
  await client.workflow.getHandle(orderWorkflowId(orderNo)).result();
  return await eventsOf(client, orderWorkflowId(orderNo));
}

/** Fails with the history's course where it is longer than it may be. */
function expectAtMost(events: readonly HistoryEvent[], most: number): void {
  const course = events.map((event) =>
    Object.keys(event).find((key) => key.endsWith('Attributes') && event[key as never]),
  );
  expect(events.length, course.join('\n')).toBeLessThanOrEqual(most);
}

const attributeUpserts = (events: readonly HistoryEvent[]) =>
  events.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;

test('P2 OP-1 a full order with manual shipping takes at most 36 events, 6 workflow tasks and 2 attribute upserts', async () => {
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  await ship(await staff('merchant1'), orderNo);
  await receive(buyer, orderNo);
  const events = await whole(orderNo);
  expectAtMost(events, 36);
  expect(tasksOf(events)).toBeLessThanOrEqual(6);
  expect(attributeUpserts(events)).toBe(2);
});

for (const [what, withAttempt, most] of [
  ['an abandoned order', false, 14],
  ['an abandoned order with an open attempt', true, 20],
] as const) {
  test(`P2 ${what} takes at most ${most} events`, async () => {
    const quick = await givenSku(await givenShop({ paymentTimeoutSeconds: 3 }), 5);
    const orderNo = await submit(buyer, { [quick]: 1 });
    if (withAttempt) await openPayment(buyer, orderNo);
    expectAtMost(await whole(orderNo), most);
  });
}

for (const [what, withAttempt, most] of [
  ['an order cancelled unpaid', false, 16],
  ['an order cancelled unpaid with an open attempt', true, 22],
] as const) {
  test(`P2 ${what} takes at most ${most} events`, async () => {
    const orderNo = await submit(buyer, { [skuId]: 1 });
    if (withAttempt) await openPayment(buyer, orderNo);
    await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
    expectAtMost(await whole(orderNo), most);
  });
}

/** The histories of the workflows that this one started. */
async function ofChildren(events: readonly HistoryEvent[]): Promise<HistoryEvent[]> {
  const workflowIds = events.flatMap(
    ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child?.workflowId ?? [],
  );
  return (await Promise.all(workflowIds.map((workflowId) => eventsOf(client, workflowId)))).flat();
}

test('P2 a full order through the warehouse takes at most 48 events over all its workflows', async () => {
  const { buyer: customer, orderNo, shipmentNo } = await givenInWarehouse();
  for (const stage of ['picking', 'checked', 'packed', 'weighed', 'handed_over'] as const)
    await qimen.advance(shipmentNo, stage);
  await waitFor(customer, orderNo, ({ state }) => state === 'awaiting_receipt');
  await receive(customer, orderNo);
  const events = await whole(orderNo);
  expectAtMost([...events, ...(await ofChildren(events))], 48);
});

test('P2 a cancel with intercept adds at most 20 events to its order', async () => {
  const { buyer: customer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.advance(shipmentNo, 'packed');
  await customer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
  expect(await decided(customer, orderNo)).toMatchObject({ state: 'agreed' });
  const events = await whole(orderNo);
  const asked = events.findIndex(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'stopRequested',
  );
  expect(asked).toBeGreaterThan(0);
  expectAtMost(events.slice(asked), 20);
});

test('P2 a joint order takes at most 20 events and 3 per child, each child at most 26', async () => {
  const other = await givenSku(await givenShop({ merchantId: 'M2' }), 5);
  const third = await givenSku(await givenShop(), 5);
  const root = await submit(buyer, { [skuId]: 1, [other]: 1, [third]: 1 });
  await pay(buyer, root);
  const { children } = await readOrder(buyer, root);
  expect(children).toHaveLength(3);
  expectAtMost(await whole(root), 20 + 3 * children.length);
  for (const { orderNo } of children) {
    const merchant = await eventually(async () => {
      for (const name of ['merchant1', 'merchant2'] as const) {
        const candidate = await staff(name);
        if (await readOrder(candidate, orderNo).catch(() => undefined)) return candidate;
      }
      return undefined;
    }, 'the merchant of the child');
    await ship(merchant, orderNo);
    await receive(buyer, orderNo);
    expectAtMost(await whole(orderNo), 26);
  }
});

test('OP-1 an open order says in plain words what it waits for and until when', async () => {
  const orderNo = await submit(buyer, { [skuId]: 1 });
  const handle = client.workflow.getHandle(orderWorkflowId(orderNo));
  const details = async () =>
    (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
  /** A moment as the details write it. */
  const stamp = (iso: string) =>
    new Date(Date.parse(iso) + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const says = (words: string) => eventually(async () => (await details()).includes(words), words);

  const { paymentDeadline } = await readOrder(buyer, orderNo);
  await says('Waiting for payment');
  expect(await details()).toContain('CNY 100.00');
  expect(await details()).toContain(`until ${stamp(paymentDeadline)} (Beijing time)`);
  expect(await (await handle.describe()).staticSummary()).toBe(`Order ${orderNo}: CNY 100.00`);

  await pay(buyer, orderNo);
  await says('Waiting for the merchant M1 to ship');
  await ship(await staff('merchant1'), orderNo);
  await says('Waiting for the buyer to confirm receipt');
  const { autoReceiptAt } = await readOrder(buyer, orderNo);
  expect(await details()).toContain(stamp(autoReceiptAt as string));

  const events = await eventsOf(client, orderWorkflowId(orderNo));
  const summaries = events.flatMap(({ timerStartedEventAttributes, userMetadata }) =>
    timerStartedEventAttributes
      ? [userMetadata?.summary ? JSON.parse(textOf(userMetadata.summary)) : null]
      : [],
  );
  expect(summaries).toEqual(['payment deadline', 'auto-receipt']);
});
