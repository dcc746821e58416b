import { Client, Connection } from '@temporalio/client';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { noticesOf } from '../support/books.ts';
import { type Case, caseWhen, inspected, merchantActs, refunded } from '../support/cases.ts';
import { givenShipped, levelsOf, type Shipped } from '../support/given.ts';
import {
  type Carrier,
  carrierOf,
  FAST_DIVISOR,
  postReport,
  signReport,
  startFastParcelStack,
} from '../support/parcels.ts';
import {
  type Buyer,
  database,
  eventually,
  type givenShop,
  newBuyer,
  problemFrom,
  readOrder,
  receive,
  stack,
  staff,
  waitFor,
} from '../support/world.ts';

/** LG-1, LG-2 and LG-4 against the carriers of the sandbox, on a stack of its own. */

const DAY_MS = 86_400_000 / FAST_DIVISOR;

let own: Stack;
beforeAll(async () => {
  own = await startFastParcelStack();
}, 300_000);
afterAll(() => own.stop());

interface ParcelView {
  shipmentNo: string;
  state: string;
  words: { zh: string; en: string };
  estimatedArrival: { at: string; rule: string } | null;
  events: { at: string; text: string; state: string }[];
  anomalies: { kind: string; words: { zh: string; en: string }; openedAt: string; closedAt: string | null }[];
}

const parcelsOf = async (client: Pick<Buyer, 'get'>, orderNo: string): Promise<ParcelView[]> =>
  (await client.get<{ parcels: ParcelView[] }>(`/orders/${orderNo}/tracks`)).parcels;

interface Watched extends Shipped {
  carrier: Carrier;
}

/** A shipped order whose parcel is watched. */
async function givenWatched(shop: Parameters<typeof givenShop>[0] = {}): Promise<Watched> {
  const shipped = await givenShipped({ shop });
  const carrier = carrierOf(shipped.trackingNo);
  await carrier.untilWatched();
  return { ...shipped, carrier };
}

const parcelWhen = (
  { buyer, orderNo }: Watched,
  wanted: (parcel: ParcelView) => boolean,
  timeoutMs?: number,
) =>
  eventually(
    async () => {
      const [parcel] = await parcelsOf(buyer, orderNo);
      return parcel && wanted(parcel) && parcel;
    },
    `the parcel of ${orderNo}`,
    timeoutMs,
  );

test('LG-1 a parcel is watched by itself; every event comes by push, with the state in words and an estimate', async () => {
  const shipped = await givenWatched();
  const [before] = await parcelsOf(shipped.buyer, shipped.orderNo);
  expect(before).toMatchObject({
    state: 'handed_over',
    events: [],
    estimatedArrival: { rule: 'express_2d' },
  });
  await shipped.carrier.tells('collected', '【上海市】顺丰速运 已收取快件');
  await shipped.carrier.tells('in_transit', '快件已到达【上海浦东集散中心】');
  await shipped.carrier.tells('delivering', '正在派送途中，请您准备签收');
  const parcel = await parcelWhen(shipped, ({ events }) => events.length === 3);
  expect(parcel).toMatchObject({
    state: 'delivering',
    words: { zh: '派送中', en: 'out for delivery' },
    events: [{ state: 'delivering' }, { state: 'in_transit' }, { state: 'collected' }],
    estimatedArrival: { rule: 'out_for_delivery' },
  });
  const { prompt } = await readOrder(shipped.buyer, shipped.orderNo);
  expect(prompt.zh).toContain('正在派送途中');
  // The merchant sees the same, a stranger nothing.
  expect(await parcelsOf(await staff('merchant1'), shipped.orderNo)).toHaveLength(1);
  const stranger = await newBuyer();
  expect((await problemFrom(stranger.get(`/orders/${shipped.orderNo}/tracks`))).status).toBe(404);
});

test('LG-1 a report told twice, or an older one told later, adds nothing and moves nothing back', async () => {
  const shipped = await givenWatched();
  await shipped.carrier.tells('collected', '已收取');
  await shipped.carrier.faults({ outOfOrder: true, duplicateNotify: 3 });
  await shipped.carrier.tells('in_transit', '已到达');
  await shipped.carrier.tells('delivering', '派送中');
  await parcelWhen(shipped, ({ events }) => events.length === 3);
  await shipped.carrier.repeats();
  const parcel = await parcelWhen(shipped, ({ state }) => state === 'delivering');
  expect(parcel.events.map(({ state }) => state)).toEqual(['delivering', 'in_transit', 'collected']);
});

test('LG-1 P2 a track of two hundred events costs the order’s history nothing', async () => {
  const shipped = await givenWatched();
  const connection = await Connection.connect({ address: stack().temporalAddress });
  const events = async () =>
    (await new Client({ connection }).workflow.getHandle(orderWorkflowId(shipped.orderNo)).fetchHistory())
      .events?.length;
  const before = await events();
  for (let n = 0; n < 200; n++) await shipped.carrier.tells('in_transit', `转运 ${n}`);
  await parcelWhen(shipped, (parcel) => parcel.events.length === 200, 60_000);
  expect(await events()).toBe(before);
  await connection.close();
});

test.each([
  ['the wrong salt', async (no: string) => signReport(no, { salt: 'guessed' })],
  ['a forged signature', async (no: string) => signReport(no, { forged: true })],
  ['an altered body', async (no: string) => ({ body: `${(await signReport(no)).body}0` })],
  ['nonsense', async () => ({ body: 'nonsense' })],
])('LG-1 a report with %s is refused and changes nothing', async (_what, make) => {
  const shipped = await givenWatched();
  const [{ shipmentNo }] = (await parcelsOf(shipped.buyer, shipped.orderNo)) as [ParcelView];
  expect(await postReport(shipmentNo, (await make(shipped.trackingNo)).body)).toBe(401);
  expect(await postReport(`${shipmentNo}9`, (await signReport(shipped.trackingNo)).body)).toBe(404);
  expect((await parcelsOf(shipped.buyer, shipped.orderNo))[0]?.events).toEqual([]);
});

test('LG-1 a genuine report of another parcel, sent to this one’s address, is not its own', async () => {
  const [shipped, other] = [await givenWatched(), await givenWatched()];
  const [row] = await database()
    .select()
    .from(t.shipments)
    .where(eq(t.shipments.trackingNo, shipped.trackingNo));
  const { body } = await signReport(other.trackingNo, { salt: row?.trackSalt ?? '' });
  expect(await postReport(row?.shipmentNo ?? '', body)).toBe(404);
});

test('LG-1 lost pushes are made up for by asking', async () => {
  const shipped = await givenWatched();
  await shipped.carrier.faults({ dropNotify: true });
  await shipped.carrier.tells('collected', '已收取');
  const parcel = await parcelWhen(shipped, ({ state }) => state === 'collected');
  expect(parcel.events).toHaveLength(1);
});

test('LG-2 silence becomes an alarm: told once to both sides, the clock stands still; movement ends it', async () => {
  const shipped = await givenWatched({ autoReceiptSeconds: 8 });
  const merchant = await staff('merchant1');
  const stalled = await parcelWhen(shipped, ({ anomalies }) => anomalies.length > 0, 4 * DAY_MS + 10_000);
  expect(stalled.anomalies).toMatchObject([{ kind: 'stalled', closedAt: null }]);
  const held = await waitFor(shipped.buyer, shipped.orderNo, ({ onHold }) => onHold);
  expect(held).toMatchObject({ state: 'awaiting_receipt', autoReceiptAt: null });
  // It would have been received by the clock long before this.
  await eventually(
    async () => Date.now() > Date.parse(held.shippedAt ?? '') + 10_000,
    'the time of auto-receipt',
  );
  expect((await readOrder(shipped.buyer, shipped.orderNo)).state).toBe('awaiting_receipt');
  for (const client of [shipped.buyer, merchant]) {
    const events = await noticesOf(client, shipped.orderNo);
    expect(events.filter((event) => event.startsWith('parcel_stalled'))).toHaveLength(1);
  }
  await shipped.carrier.tells('in_transit', '快件继续运输');
  const moving = await parcelWhen(shipped, ({ anomalies }) =>
    anomalies.every(({ closedAt }) => closedAt !== null),
  );
  expect(moving.anomalies).toHaveLength(1);
  const released = await waitFor(shipped.buyer, shipped.orderNo, ({ onHold }) => !onHold);
  // Decision 27: the rest of the clock runs on, a day at least.
  expect(Date.parse(released.autoReceiptAt ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
});

test.each([
  ['damaged', 'damaged', false],
  ['lost', 'lost', true],
  ['wrong_address', 'wrong_address', false],
  ['failed_delivery', 'failed_delivery', false],
])('LG-2 a parcel that is %s: both sides are told once what to do', async (course, kind, stops) => {
  const shipped = await givenWatched();
  const merchant = await staff('merchant1');
  await shipped.carrier.runs(course);
  const parcel = await parcelWhen(shipped, ({ anomalies }) =>
    anomalies.some((anomaly) => anomaly.kind === kind),
  );
  expect(parcel.anomalies.find((anomaly) => anomaly.kind === kind)?.words.zh).toMatch(/[\u4e00-\u9fff]{6,}/);
  for (const client of [shipped.buyer, merchant])
    expect(
      (await noticesOf(client, shipped.orderNo)).filter((event) => event.startsWith(`parcel_${kind}`)),
    ).toHaveLength(1);
  if (stops) await waitFor(shipped.buyer, shipped.orderNo, ({ onHold }) => onHold);
});

test('LG-3 a refused parcel comes back, is inspected by its merchant, restocked and refunded without its freight', async () => {
  const shipped = await givenWatched();
  const { buyer, orderNo } = shipped;
  await shipped.carrier.course('refused');
  await shipped.carrier.advance('refused');
  await parcelWhen(shipped, ({ state }) => state === 'refused');
  await waitFor(buyer, orderNo, ({ onHold }) => onHold);
  const merchant = await staff('merchant1');
  const caseNow = async () => {
    const { cases } = await merchant.get<{ cases: Case[] }>('/after-sales');
    return cases.find((one) => one.orderNo === orderNo);
  };
  const opened = await eventually(caseNow, 'the case');
  expect(opened).toMatchObject({ state: 'returning', reason: 'refused_delivery', actions: ['pass', 'fail'] });
  await shipped.carrier.advance('returned');
  const arrived = await caseWhen(merchant, opened.caseNo, ({ log }) =>
    log.some(({ action }) => action === 'parcel_signed'),
  );
  expect(Date.parse(arrived.dueAt ?? '')).toBeLessThan(Date.parse(opened.dueAt ?? ''));
  await merchantActs(merchant, opened.caseNo, inspected(opened));
  const order = await refunded(buyer, orderNo, 10_000);
  expect(order).toMatchObject({ state: 'closed', onHold: false });
  expect(await levelsOf(order.lines[0]?.skuId ?? '')).toEqual({ onHand: 10, reserved: 0 });
});

test.each([
  ['shortens the wait to three days', 3 * 86_400, 10 * 86_400, 3],
  ['never lengthens it', 3 * 86_400, 86_400, 1],
])('LG-4 a signature %s', async (_what, signedReceiptSeconds, autoReceiptSeconds, days) => {
  const shipped = await givenWatched({ signedReceiptSeconds, autoReceiptSeconds });
  await shipped.carrier.tells('signed', '已签收，感谢使用顺丰');
  await eventually(
    async () => (await noticesOf(shipped.buyer, shipped.orderNo)).includes('parcel_signed'),
    'the buyer to be told',
  );
  const { autoReceiptAt } = await readOrder(shipped.buyer, shipped.orderNo);
  const left = Date.parse(autoReceiptAt ?? '') - Date.now();
  expect(Math.round(left / 86_400_000)).toBe(days);
  await receive(shipped.buyer, shipped.orderNo);
});

test('LG-4 by a shop’s policy a signature completes the order at once', async () => {
  const shipped = await givenWatched({ signedReceiptSeconds: 0 });
  await shipped.carrier.tells('signed', '已签收');
  const order = await waitFor(shipped.buyer, shipped.orderNo, ({ state }) => state === 'completed');
  expect(order.endReason).toBe('auto_receipt');
});
