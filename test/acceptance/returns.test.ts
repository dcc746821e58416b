import { randomInt } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AfterSaleRepresentation } from '../../api/representations/after-sale.ts';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { startOwnStack } from '../support/own-stack.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  sandbox,
  ship,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** RT-4 and RT-6 against the carriers of the sandbox, where a carrier's day is four seconds, as in `tracks.test.ts`. */

const DAY_MS = 86_400_000;
const DIVISOR = 17_280;

let own: Stack;
beforeAll(async () => {
  const env = {
    PARCEL_WATCH_INTERVAL_SECONDS: '1',
    PARCEL_TIME_DIVISOR: String(DIVISOR),
    SWEEP_INTERVAL_SECONDS: '2',
  };
  own = await startOwnStack({ env });
  await sandbox('kuaidi100', '/settings', { autoAdvance: false });
}, 300_000);
afterAll(() => own.stop());

type Case = AfterSaleRepresentation;
const newNumber = () => `SF${randomInt(10 ** 12, 10 ** 13)}`;
const pathOf = (trackingNo: string) => `/parcels/shunfeng/${trackingNo}`;
const sendBack = (trackingNo: string) => ({ do: 'send_back', carrier: 'shunfeng', trackingNo });

interface Return {
  buyer: Buyer;
  orderNo: string;
  skuId: string;
  caseNo: string;
  trackingNo: string;
  act: (command: object) => Promise<unknown>;
  merchantActs: (command: object) => Promise<unknown>;
  /** Moves the parcel that comes back, at the carrier. */
  carrier: (path: string, body?: object) => Promise<unknown>;
}

/** A case whose goods are on their way back, and whose parcel is watched. */
async function givenReturn({ received = false }: { received?: boolean } = {}): Promise<Return> {
  const skuId = await givenSku(await givenShop(), 10);
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [skuId]: 2 });
  await pay(buyer, orderNo);
  await ship(merchant, orderNo);
  if (received) await receive(buyer, orderNo);
  const { caseNo } = await buyer.post<Case>(`/orders/${orderNo}/after-sales`, {
    ...{ kind: 'return_refund', reason: 'defective', words: '壶嘴裂了' },
    lines: [{ lineNo: 1, quantity: 1 }],
  });
  const act = (command: object) => buyer.post(`/after-sales/${caseNo}/actions`, command);
  const merchantActs = (command: object) => merchant.post(`/merchant/after-sales/${caseNo}/actions`, command);
  await merchantActs({ do: 'agree', returnTo: '杭州市余杭区文一西路 1 号' });
  const trackingNo = newNumber();
  await act(sendBack(trackingNo));
  await watched(trackingNo);
  return {
    ...{ buyer, orderNo, skuId, caseNo, trackingNo, act, merchantActs },
    carrier: (path, body = {}) => sandbox('kuaidi100', pathOf(trackingNo) + path, body),
  };
}

const watched = (trackingNo: string) =>
  eventually(async () => {
    const known = await sandbox<{ subscribed: boolean }>('kuaidi100', pathOf(trackingNo), {}, 'GET').catch(
      () => null,
    );
    return known?.subscribed;
  }, 'the parcel to be watched');

const readCase = (client: Pick<Buyer, 'get'>, caseNo: string): Promise<Case> =>
  client.get<Case>(`/after-sales/${caseNo}`);

const caseWhen = (
  { buyer, caseNo }: Return,
  wanted: (theCase: Case) => boolean | undefined,
  timeoutMs?: number,
): Promise<Case> =>
  eventually(
    async () => {
      const now = await readCase(buyer, caseNo);
      return wanted(now) ? now : undefined;
    },
    `case ${caseNo}`,
    timeoutMs,
  );

const noticesOf = async (client: Pick<Buyer, 'get'>, orderNo: string): Promise<string[]> =>
  (await client.get<{ notices: { orderNo: string; event: string }[] }>('/notices')).notices
    .filter((notice) => notice.orderNo === orderNo)
    .map(({ event }) => event);

test('RT-4 RT-6 what the buyer sends back is tracked: every event shows to all sides, and from the signature on the merchant has ten days', async () => {
  const theReturn = await givenReturn({ received: true });
  const { buyer, orderNo, skuId, caseNo, trackingNo, carrier } = theReturn;
  const sent = await readCase(buyer, caseNo);
  expect(sent.parcels).toMatchObject([
    { trackingNo, state: 'handed_over', words: { zh: '已交运' }, carrierPhone: '95338', events: [] },
  ]);
  const leftDays = (Date.parse(sent.dueAt ?? '') - Date.now()) / DAY_MS;
  expect(Math.round(leftDays)).toBe(30);
  await carrier('/events', { state: 'collected', text: '【杭州市】顺丰速运 已收取快件' });
  await carrier('/events', { state: 'in_transit', text: '快件已到达【杭州集散中心】' });
  const merchant = await staff('merchant1');
  await caseWhen(theReturn, ({ parcels }) => parcels[0]?.events.length === 2);
  for (const client of [buyer, merchant, await staff('customerService')])
    expect((await readCase(client, caseNo)).parcels).toMatchObject([
      { state: 'in_transit', words: { en: 'in transit' }, events: [{ state: 'in_transit' }, {}] },
    ]);
  // Nothing of it is a parcel of the order.
  const order = await readOrder(buyer, orderNo);
  expect(order.shipments).toHaveLength(1);
  const tracks = await buyer.get<{ parcels: object[] }>(`/orders/${orderNo}/tracks`);
  expect(tracks.parcels).toHaveLength(1);

  await carrier('/events', { state: 'signed', text: '已签收' });
  const arrived = await caseWhen(theReturn, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  expect(arrived).toMatchObject({ state: 'returning', parcels: [{ state: 'signed' }] });
  const inspectionDays = (Date.parse(arrived.dueAt ?? '') - Date.now()) / DAY_MS;
  expect(Math.round(inspectionDays)).toBe(10);
  expect((await readCase(merchant, caseNo)).actions).toEqual(['pass', 'fail']);
  await theReturn.merchantActs({
    do: 'pass',
    dispositions: [{ lineNo: 1, sellable: 1, damaged: 0, lost: 0 }],
  });
  await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 10_000, 30_000);
  const [level] = await database().select().from(t.stockLevels).where(eq(t.stockLevels.skuId, skuId));
  expect(level).toMatchObject({ onHand: 9, reserved: 0 });
});

test('RT-4 a report about a return that is not signed with its own secret is refused and changes nothing', async () => {
  const theReturn = await givenReturn();
  const { buyer, caseNo, trackingNo, carrier } = theReturn;
  const shipmentNo = (await readCase(buyer, caseNo)).parcels[0]?.shipmentNo ?? '';
  const other = await givenReturn();
  await other.carrier('/events', { state: 'signed', text: '已签收' });
  const sign = (no: string, more: object) =>
    sandbox<{ body: string }>('kuaidi100', '/sign', { carrier: 'shunfeng', trackingNo: no, ...more });
  for (const [no, more, status] of [
    [trackingNo, { forged: true }, 401],
    [trackingNo, { salt: 'guessed' }, 401],
    [other.trackingNo, {}, 401],
  ] as const)
    expect(await post(shipmentNo, (await sign(no, more)).body)).toBe(status);
  expect(await readCase(buyer, caseNo)).toMatchObject({
    state: 'returning',
    parcels: [{ state: 'handed_over', events: [] }],
  });
  await carrier('/events', { state: 'collected', text: '已收取' });
  await caseWhen(theReturn, ({ parcels }) => parcels[0]?.state === 'collected');
});

test('RT-4 a signature that is told twice counts once', async () => {
  const theReturn = await givenReturn();
  const { carrier, trackingNo } = theReturn;
  await sandbox('kuaidi100', '/faults', { duplicateNotify: 3, onlyOutTradeNo: trackingNo });
  await carrier('/events', { state: 'signed', text: '已签收' });
  await caseWhen(theReturn, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  await carrier('/notify');
  const { log } = await caseWhen(theReturn, ({ parcels }) => parcels[0]?.events.length === 1);
  expect(log.filter(({ action }) => action === 'parcel_signed')).toHaveLength(1);
});

test('RT-4 lost pushes about a return are made up for by asking', async () => {
  const theReturn = await givenReturn();
  await sandbox('kuaidi100', '/faults', { dropNotify: true, onlyOutTradeNo: theReturn.trackingNo });
  await theReturn.carrier('/events', { state: 'signed', text: '已签收' });
  const { parcels } = await caseWhen(theReturn, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  expect(parcels).toMatchObject([{ state: 'signed', events: [{ text: '已签收' }] }]);
});

test('RT-4 a wrong number is corrected as long as nothing was heard of the parcel; the case’s log has both', async () => {
  const theReturn = await givenReturn();
  const { buyer, caseNo, trackingNo, act } = theReturn;
  expect((await readCase(buyer, caseNo)).actions).toEqual(['send_back']);
  expect(await problemFrom(act(sendBack(trackingNo)))).toMatchObject({ code: 'same_tracking_no' });
  const right = newNumber();
  await act(sendBack(right));
  await watched(right);
  // What the carrier tells of the wrong one is somebody else's.
  await theReturn.carrier('/events', { state: 'signed', text: '已签收' });
  await sandbox('kuaidi100', `${pathOf(right)}/events`, { state: 'collected', text: '已收取' });
  const corrected = await caseWhen(theReturn, ({ parcels }) => parcels[0]?.state === 'collected');
  expect(corrected).toMatchObject({ state: 'returning', trackingNo: right, actions: [] });
  expect(corrected.parcels).toMatchObject([{ trackingNo: right, events: [{ text: '已收取' }] }]);
  expect(
    corrected.log
      .filter(({ action }) => action === 'send_back')
      .map(({ fromState, words }) => [fromState, words]),
  ).toEqual([
    ['awaiting_parcel', `shunfeng ${trackingNo}`],
    ['returning', `shunfeng ${right}`],
  ]);
  expect(await problemFrom(act(sendBack(newNumber())))).toMatchObject({ code: 'not_now' });
});

test.each(['lost', 'stalled'])(
  'RT-4 LG-2 a return that is %s is told to both sides once, and moves nothing of the order’s clock',
  async (kind) => {
    // Of a received order: of another the parcel that it came with falls silent, too.
    const theReturn = await givenReturn({ received: true });
    const { buyer, orderNo, carrier } = theReturn;
    const held = await readOrder(buyer, orderNo);
    if (kind === 'lost') {
      await carrier('/course', { course: 'lost' });
      for (let steps = 0; steps < 12; steps++) await carrier('/advance').catch(() => undefined);
    }
    const told = await caseWhen(
      theReturn,
      ({ parcels }) => parcels[0]?.anomalies.some((anomaly) => anomaly.kind === kind),
      30_000,
    );
    expect(told.parcels[0]?.anomalies.find((anomaly) => anomaly.kind === kind)?.words.zh).toContain('退货');
    expect(told.state).toBe('returning');
    for (const client of [buyer, await staff('merchant1')]) {
      const events = await noticesOf(client, orderNo);
      expect(events.filter((event) => event.startsWith(`return_parcel_${kind}:`))).toHaveLength(1);
      expect(events.filter((event) => event.startsWith(`parcel_${kind}:`))).toHaveLength(0);
    }
    const holds = await database().select().from(t.orderHolds).where(eq(t.orderHolds.orderNo, orderNo));
    expect(holds.map(({ holdId }) => holdId)).toEqual([theReturn.caseNo]);
    expect((await readOrder(buyer, orderNo)).autoReceiptAt).toBe(held.autoReceiptAt);
  },
);

async function post(shipmentNo: string, body: string): Promise<number> {
  const response = await fetch(`${stack().apiUrl}/v1/callbacks/kuaidi100/${shipmentNo}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}
