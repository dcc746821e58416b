import { randomUUID } from 'node:crypto';
import { eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { logOf } from '../support/books.ts';
import { carrierOf, startParcelStack } from '../support/parcels.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  newTrackingNo,
  problemFrom,
  readOrder,
  ship,
  stack,
  staff,
  submit,
} from '../support/world.ts';

/** FU-3: many shipments by a file, and a wrong number corrected. On a stack that looks at parcels every second. */

let own: Stack;
beforeAll(async () => {
  own = await startParcelStack();
}, 300_000);
afterAll(() => own.stop());

type Shop = Parameters<typeof givenShop>[0];
interface Answer {
  accepted: number;
  pending: number;
  rejected: { line: number; orderNo: string; code: string; message: string }[];
}

const HEADER = 'order_no,carrier,tracking_no';

/** Orders of a buyer that wait for shipment: goods that cost nothing are paid when submitted. */
async function givenToShip(count: number, shop: Shop = {}): Promise<{ buyer: Buyer; orderNos: string[] }> {
  const buyer = await newBuyer();
  const skuId = await givenSku(await givenShop(shop), count, { priceFen: 0n });
  const orderNos: string[] = [];
  const one = async () => {
    while (orderNos.length < count) {
      const place = orderNos.push('') - 1;
      orderNos[place] = await submit(buyer, { [skuId]: 1 });
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return { buyer, orderNos };
}

function sendFile(
  client: ShopClient,
  content: string | Uint8Array<ArrayBuffer>,
  contentType = 'text/csv',
): Promise<Response> {
  return fetch(`${stack().apiUrl}/v1/merchant/shipments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${client.token}`,
      'content-type': contentType,
      'idempotency-key': randomUUID(),
    },
    body: content,
  });
}

async function upload(client: ShopClient, rows: readonly string[]): Promise<Answer> {
  const response = await sendFile(client, [HEADER, ...rows].join('\r\n'));
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

const codes = ({ rejected }: Answer) => rejected.map(({ line, code }) => [line, code]);

test('FU-3 of a file of shipments the good rows are shipped and each bad one is told with line, code and sentence', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNos } = await givenToShip(6);
  const [first, second, badCarrier, badNumber, shipped, again] = orderNos as [string, ...string[]];
  const held = (await givenToShip(1, { kind: 'third_party' })).orderNos[0];
  await ship(merchant, shipped as string);
  const [firstNo, secondNo] = [newTrackingNo(), newTrackingNo()];
  const answer = await upload(merchant, [
    `${first},shunfeng,${firstNo}`,
    `${badCarrier},pigeon,${newTrackingNo()}`,
    `${badNumber},jd,${newTrackingNo()}`,
    '',
    ` "${second}" , shunfeng , ${secondNo} `,
    `${shipped},shunfeng,${newTrackingNo()}`,
    `${held},shunfeng,${newTrackingNo()}`,
    `${first},shunfeng,${newTrackingNo()}`,
    `${again},shunfeng`,
    `no-such-order,shunfeng,${newTrackingNo()}`,
    `nul\u0000,shunfeng,${newTrackingNo()}`,
  ]);
  expect(answer).toMatchObject({ accepted: 2, pending: 0 });
  expect(codes(answer)).toEqual([
    [3, 'unknown_carrier'],
    [4, 'invalid_tracking_no'],
    [7, 'not_awaiting_shipment'],
    [8, 'not_reviewed'],
    [9, 'duplicate_order'],
    [10, 'invalid_row'],
    [11, 'not_found'],
    [12, 'not_found'],
  ]);
  expect(answer.rejected[0]).toMatchObject({ orderNo: badCarrier });
  expect(answer.rejected.every(({ message }) => message.endsWith('.'))).toBe(true);
  for (const [orderNo, trackingNo] of [
    [first, firstNo],
    [second as string, secondNo],
  ] as const)
    expect(await readOrder(buyer, orderNo)).toMatchObject({
      state: 'awaiting_receipt',
      shipments: [{ carrier: 'shunfeng', trackingNo }],
    });
  for (const orderNo of [badCarrier, badNumber, again] as string[])
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', shipments: [] });
});

test('FU-3 SB-6 the same file twice at once and once more ships once and is answered the same', async () => {
  const merchant = await staff('merchant1');
  const { orderNos } = await givenToShip(5);
  const rows = [
    ...orderNos.map((orderNo) => `${orderNo},shunfeng,${newTrackingNo()}`),
    'no-such-order,jd,JD1',
  ];
  const [one, other] = await Promise.all([upload(merchant, rows), upload(merchant, rows)]);
  expect(one).toMatchObject({ accepted: 5, pending: 0, rejected: [{ line: 7, code: 'not_found' }] });
  expect(other).toEqual(one);
  expect(await upload(merchant, rows)).toEqual(one);
  const parcels = await database().select().from(t.shipments).where(inArray(t.shipments.orderNo, orderNos));
  expect(parcels).toHaveLength(5);
  const sent = await database().select().from(t.inbox).where(inArray(t.inbox.orderNo, orderNos));
  expect(sent.filter(({ kind }) => kind === 'shipment_reported')).toHaveLength(5);
});

test('FU-3 a row that was refused can be sent again once the order can be shipped', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNos } = await givenToShip(1, { kind: 'third_party' });
  const [orderNo] = orderNos as [string];
  const row = `${orderNo},shunfeng,${newTrackingNo()}`;
  expect(codes(await upload(merchant, [row]))).toEqual([[2, 'not_reviewed']]);
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  expect(await upload(merchant, [row])).toEqual({ accepted: 1, pending: 0, rejected: [] });
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
});

test('FU-3 a row that lost to a hold on its way is applied when it is sent again', async () => {
  const { orderNos } = await givenToShip(1);
  const [orderNo] = orderNos as [string];
  const trackingNo = newTrackingNo();
  const at = new Date();
  await database()
    .insert(t.inbox)
    .values({
      ...{ inboxId: randomUUID(), orderNo, bodyHash: '', kind: 'shipment_reported', actor: 'merchant:other' },
      source: 'shipment file M1',
      eventKey: `${orderNo} shunfeng ${trackingNo}`,
      payload: { carrier: 'shunfeng', trackingNo },
      ...{ receivedAt: at, appliedAt: at },
      verdict: { result: 'refused', code: 'not_reviewed', state: 'awaiting_shipment' },
    });
  const row = `${orderNo},shunfeng,${trackingNo}`;
  const merchant = await staff('merchant1');
  const [one, other] = await Promise.all([upload(merchant, [row]), upload(merchant, [row])]);
  expect(one).toEqual({ accepted: 1, pending: 0, rejected: [] });
  expect(other).toEqual(one);
  const parcels = await database().select().from(t.shipments).where(eq(t.shipments.orderNo, orderNo));
  expect(parcels).toMatchObject([{ trackingNo }]);
});

test('FU-3 ID-2 another merchant’s order is as if it did not exist, and only merchants send files', async () => {
  const { buyer, orderNos } = await givenToShip(1);
  const [orderNo] = orderNos as [string];
  const stranger = await staff('merchant2');
  const trackingNo = newTrackingNo();
  const answer = await upload(stranger, [
    `${orderNo},shunfeng,${trackingNo}`,
    `nowhere,shunfeng,${trackingNo}`,
  ]);
  expect(answer.accepted).toBe(0);
  const [foreign, missing] = answer.rejected;
  expect(foreign).toEqual({ ...missing, line: 2, orderNo });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', shipments: [] });
  for (const caller of [buyer, await staff('operations')])
    expect((await sendFile(caller, `${HEADER}\n${orderNo},shunfeng,${trackingNo}`)).status).toBe(403);
});

const row = 'x,shunfeng,SF1234567890123';
test.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
  ['empty', '', 'text/csv'],
  ['without the header', row, 'text/csv'],
  ['of too many rows', `${HEADER}\n${`${row}\n`.repeat(10_001)}`, 'text/csv'],
  ['of more than 2 MiB', `${HEADER}\n${`${row}\n`.repeat(90_000)}`, 'text/csv'],
  ['with a quote left open', `${HEADER}\n"${`${row}\n`.repeat(100)}`, 'text/csv'],
  ['not UTF-8', new Uint8Array([...Buffer.from(`${HEADER}\n`), 0xb6, 0xa9, 0xb5, 0xa5]), 'text/csv'],
  ['of another type', `${HEADER}\n${row}`, 'application/json'],
])('FU-3 a file %s is refused as a whole', async (_what, content, contentType) => {
  const response = await sendFile(await staff('merchant1'), content, contentType);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'invalid_request' });
});

test('FU-3 a file with a byte order mark and one of ten thousand rows are read', async () => {
  const merchant = await staff('merchant1');
  const marked = await sendFile(merchant, `\uFEFF${HEADER}\n${row}\n`);
  expect(await marked.json()).toMatchObject({ rejected: [{ line: 2, code: 'not_found' }] });
  const large = await upload(
    merchant,
    Array.from({ length: 10_000 }, (_, n) => `order-${String(n).padStart(30, '0')},shunfeng,SF1234567890123`),
  );
  expect(large).toMatchObject({ accepted: 0, pending: 0 });
  expect(large.rejected.at(-1)).toMatchObject({ line: 10_001, code: 'not_found' });
});

/** A shipped order whose parcel is watched, and the secret of its watch. */
async function givenWatched() {
  const { buyer, orderNos } = await givenToShip(1);
  const [orderNo] = orderNos as [string];
  const trackingNo = newTrackingNo();
  await ship(await staff('merchant1'), orderNo, trackingNo);
  const parcel = await watchedParcel(orderNo, trackingNo);
  return { buyer, orderNo, trackingNo, parcel };
}

const parcelOf = async (orderNo: string) =>
  (await database().select().from(t.shipments).where(eq(t.shipments.orderNo, orderNo)))[0];

const watchedParcel = (orderNo: string, trackingNo: string) =>
  eventually(async () => {
    const parcel = await parcelOf(orderNo);
    return parcel?.watchedAt && parcel.trackingNo === trackingNo ? parcel : null;
  }, `${trackingNo} to be watched`);

const correctionOf = (trackingNo: string, carrier = 'shunfeng') => ({
  carrier,
  trackingNo,
  reason: '单号录错',
});

test('FU-3 a corrected number is traced in the log, told to the buyer, and watched under a new secret', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo, trackingNo: wrong, parcel } = await givenWatched();
  const path = `/merchant/orders/${orderNo}/shipments/${parcel.shipmentNo}/corrections`;
  await carrierOf(wrong).tells('in_transit', '已到达');
  await eventually(async () => (await parcelOf(orderNo))?.trackState === 'in_transit', 'the first event');
  expect(await problemFrom(merchant.post(path, correctionOf(wrong)))).toMatchObject({
    status: 409,
    code: 'same_tracking_no',
  });
  expect((await problemFrom(merchant.post(path, correctionOf(newTrackingNo(), 'jd')))).code).toBe(
    'invalid_tracking_no',
  );
  expect(
    (await problemFrom(merchant.post(path, { ...correctionOf(newTrackingNo()), reason: '' }))).code,
  ).toBe('invalid_request');

  const right = newTrackingNo('JD');
  const key = randomUUID();
  const answers = await Promise.all([1, 2].map(() => merchant.post(path, correctionOf(right, 'jd'), key)));
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ result: 'accepted' });
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_receipt',
    shipments: [{ shipmentNo: parcel.shipmentNo, carrier: 'jd', trackingNo: right }],
  });
  expect((await logOf(buyer, orderNo)).filter(({ action }) => action === 'correct_shipment')).toMatchObject([
    {
      input: {
        ...{ shipmentNo: parcel.shipmentNo, carrier: 'jd', trackingNo: right, reason: '单号录错' },
        from: { carrier: 'shunfeng', trackingNo: wrong },
      },
    },
  ]);
  const { notices } = await buyer.get<{
    notices: { orderNo: string; event: string; params: { trackingNo: string } }[];
  }>('/notices');
  const told = notices.filter((notice) => notice.event.startsWith('tracking_no_corrected'));
  expect(told).toMatchObject([{ orderNo, params: { trackingNo: right } }]);

  const anew = await watchedParcel(orderNo, right);
  expect(anew).toMatchObject({ trackState: 'handed_over', lastEventText: null, trackEnded: false });
  expect(anew.trackSalt).not.toBe(parcel.trackSalt);
  // What is still told of the wrong number is not believed; the right one moves the parcel.
  await carrierOf(wrong).tells('signed', '他人已签收');
  await carrierOf(right, 'jd').tells('collected', '已揽收');
  await eventually(async () => (await parcelOf(orderNo))?.trackState === 'collected', 'the new track');
});

test('FU-3 two corrections at once are both traced, each from what the other left', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo, trackingNo, parcel } = await givenWatched();
  const path = `/merchant/orders/${orderNo}/shipments/${parcel.shipmentNo}/corrections`;
  const numbers = [newTrackingNo(), newTrackingNo()];
  await Promise.all(numbers.map((number) => merchant.post(path, correctionOf(number))));
  const log = (await logOf(buyer, orderNo)).filter(({ action }) => action === 'correct_shipment');
  const steps = log.map(({ input }) => input as { trackingNo: string; from: { trackingNo: string } });
  expect(steps.map(({ from }) => from.trackingNo)).toEqual([trackingNo, steps[0]?.trackingNo]);
  expect(steps.map((step) => step.trackingNo).toSorted()).toEqual(numbers.toSorted());
});

test('FU-3 ID-2 a number is not corrected when signed for, by strangers, elsewhere, or before the hand-over', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo, trackingNo, parcel } = await givenWatched();
  const path = `/merchant/orders/${orderNo}/shipments/${parcel.shipmentNo}/corrections`;
  const correction = correctionOf(newTrackingNo());
  expect((await problemFrom((await staff('merchant2')).post(path, correction))).status).toBe(404);
  expect((await problemFrom(buyer.post(path, correction))).status).toBe(403);
  const { orderNos } = await givenToShip(1);
  const elsewhere = `/merchant/orders/${orderNos[0]}/shipments/${parcel.shipmentNo}/corrections`;
  expect((await problemFrom(merchant.post(elsewhere, correction))).status).toBe(404);
  await carrierOf(trackingNo).tells('signed', '已签收');
  await eventually(async () => (await parcelOf(orderNo))?.trackState === 'signed', 'the signature');
  expect(await problemFrom(merchant.post(path, correction))).toMatchObject({
    status: 409,
    code: 'parcel_signed',
  });
  expect((await parcelOf(orderNo))?.trackingNo).toBe(trackingNo);
});

test('FU-3 three hundred rows are shipped within the time one request takes', {
  timeout: 180_000,
}, async () => {
  const { orderNos } = await givenToShip(300);
  const begun = Date.now();
  const answer = await upload(
    await staff('merchant1'),
    orderNos.map((orderNo) => `${orderNo},shunfeng,${newTrackingNo()}`),
  );
  expect(answer).toEqual({ accepted: 300, pending: 0, rejected: [] });
  expect(Date.now() - begun).toBeLessThan(30_000);
});
