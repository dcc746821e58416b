import { expect, test } from 'vitest';
import { stockOf } from '../support/books.ts';
import { levelsOf } from '../support/given.ts';
import { qimen } from '../support/providers.ts';
import { givenInWarehouse, givenSkuIn, givenWarehouse, pushed } from '../support/warehouses.ts';
import {
  eventually,
  givenShop,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  ship,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

interface Course {
  shipmentNo: string;
  stage: string;
  words: { zh: string; en: string };
  reports: { stage: string; at: string; words: { zh: string } }[];
}

test('FU-2 FU-3 a paid order of a self-operated shop goes to its warehouse by itself: pushed, picked, checked, packed, weighed, handed over with a number, received', async () => {
  const { buyer, orderNo, shipmentNo, skuId } = await givenInWarehouse(2);
  const known = await qimen.order(shipmentNo);
  expect(known.receiver).toMatchObject({
    name: '张三',
    mobile: '13800000001',
    detailAddress: '世纪大道 1 号',
  });
  expect(known.lines).toMatchObject([{ lineNo: '1', itemCode: skuId, quantity: 2 }]);
  const accepted = await readOrder(buyer, orderNo);
  expect(accepted.shipments).toMatchObject([
    { stage: 'accepted', carrier: null, estimatedShipping: { rule: 'warehouse_handling' } },
  ]);
  for (const [stage, zh] of [
    ['picking', '拣货'],
    ['checked', '复核'],
    ['packed', '打包'],
    ['weighed', '称重'],
  ] as const) {
    await qimen.advance(shipmentNo, stage);
    const order = await waitFor(buyer, orderNo, (now) => now.shipments[0]?.stage === stage);
    expect(order.prompt.zh).toContain(zh);
  }
  const { shipments } = await buyer.get<{ shipments: Course[] }>(`/orders/${orderNo}/tracks`);
  expect(shipments[0]?.reports.map(({ stage }) => stage)).toEqual([
    'weighed',
    'packed',
    'checked',
    'picking',
    'accepted',
  ]);
  await qimen.advance(shipmentNo);
  const shipped = await waitFor(buyer, orderNo, (now) => now.state === 'awaiting_receipt');
  const told = await qimen.order(shipmentNo);
  expect(shipped.shipments).toMatchObject([
    {
      ...{ stage: 'handed_over', carrier: 'zhongtong', trackingNo: told.parcels[0]?.trackingNo },
      ...{ lines: [{ lineNo: 1, quantity: 2 }], estimatedShipping: null },
    },
  ]);
  expect(shipped.lines[0]).toMatchObject({ shippedQuantity: 2, reversedQuantity: 0 });
  await receive(buyer, orderNo);
  expect((await readOrder(buyer, orderNo)).state).toBe('completed');
});

test('FU-2 the merchant does not ship by hand what the warehouse ships', async () => {
  const { orderNo } = await givenInWarehouse();
  expect(await problemFrom(ship(await staff('merchant1'), orderNo))).toMatchObject({
    code: 'warehouse_ships',
  });
});

test('FU-2 what a third-party shop sells is pushed after its merchant has confirmed it', async () => {
  const warehouseId = await givenWarehouse();
  const skuId = await givenSkuIn(await givenShop({ kind: 'third_party', merchantId: 'M2' }), {
    [warehouseId]: 5,
  });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  expect((await readOrder(buyer, orderNo)).shipments).toEqual([]);
  await (await staff('merchant2')).post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  const shipmentNo = await pushed(buyer, orderNo);
  expect(await qimen.order(shipmentNo)).toMatchObject({ warehouseCode: warehouseId });
});

test('FU-2 an order whose stock lies in two warehouses has a shipment in each and awaits receipt when the last has left', async () => {
  const [one, two] = [await givenWarehouse(), await givenWarehouse()];
  const shopId = await givenShop();
  const [first, second] = [await givenSkuIn(shopId, { [one]: 5 }), await givenSkuIn(shopId, { [two]: 5 })];
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [first]: 1, [second]: 2 });
  await pay(buyer, orderNo);
  const order = await waitFor(
    buyer,
    orderNo,
    ({ shipments }) => shipments.length === 2 && shipments.every(({ stage }) => stage === 'accepted'),
  );
  const [a, b] = order.shipments.map(({ shipmentNo }) => shipmentNo) as [string, string];
  await qimen.advance(a, 'handed_over');
  const partly = await waitFor(buyer, orderNo, ({ shipments }) => shipments[0]?.stage === 'handed_over');
  expect(partly).toMatchObject({ state: 'awaiting_shipment', autoReceiptAt: null });
  expect(partly.prompt.zh).toContain('部分商品已发货');
  await qimen.advance(b, 'handed_over');
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
});

test('FU-4 what a warehouse packs into several parcels has a number and a track each, whichever report comes first', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse(5);
  await qimen.handover(shipmentNo, [{ lines: [{ lineNo: 1, quantity: 2 }] }]);
  const partly = await waitFor(buyer, orderNo, ({ shipments }) => shipments.length === 2);
  expect(partly.state).toBe('awaiting_shipment');
  expect(partly.lines[0]?.shippedQuantity).toBe(2);
  await qimen.handover(shipmentNo, [
    { lines: [{ lineNo: 1, quantity: 1 }] },
    { lines: [{ lineNo: 1, quantity: 2 }] },
  ]);
  const shipped = await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  const parcels = (await qimen.order(shipmentNo)).parcels.map(({ trackingNo }) => trackingNo).sort();
  expect(shipped.shipments.map(({ trackingNo }) => trackingNo).sort()).toEqual(parcels);
  expect(shipped.shipments.flatMap(({ lines }) => lines.map(({ quantity }) => quantity)).sort()).toEqual([
    1, 2, 2,
  ]);
});

test('FU-2 a warehouse that refuses is replaced by another with stock, and the stock moves with it', async () => {
  const [near, other] = [await givenWarehouse(), await givenWarehouse({ region: '44' })];
  const skuId = await givenSkuIn(await givenShop(), { [near]: 9, [other]: 5 });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 2 });
  await qimen.faults({ refusePush: 'no-capacity', onlyOutTradeNo: `${orderNo}S1` });
  await pay(buyer, orderNo);
  const shipmentNo = await pushed(buyer, orderNo);
  expect(shipmentNo).toBe(`${orderNo}S2`);
  expect(await qimen.order(shipmentNo)).toMatchObject({ warehouseCode: other });
  expect(await stockOf(skuId)).toEqual({ onHand: 12, reserved: 0 });
  await qimen.advance(shipmentNo, 'handed_over');
  const shipped = await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  expect(shipped.shipments.map(({ stage }) => stage)).toEqual(['refused', 'handed_over']);
});

test('FU-2 where no other warehouse has it, a refused shipment becomes the merchant’s task, who ships by hand', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse(2);
  await qimen.report(shipmentNo, 'EXCEPTION', '货位无货');
  await waitFor(buyer, orderNo, ({ shipments }) => shipments[0]?.stage === 'refused');
  const operations = await staff('operations');
  const item = await eventually(async () => {
    const { workItems } = await operations.get<{
      workItems: { orderNo: string; kind: string; waysOut: string[] }[];
    }>('/platform/work-items');
    return workItems.find((one) => one.orderNo === orderNo);
  }, 'the task');
  expect(item).toMatchObject({ kind: 'warehouse_refused', waysOut: ['ship_by_hand', 'refund_lines'] });
  await ship(await staff('merchant1'), orderNo);
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
});

test('FU-2 a push that is answered too late is not a second shipment', async () => {
  const warehouseId = await givenWarehouse();
  const skuId = await givenSkuIn(await givenShop(), { [warehouseId]: 5 });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await qimen.faults({ timeoutAfterSuccess: ['create'], onlyOutTradeNo: `${orderNo}S1`, times: 1 });
  await pay(buyer, orderNo);
  const shipmentNo = await pushed(buyer, orderNo);
  const known = await qimen.orders();
  expect(known.filter((one) => one.shipmentNo.startsWith(orderNo))).toMatchObject([{ shipmentNo }]);
}, 60_000);

const callback = (query: string, headers: Record<string, string>, body: string) =>
  fetch(`${stack().apiUrl}/v1/callbacks/qimen?${query}`, { method: 'POST', headers, body });

test('FU-2 forged, stale, foreign and unreadable reports of a warehouse are refused and change nothing', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  const other = await givenWarehouse();
  const before = await readOrder(buyer, orderNo);
  const confirm = { method: 'deliveryorder.confirm' as const, shipmentNo };
  const past = new Date(Date.now() - 11 * 60_000).toISOString();
  for (const [status, request] of [
    [401, { ...confirm, forged: true }],
    [401, { ...confirm, secret: 'guessed' }],
    [401, { ...confirm, timestamp: past }],
    [401, { ...confirm, parameters: { customerId: 'somebody-else' } }],
    [404, { ...confirm, method: 'orderprocess.report' as const, body: { order: { warehouseCode: other } } }],
    [404, { ...confirm, method: 'orderprocess.report' as const, body: { order: { orderCode: 'X1' } } }],
  ] as const) {
    const { query, headers, body } = await qimen.sign(request);
    expect((await callback(query, headers, body)).status, JSON.stringify(request)).toBe(status);
  }
  expect(await readOrder(buyer, orderNo)).toEqual({ ...before, prompt: expect.anything() });
});

test('FU-2 reports told twice and out of order change nothing twice and nothing back', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.advance(shipmentNo, 'packed');
  await waitFor(buyer, orderNo, ({ shipments }) => shipments[0]?.stage === 'packed');
  const late = await qimen.sign({
    method: 'orderprocess.report',
    shipmentNo,
    body: { process: { processStatus: 'PICK', operateTime: '2026-01-01 08:00:00' } },
  });
  for (const time of [1, 2]) {
    const answer = await callback(late.query, late.headers, late.body);
    expect({ time, status: answer.status, text: await answer.text() }).toMatchObject({
      ...{ time, status: 200 },
      text: expect.stringContaining('success'),
    });
  }
  const { shipments } = await buyer.get<{ shipments: Course[] }>(`/orders/${orderNo}/tracks`);
  expect(shipments[0]?.stage).toBe('packed');
  expect(shipments[0]?.reports.filter(({ at }) => at.startsWith('2026-01-01'))).toHaveLength(1);
});

test('FU-4 a merchant ships in parts; the order awaits receipt when the last part has left', async () => {
  const shopId = await givenShop();
  const skuId = await givenSkuIn(shopId, { W1: 10 });
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [skuId]: 3 });
  await pay(buyer, orderNo);
  const part = (quantity: number, trackingNo: string) =>
    merchant.post(`/merchant/orders/${orderNo}/shipments`, {
      ...{ carrier: 'shunfeng', trackingNo },
      lines: [{ lineNo: 1, quantity }],
    });
  await part(2, 'SF1000000000001');
  const partly = await readOrder(buyer, orderNo);
  expect(partly).toMatchObject({ state: 'awaiting_shipment', autoReceiptAt: null });
  expect(partly.lines[0]).toMatchObject({ quantity: 3, shippedQuantity: 2 });
  expect(await problemFrom(part(2, 'SF1000000000002'))).toMatchObject({ code: 'more_than_open' });
  await part(1, 'SF1000000000003');
  const shipped = await readOrder(buyer, orderNo);
  expect(shipped.state).toBe('awaiting_receipt');
  expect(shipped.shipments.map(({ lines }) => lines)).toEqual([
    [{ lineNo: 1, quantity: 2 }],
    [{ lineNo: 1, quantity: 1 }],
  ]);
  expect(await levelsOf(skuId)).toEqual({ onHand: 7, reserved: 0 });
});
