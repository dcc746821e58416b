import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { watchWarehouses } from '../../activities/warehouse/watch.ts';
import * as t from '../../db/schema/index.ts';
import type { WarehouseSystem } from '../../providers/warehouse/port.ts';
import { shipmentWorkflowId } from '../../workflows/order/messages.ts';
import { type Bench, WAREHOUSE } from '../contract/qimen-fixture.ts';
import { paidInWarehouse, refundsEnd, useWarehouse } from '../support/in-lab.ts';
import { HOURS, type Lab, MINUTES } from '../support/lab.ts';
import { decided } from '../support/warehouses.ts';
import {
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

let lab: Lab;
let warehouse: Bench;
useWarehouse((opened) => {
  ({ lab, warehouse } = opened);
});

const stageOf = (buyer: Buyer, orderNo: string, stage: string) =>
  waitFor(buyer, orderNo, ({ shipments }) => shipments[0]?.stage === stage);

const cancel = (buyer: Buyer, orderNo: string) => buyer.post(`/orders/${orderNo}/cancellations`, {});

const cancelled = (buyer: Buyer, orderNo: string): Promise<void> =>
  refundsEnd(lab, buyer, orderNo, ({ state }) => state === 'cancelled');

const itemsOf = (orderNo: string) =>
  lab.db.select().from(t.workItems).where(eq(t.workItems.orderNo, orderNo));

/** An order whose warehouse was asked five times in vain to stop it. */
async function queued() {
  const { buyer, orderNo, shipmentNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'accepted');
  await warehouse.fault({ pendingCancel: true, onlyOutTradeNo: shipmentNo });
  const system = warehouse.warehouse;
  let questions = 0;
  const counted: WarehouseSystem['cancel'] = (ref, reason) => {
    questions += 1;
    return system.cancel(ref, reason);
  };
  lab.systems.set('qimen', { ...system, cancel: counted });
  await cancel(buyer, orderNo);
  for (const [index, minutes] of [0, 1, 4, 10].entries()) {
    if (minutes > 0) await lab.skip(MINUTES(minutes) + 1_000);
    await eventually(async () => questions === index + 1, `question ${index + 1}`);
  }
  await lab.skip(MINUTES(14));
  expect((await readOrder(buyer, orderNo)).cancellations).toMatchObject([{ state: 'asking' }]);
  await lab.skip(MINUTES(2));
  await waitFor(buyer, orderNo, ({ cancellations }) => cancellations[0]?.state === 'queued');
  return { buyer, orderNo, shipmentNo };
}

for (const [answer, state, end] of [
  ['stopped', 'agreed', 'cancelled'],
  ['left', 'refused', 'awaiting_shipment'],
] as const) {
  test(`CN-4 five questions in half an hour without a verdict, then a person says "${answer}"`, async () => {
    const { buyer, orderNo, shipmentNo } = await queued();
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', refunds: [] });
    expect(await itemsOf(orderNo)).toMatchObject([
      { kind: 'cancel_unanswered', ownerRole: 'customer_service', closedAt: null },
    ]);
    const service = await staff('customerService');
    await service.post(`/platform/orders/${orderNo}/cancellation-answers`, { answer });
    expect(await decided(buyer, orderNo)).toMatchObject({ state });
    if (end === 'cancelled') await cancelled(buyer, orderNo);
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: end });
    expect(await itemsOf(orderNo)).toMatchObject([{ outcome: state }]);
    expect(await warehouse.books({ shipmentNo, warehouseCode: WAREHOUSE })).toMatchObject({
      stage: 'accepted',
    });
  });
}

test('CN-4 a warehouse that knows late stops it all the same', async () => {
  const { buyer, orderNo, shipmentNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'accepted');
  await warehouse.fault({ pendingCancel: true, onlyOutTradeNo: shipmentNo, times: 2 });
  await cancel(buyer, orderNo);
  await lab.skip(MINUTES(5) + 1_000);
  await cancelled(buyer, orderNo);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed' });
});

test('CN-4 a question that was lost with its worker is put once more at once, and is none of the five', {
  timeout: 120_000,
}, async () => {
  const { buyer, orderNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'accepted');
  const system = warehouse.warehouse;
  const { resolve: endsAtLast, promise: lost } = withResolvers();
  let questions = 0;
  lab.systems.set('qimen', {
    ...system,
    cancel: async (ref, reason) => {
      if (++questions === 1) await lost;
      return await system.cancel(ref, reason);
    },
  });
  await cancel(buyer, orderNo);
  // No time is skipped: had it waited its minute for the second question, it would wait still.
  await eventually(async () => questions === 2, 'the question to be put again', 60_000);
  await cancelled(buyer, orderNo);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed' });
  endsAtLast();
});

test('CN-2 FU-2 what the warehouse hands over while it is being asked has left, also when its report is lost', async () => {
  const { buyer, orderNo, shipmentNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'accepted');
  await warehouse.fault({ pendingCancel: true, onlyOutTradeNo: shipmentNo, times: 1 });
  await cancel(buyer, orderNo);
  await warehouse.advance({ shipmentNo, warehouseCode: WAREHOUSE }, 'handed_over');
  // Its report is lost: signed by another clock than this server's. A silent warehouse is asked.
  const { db, workflows: starter, systems } = lab;
  const logger = { warn: () => undefined, error: () => undefined };
  await watchWarehouses({ db, starter, systems, logger, timeDivisor: HOURS(6) }, lab.now());
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  await lab.skip(MINUTES(2));
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'refused' });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_receipt', refunds: [] });
});

test('CN-2 an order that a merchant ships by hand is cancelled when the merchant proves nothing within 24 hours', async () => {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  await cancel(buyer, orderNo);
  await lab.skip(HOURS(23));
  expect(await problemFrom(ship(await staff('merchant1'), orderNo))).toMatchObject({
    code: 'cancellation_open',
  });
  await lab.skip(HOURS(1) + 1_000);
  await cancelled(buyer, orderNo);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed' });
});

test('FU-2 a warehouse that does not answer is told again until it does, and a person sees it meanwhile', async () => {
  lab.systems.set('qimen', warehouse.adapter({ gateway: 'http://127.0.0.1:9/qimen/router' }));
  const { buyer, orderNo, shipmentNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'pushing');
  await lab.skip(MINUTES(7));
  await lab.skip(MINUTES(7));
  const [item] = await eventually(async () => {
    const items = await itemsOf(orderNo);
    return items.length > 0 ? items : undefined;
  }, 'the trouble to be seen');
  expect(item).toMatchObject({ kind: 'warehouse_unreachable', ownerRole: 'operations' });
  lab.systems.set('qimen', warehouse.warehouse);
  await lab.skip(HOURS(1));
  await stageOf(buyer, orderNo, 'accepted');
  const run = lab.client.workflow.getHandle(shipmentWorkflowId(shipmentNo));
  expect(await run.result()).toEqual({ shipmentNo, outcome: 'accepted' });
});

test('CN-2 a cancel while the warehouse is being told stops the telling; what it never took is cancelled', async () => {
  lab.systems.set('qimen', warehouse.adapter({ gateway: 'http://127.0.0.1:9/qimen/router' }));
  const { buyer, orderNo, shipmentNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'pushing');
  await cancel(buyer, orderNo);
  lab.systems.set('qimen', warehouse.warehouse);
  await lab.skip(MINUTES(1) + 1_000);
  await cancelled(buyer, orderNo);
  expect(await decided(buyer, orderNo)).toMatchObject({ state: 'agreed' });
  expect((await warehouse.books({ shipmentNo, warehouseCode: WAREHOUSE })).error).toBe('unknown_order');
});

test('CN-2 a push that arrives after its order was cancelled is stopped at the warehouse', async () => {
  const { resolve: arrive, promise: arrived } = withResolvers();
  const { warehouse: real } = warehouse;
  const late: WarehouseSystem = {
    ...real,
    push: async (order) => {
      await arrived;
      return await real.push(order);
    },
  };
  lab.systems.set('qimen', late);
  const { buyer, orderNo, shipmentNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'pushing');
  await cancel(buyer, orderNo);
  expect((await readOrder(buyer, orderNo)).cancellations).toMatchObject([{ state: 'asking' }]);
  await lab.skip(MINUTES(1) + 1_000);
  await cancelled(buyer, orderNo);
  arrive();
  const books = await eventually(async () => {
    const found = await warehouse.books({ shipmentNo, warehouseCode: WAREHOUSE });
    return found.stage === 'cancelled' ? found : undefined;
  }, 'the late shipment to be stopped');
  expect(books).toMatchObject({ parcels: [] });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ shipments: [{ stage: 'cancelled' }] });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('FU-2 an order whose run was lost goes on telling its warehouse and asking it to stop', async () => {
  lab.systems.set('qimen', warehouse.adapter({ gateway: 'http://127.0.0.1:9/qimen/router' }));
  const { buyer, orderNo } = await paidInWarehouse();
  await stageOf(buyer, orderNo, 'pushing');
  await lab.client.workflow.getHandle(`order-${orderNo}`).terminate('the server was lost');
  lab.systems.set('qimen', warehouse.warehouse);
  const [row] = await lab.db.select().from(t.orders).where(eq(t.orders.orderNo, orderNo));
  // Its task was under way, for which this server keeps time still from now on: nothing here waits for a timer.
  await lab.workflows.startOrder(row as typeof t.orders.$inferSelect);
  expect(await stageOf(buyer, orderNo, 'accepted')).toMatchObject({ state: 'awaiting_shipment' });
});
