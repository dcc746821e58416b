import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { WaybillRepresentation as Waybill } from '../../api/representations/waybill.ts';
import type { ShopClient } from '../../cli/shop-client.ts';
import { isValidTrackingNo } from '../../domain/logistics/carriers.ts';
import {
  ADDRESS,
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  sandbox,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** FU-8 against the carriers of the sandbox, which hand out numbers and labels and keep books of them. */

async function paidOrder(buyer: Buyer, quantity = 1, shop: Parameters<typeof givenShop>[0] = {}) {
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(shop), 10)]: quantity });
  await pay(buyer, orderNo);
  await waitFor(
    buyer,
    orderNo,
    ({ state, review }) => state === 'awaiting_shipment' && review?.state === 'confirmed',
  );
  return orderNo;
}

const ask = (
  merchant: ShopClient,
  orders: { orderNo: string; lines?: { lineNo: number; quantity: number }[] }[],
  key?: string,
  carrier = 'shunfeng',
): Promise<Waybill> => merchant.post('/merchant/waybills', { carrier, orders }, key);

const read = (merchant: ShopClient, { waybillNo }: Waybill): Promise<Waybill> =>
  merchant.get(`/merchant/waybills/${waybillNo}`);

interface HandOver {
  trackingNo: string;
  orders: { orderNo: string; result: string; code: string | null }[];
}
const handOver = (merchant: ShopClient, { waybillNo }: Waybill, key?: string): Promise<HandOver> =>
  merchant.post(`/merchant/waybills/${waybillNo}/hand-overs`, {}, key);
const giveBack = (merchant: ShopClient, { waybillNo }: Waybill): Promise<Waybill> =>
  merchant.post(`/merchant/waybills/${waybillNo}/cancellations`, { reason: '换一家快递' });

/** As they are answered; orders of one second are numbered in any order. */
const byNumber = <Row extends { orderNo: string }>(orders: Row[]): Row[] =>
  orders.toSorted((a, b) => (a.orderNo < b.orderNo ? -1 : 1));

/** The waybill, once it is in that state. */
const ends = (merchant: ShopClient, waybill: Waybill, state: Waybill['state']): Promise<Waybill> =>
  eventually(
    async () => {
      const now = await read(merchant, waybill);
      return now.state === state && now;
    },
    `the waybill to be ${state}`,
    60_000,
  );

/** What the carrier itself has of a waybill. */
const atCarrier = ({ waybillNo }: Waybill) =>
  sandbox<{ trackingNo: string; cancelledAt: string | null }>(
    'kuaidi100',
    `/waybills/${waybillNo}`,
    {},
    'GET',
  );

test('FU-8 FU-3 a waybill with number and label by itself; handed over, the order is shipped with it', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer, 2);
  expect((await readOrder(merchant, orderNo)).actions).toContainEqual({
    ...{ action: 'ask_waybill', method: 'POST', path: '/merchant/waybills' },
  });
  const key = randomUUID();
  const waybill = await ask(merchant, [{ orderNo }], key);
  expect(waybill).toMatchObject({
    ...{ state: 'issued', carrier: 'shunfeng', refusal: null, endedAt: null },
    orders: [{ orderNo, lines: [{ lineNo: 1, quantity: 2 }], addressChanged: false, shipped: false }],
  });
  expect(isValidTrackingNo('shunfeng', waybill.trackingNo ?? '')).toBe(true);
  const label = await (await fetch(waybill.labelUrl ?? '')).text();
  for (const text of [waybill.trackingNo ?? '', ADDRESS.name, ADDRESS.street, '青禾仓', '×2'])
    expect(label).toContain(text);

  expect(await ask(merchant, [{ orderNo }], key)).toEqual(waybill);
  const other = await problemFrom(ask(merchant, [{ orderNo }], key, 'zhongtong'));
  expect(other.code).toBe('idempotency_key_reused');
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_shipment');

  const { trackingNo, orders } = await handOver(merchant, waybill);
  expect({ trackingNo, orders }).toMatchObject({
    trackingNo: waybill.trackingNo,
    orders: [{ orderNo, result: 'accepted', code: null }],
  });
  const shipped = await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  expect(shipped.shipments).toMatchObject([{ carrier: 'shunfeng', trackingNo }]);
  expect(await read(merchant, waybill)).toMatchObject({ state: 'handed_over', orders: [{ shipped: true }] });
  expect((await handOver(merchant, waybill)).orders).toMatchObject([{ result: 'accepted' }]);
  expect((await readOrder(buyer, orderNo)).shipments).toHaveLength(1);
  expect((await problemFrom(giveBack(merchant, waybill))).code).toBe('waybill_not_usable');
  const { waybills } = await merchant.get<{ waybills: Waybill[] }>(
    '/merchant/waybills?state=handed_over&limit=1',
  );
  expect(waybills).toMatchObject([{ waybillNo: waybill.waybillNo }]);
});

test('FU-8 FU-4 one number for several orders of a buyer, whole or in part; what is left gets another', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const [one, two] = [await paidOrder(buyer), await paidOrder(buyer, 3)];
  const part = [{ lineNo: 1, quantity: 2 }];
  const together = await ask(merchant, [{ orderNo: one }, { orderNo: two, lines: part }]);
  expect(together.orders).toMatchObject(
    byNumber([
      { orderNo: one, lines: [{ lineNo: 1, quantity: 1 }] },
      { orderNo: two, lines: part },
    ]),
  );
  const rest = await ask(merchant, [{ orderNo: two }], undefined, 'zhongtong');
  expect(rest.orders).toMatchObject([{ orderNo: two, lines: [{ lineNo: 1, quantity: 1 }] }]);
  const nothing = await problemFrom(ask(merchant, [{ orderNo: one }]));
  expect(nothing).toMatchObject({ status: 409, code: 'waybill_open' });
  expect(nothing.body['orderNo']).toBe(one);

  await handOver(merchant, together);
  await waitFor(buyer, one, ({ state }) => state === 'awaiting_receipt');
  const partly = await waitFor(buyer, two, ({ shipments }) => shipments.length === 1);
  expect(partly).toMatchObject({
    state: 'awaiting_shipment',
    shipments: [{ trackingNo: together.trackingNo }],
  });
  await handOver(merchant, rest);
  const whole = await waitFor(buyer, two, ({ state }) => state === 'awaiting_receipt');
  expect(whole.shipments.map(({ trackingNo }) => trackingNo)).toEqual([together.trackingNo, rest.trackingNo]);
});

test('FU-8 ID-2 what does not fit into the parcel is named, and no carrier is asked', async () => {
  const [buyer, other, merchant] = [await newBuyer(), await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer);
  const foreign = await paidOrder(other);
  const receiver = await problemFrom(ask(merchant, [{ orderNo }, { orderNo: foreign }]));
  expect(receiver).toMatchObject({ status: 409, code: 'other_receiver' });
  expect(receiver.body['orderNo']).toBe(foreign);
  const elsewhere = await paidOrder(buyer);
  await buyer.put(`/orders/${elsewhere}/address`, { ...ADDRESS, street: '世纪大道 2 号' });
  expect((await problemFrom(ask(merchant, [{ orderNo }, { orderNo: elsewhere }]))).code).toBe(
    'other_receiver',
  );
  const unpaid = await submit(buyer, { [await givenSku(await givenShop(), 1)]: 1 });
  expect((await problemFrom(ask(merchant, [{ orderNo: unpaid }]))).code).toBe('not_awaiting_shipment');
  const more = await problemFrom(ask(merchant, [{ orderNo, lines: [{ lineNo: 1, quantity: 2 }] }]));
  expect(more.code).toBe('more_than_open');
  expect((await problemFrom(ask(merchant, [{ orderNo }, { orderNo }]))).code).toBe('invalid_request');
  expect((await problemFrom(ask(merchant, [{ orderNo }], undefined, 'yunda'))).code).toBe(
    'no_waybill_account',
  );
  expect((await problemFrom(ask(await staff('merchant2'), [{ orderNo }]))).status).toBe(404);
  const waybill = await ask(merchant, [{ orderNo }]);
  const stranger = await staff('merchant2');
  for (const act of [read, handOver, giveBack])
    expect((await problemFrom(act(stranger, waybill))).status).toBe(404);
});

test('FU-8 SB-6 two requests for the same pieces at once: one waybill; the same request at once: the same', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer);
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => ask(merchant, [{ orderNo }])));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const [key, again] = [randomUUID(), await paidOrder(buyer)];
  const same = await Promise.all(Array.from({ length: 8 }, () => ask(merchant, [{ orderNo: again }], key)));
  expect(new Set(same.map(({ trackingNo }) => trackingNo)).size).toBe(1);
});

test('FU-8 the carrier refuses: its words are told, and the pieces are free for another', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer);
  await sandbox('kuaidi100', '/faults', { refuseLabel: '30001', times: 1 });
  const key = randomUUID();
  const refused = await problemFrom(ask(merchant, [{ orderNo }], key));
  expect(refused).toMatchObject({ status: 422, code: 'waybill_refused' });
  expect(refused.body['refusal']).toMatchObject({ code: '30001' });
  expect((await problemFrom(ask(merchant, [{ orderNo }], key))).code).toBe('waybill_refused');
  expect(await ask(merchant, [{ orderNo }], undefined, 'zhongtong')).toMatchObject({ state: 'issued' });
});

test('FU-8 the carrier’s answers are lost: asked again under the same number, it is one waybill, and void once', {
  timeout: 150_000,
}, async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer);
  await sandbox('kuaidi100', '/faults', { timeoutAfterSuccess: ['order'], times: 1 });
  const waiting = await ask(merchant, [{ orderNo }]);
  expect(waiting).toMatchObject({ state: 'asked', trackingNo: null, labelUrl: null });
  expect((await problemFrom(handOver(merchant, waiting))).code).toBe('waybill_not_usable');
  const { trackingNo } = await ends(merchant, waiting, 'issued');
  expect(await atCarrier(waiting)).toMatchObject({ trackingNo, cancelledAt: null });

  await sandbox('kuaidi100', '/faults', { timeoutAfterSuccess: ['cancel'], times: 1 });
  expect(await giveBack(merchant, waiting)).toMatchObject({ state: 'voiding' });
  expect((await problemFrom(handOver(merchant, waiting))).code).toBe('waybill_not_usable');
  await ends(merchant, waiting, 'voided');
});

test('FU-8 FU-6 a waybill is given back to its carrier: void, and the pieces are free; a changed address needs a new label', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer);
  const waybill = await ask(merchant, [{ orderNo }]);
  await buyer.put(`/orders/${orderNo}/address`, { ...ADDRESS, street: '世纪大道 3 号' });
  expect(await read(merchant, waybill)).toMatchObject({ orders: [{ addressChanged: true }] });
  const { orders } = await handOver(merchant, waybill);
  expect(orders).toMatchObject([{ orderNo, result: 'refused', code: 'label_outdated' }]);
  expect(await read(merchant, waybill)).toMatchObject({ state: 'issued' });

  const key = randomUUID();
  const cancel = (reason: string) =>
    merchant.post(`/merchant/waybills/${waybill.waybillNo}/cancellations`, { reason }, key);
  expect(await cancel('地址变更')).toMatchObject({ state: 'voided' });
  expect((await problemFrom(cancel('换一家快递'))).code).toBe('idempotency_key_reused');
  expect(await giveBack(merchant, waybill)).toMatchObject({ state: 'voided' });
  expect((await atCarrier(waybill)).cancelledAt).not.toBeNull();
  expect((await problemFrom(handOver(merchant, waybill))).code).toBe('waybill_not_usable');
  const next = await ask(merchant, [{ orderNo }]);
  expect(await (await fetch(next.labelUrl ?? '')).text()).toContain('世纪大道 3 号');
  expect((await handOver(merchant, next)).orders).toMatchObject([{ result: 'accepted' }]);
});

test('FU-8 the carrier has collected the parcel already: the waybill is not taken back, and its reason is told', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await paidOrder(buyer);
  const waybill = await ask(merchant, [{ orderNo }]);
  const event = { state: 'collected', text: '顺丰速运 已收取快件' };
  await sandbox('kuaidi100', `/parcels/shunfeng/${waybill.trackingNo}/events`, event);
  const refused = await problemFrom(giveBack(merchant, waybill));
  expect(refused).toMatchObject({ status: 422, code: 'waybill_refused' });
  expect(await read(merchant, waybill)).toMatchObject({ state: 'issued', refusal: { code: '30020' } });
  expect((await handOver(merchant, waybill)).orders).toMatchObject([{ orderNo, result: 'accepted' }]);
});

test('FU-8 CN-2 an order of the parcel is cancelled: the others leave, it is named; the waybill of one that is cancelled alone is given back', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const [stays, goes, alone] = [await paidOrder(buyer), await paidOrder(buyer), await paidOrder(buyer)];
  const together = await ask(merchant, [{ orderNo: stays }, { orderNo: goes }]);
  const single = await ask(merchant, [{ orderNo: alone }]);
  for (const orderNo of [goes, alone]) {
    await buyer.post(`/orders/${orderNo}/cancellations`, { reason: '不想要了' });
    await merchant.post(`/merchant/orders/${orderNo}/cancellation-answers`, { answer: 'agree' });
    await waitFor(buyer, orderNo, ({ state }) => state !== 'awaiting_shipment');
  }
  expect((await handOver(merchant, together)).orders).toMatchObject(
    byNumber([
      { orderNo: stays, result: 'accepted' },
      { orderNo: goes, result: 'refused', code: 'not_awaiting_shipment' },
    ]),
  );
  await waitFor(buyer, stays, ({ state }) => state === 'awaiting_receipt');
  await ends(merchant, single, 'voided');
  expect((await atCarrier(single)).cancelledAt).not.toBeNull();
});

test('FU-8 a number that was entered by hand is as good as handed over; a parcel that left otherwise frees its waybill', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const [byHand, otherwise] = [await paidOrder(buyer), await paidOrder(buyer)];
  const [used, unused] = [
    await ask(merchant, [{ orderNo: byHand }]),
    await ask(merchant, [{ orderNo: otherwise }]),
  ];
  await ship(merchant, byHand, used.trackingNo ?? '');
  await ship(merchant, otherwise);
  await ends(merchant, used, 'handed_over');
  await ends(merchant, unused, 'voided');
  expect((await atCarrier(used)).cancelledAt).toBeNull();
});
