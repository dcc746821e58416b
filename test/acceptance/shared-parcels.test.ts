import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { noticesOf } from '../support/books.ts';
import { applyFor, type Case, caseWhen, inspected, merchantActs, sentBack } from '../support/cases.ts';
import { carrierOf, postReport, signReport, startParcelStack } from '../support/parcels.ts';
import {
  ADDRESS,
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  newTrackingNo,
  pay,
  receive,
  ship,
  staff,
  submit,
} from '../support/world.ts';

/**
 * FU-8: one parcel with several shipments, on a stack that looks at parcels every second. Its carriers' days are whole
 * days: nobody is asked for hours, so what moves here moves by a push, or by the question at joining.
 */

let own: Stack;
beforeAll(async () => {
  own = await startParcelStack();
}, 300_000);
afterAll(() => own.stop());

interface ParcelView {
  shipmentNo: string;
  orderNo: string;
  state: string;
  togetherWith: string[];
  events: { text: string; state: string }[];
}

async function givenPaid(buyer: Buyer, shop: Parameters<typeof givenShop>[0] = {}): Promise<string> {
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(shop), 10)]: 1 });
  await pay(buyer, orderNo);
  return orderNo;
}

/** Until so many shipments under the number are watched, as far as the tracking service takes them. */
const watchedUnder = (trackingNo: string, count: number) =>
  eventually(async () => {
    const rows = await database()
      .select({ shipmentNo: t.shipments.shipmentNo })
      .from(t.shipments)
      .where(and(eq(t.shipments.trackingNo, trackingNo), isNotNull(t.shipments.watchedAt)));
    return rows.length === count;
  }, `${count} shipments under ${trackingNo} to be watched`);

/** Two orders of one buyer in one parcel, which the tracking service tells of to the first. */
async function givenTogether(): Promise<{ buyer: Buyer; orderNos: [string, string]; trackingNo: string }> {
  const [buyer, merchant, trackingNo] = [await newBuyer(), await staff('merchant1'), newTrackingNo()];
  const orderNos: [string, string] = [await givenPaid(buyer), await givenPaid(buyer)];
  for (const [index, orderNo] of orderNos.entries()) {
    await ship(merchant, orderNo, trackingNo);
    await watchedUnder(trackingNo, index + 1);
  }
  return { buyer, orderNos, trackingNo };
}

async function parcelOf(client: Pick<ShopClient, 'get'>, orderNo: string): Promise<ParcelView> {
  const { parcels } = await client.get<{ parcels: ParcelView[] }>(`/orders/${orderNo}/tracks`);
  expect(parcels).toHaveLength(1);
  return parcels[0] as ParcelView;
}

const parcelWhen = (buyer: Buyer, orderNo: string, wanted: (parcel: ParcelView) => boolean) =>
  eventually(async () => {
    const parcel = await parcelOf(buyer, orderNo);
    return wanted(parcel) && parcel;
  }, `the parcel of ${orderNo}`);

const isBack = ({ log }: Case) => log.some(({ action }) => action === 'parcel_signed');

test('FU-8 LG-1 LG-4 one parcel with two orders: a push moves both, and on its signature both are asked to confirm', async () => {
  const { buyer, orderNos, trackingNo } = await givenTogether();
  await carrierOf(trackingNo).tells('collected', '已收取快件');
  await carrierOf(trackingNo).tells('delivering', '正在派送途中');
  for (const orderNo of orderNos)
    expect((await parcelWhen(buyer, orderNo, ({ state }) => state === 'delivering')).events).toMatchObject([
      { text: '正在派送途中' },
      { text: '已收取快件' },
    ]);
  await carrierOf(trackingNo).tells('signed', '已签收');
  for (const orderNo of orderNos) {
    await eventually(
      async () => (await noticesOf(buyer, orderNo)).includes('parcel_signed'),
      `the buyer of ${orderNo} to be asked`,
    );
    await receive(buyer, orderNo);
  }
});

test('FU-8 LG-1 the orders in a parcel name each other: all of them to their buyer, to a merchant his own alone', async () => {
  const [buyer, trackingNo] = [await newBuyer(), newTrackingNo()];
  const [merchant1, merchant2] = [await staff('merchant1'), await staff('merchant2')];
  const [first, second] = [await givenPaid(buyer), await givenPaid(buyer)];
  const foreign = await givenPaid(buyer, { merchantId: 'M2' });
  const apart = await givenPaid(buyer);
  await ship(merchant1, first, trackingNo);
  await ship(merchant1, second, trackingNo);
  await ship(merchant2, foreign, trackingNo);
  await ship(merchant1, apart);
  const together = async (client: ShopClient, orderNo: string) =>
    (await parcelOf(client, orderNo)).togetherWith;
  expect(await together(buyer, first)).toEqual([second, foreign].sort());
  expect(await together(buyer, foreign)).toEqual([first, second].sort());
  expect(await together(buyer, apart)).toEqual([]);
  expect(await together(merchant1, first)).toEqual([second]);
  expect(await together(merchant1, second)).toEqual([first]);
  expect(await together(merchant2, foreign)).toEqual([]);
  expect(await together(await staff('customerService'), second)).toEqual([first, foreign].sort());
  // They travelled together also once they have arrived.
  await watchedUnder(trackingNo, 3);
  await carrierOf(trackingNo).tells('signed', '已签收');
  const arrived = await parcelWhen(buyer, second, ({ state }) => state === 'signed');
  expect(arrived.togetherWith).toEqual([first, foreign].sort());
});

test('FU-8 LG-3 two orders in one parcel that is refused at the door: a case for each, and both wait for the inspection once it is back', async () => {
  const { buyer, orderNos, trackingNo } = await givenTogether();
  await carrierOf(trackingNo).course('refused');
  await carrierOf(trackingNo).advance('refused');
  const merchant = await staff('merchant1');
  const caseNos: string[] = [];
  for (const orderNo of orderNos) {
    const opened = await eventually(async () => {
      const { cases } = await merchant.get<{ cases: Case[] }>('/after-sales');
      return cases.find((one) => one.orderNo === orderNo);
    }, `the case of ${orderNo}`);
    expect(opened).toMatchObject({ state: 'returning', reason: 'refused_delivery' });
    caseNos.push(opened.caseNo);
    expect(
      (await noticesOf(buyer, orderNo)).filter((event) => event.startsWith('parcel_refused')),
    ).toHaveLength(1);
  }
  await carrierOf(trackingNo).advance('returned');
  for (const caseNo of caseNos) {
    const back = await caseWhen(merchant, caseNo, isBack);
    await merchantActs(merchant, caseNo, inspected(back));
  }
});

test('FU-8 LG-1 an order that joins a parcel on its way has at once what was told before, and hears what comes', async () => {
  const [buyer, merchant, trackingNo] = [await newBuyer(), await staff('merchant1'), newTrackingNo()];
  const [first, second] = [await givenPaid(buyer), await givenPaid(buyer)];
  await ship(merchant, first, trackingNo);
  await watchedUnder(trackingNo, 1);
  await carrierOf(trackingNo).tells('collected', '已收取快件');
  await carrierOf(trackingNo).tells('in_transit', '已到达集散中心');
  await parcelWhen(buyer, first, ({ events }) => events.length === 2);
  await ship(merchant, second, trackingNo);
  const joined = await parcelWhen(buyer, second, ({ events }) => events.length === 2);
  expect(joined).toMatchObject({ state: 'in_transit', togetherWith: [first] });
  await carrierOf(trackingNo).tells('delivering', '正在派送途中');
  await parcelWhen(buyer, second, ({ state }) => state === 'delivering');
});

test('FU-8 LG-1 an order that joins while the tracking service does not answer hears all of it with the next push', async () => {
  const [buyer, merchant, trackingNo] = [await newBuyer(), await staff('merchant1'), newTrackingNo()];
  const [first, second] = [await givenPaid(buyer), await givenPaid(buyer)];
  await ship(merchant, first, trackingNo);
  await watchedUnder(trackingNo, 1);
  await carrierOf(trackingNo).tells('collected', '已收取快件');
  await parcelWhen(buyer, first, ({ events }) => events.length === 1);
  await carrierOf(trackingNo).faults({ silentQuery: true });
  await ship(merchant, second, trackingNo);
  await watchedUnder(trackingNo, 2);
  expect((await parcelOf(buyer, second)).events).toEqual([]);
  await carrierOf(trackingNo).tells('in_transit', '已到达集散中心');
  await parcelWhen(buyer, second, ({ events }) => events.length === 2);
});

test('FU-8 LG-1 a report that one order could not take reaches the other, and is told again', async () => {
  const { buyer, orderNos, trackingNo } = await givenTogether();
  const [first, second] = orderNos;
  const { shipmentNo } = await parcelOf(buyer, first);
  const broken = (await parcelOf(buyer, second)).shipmentNo;
  await database().execute(
    sql.raw(`create function refuse_events() returns trigger language plpgsql as
      $$ begin if new.shipment_no = '${broken}' then raise 'no room'; end if; return new; end $$`),
  );
  await database().execute(
    sql`create trigger refuse_events before insert on track_events for each row execute function refuse_events()`,
  );
  await carrierOf(trackingNo).tells('collected', '已收取快件');
  await parcelWhen(buyer, first, ({ events }) => events.length === 1);
  const { body } = await signReport(trackingNo);
  expect(await postReport(shipmentNo, body)).toBe(503);
  expect((await parcelOf(buyer, second)).events).toEqual([]);
  await database().execute(sql`drop trigger refuse_events on track_events`);
  expect(await postReport(shipmentNo, body)).toBe(200);
  for (const orderNo of orderNos) expect((await parcelOf(buyer, orderNo)).events).toHaveLength(1);
});

test('FU-8 LG-1 another buyer’s order under the same number hears nothing of it', async () => {
  const { buyer, orderNos, trackingNo } = await givenTogether();
  const other = await newBuyer();
  const { addressId } = await other.post<{ addressId: string }>('/addresses', {
    ...ADDRESS,
    phone: '13800000099',
  });
  const mistaken = await givenPaid(Object.assign(other, { addressId }));
  await ship(await staff('merchant1'), mistaken, trackingNo);
  await carrierOf(trackingNo).tells('signed', '已签收');
  for (const orderNo of orderNos) await parcelWhen(buyer, orderNo, ({ state }) => state === 'signed');
  expect(await parcelOf(other, mistaken)).toMatchObject({
    state: 'handed_over',
    events: [],
    togetherWith: [],
  });
  expect((await parcelOf(await staff('merchant1'), mistaken)).togetherWith).toEqual([]);
});

test('FU-8 RT-4 LG-1 two cases whose goods come back in one parcel: its signature starts the time to inspect of both', async () => {
  const [buyer, merchant, trackingNo] = [await newBuyer(), await staff('merchant1'), newTrackingNo()];
  const caseNos: string[] = [];
  for (let count = 1; count <= 2; count++) {
    const orderNo = await givenPaid(buyer);
    await ship(merchant, orderNo);
    await receive(buyer, orderNo);
    const { caseNo } = await applyFor(buyer, orderNo);
    await sentBack(buyer, merchant, caseNo, trackingNo);
    await watchedUnder(trackingNo, count);
    caseNos.push(caseNo);
  }
  await carrierOf(trackingNo).tells('collected', '已收取快件');
  for (const caseNo of caseNos)
    await caseWhen(buyer, caseNo, ({ parcels }) => parcels[0]?.state === 'collected');
  await carrierOf(trackingNo).tells('signed', '已签收');
  for (const caseNo of caseNos) {
    const arrived = await caseWhen(merchant, caseNo, isBack);
    expect(arrived).toMatchObject({ state: 'returning', actions: ['pass', 'fail'] });
    const days = (Date.parse(arrived.dueAt ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(10);
  }
});
