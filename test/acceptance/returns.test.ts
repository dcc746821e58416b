import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { noticesOf } from '../support/books.ts';
import {
  applyFor,
  buyerActs,
  type Case,
  caseWhen,
  inspected,
  merchantActs,
  readCase,
  refunded,
  sendBack,
  sentBack,
} from '../support/cases.ts';
import { givenShipped, type Shipped } from '../support/given.ts';
import { type Carrier, carrierOf, postReport, signReport, startFastParcelStack } from '../support/parcels.ts';
import { database, newTrackingNo, problemFrom, readOrder, staff } from '../support/world.ts';

/** RT-4 and RT-6 against the carriers of the sandbox, where a carrier's day is four seconds, as in `tracks.test.ts`. */

const DAY_MS = 86_400_000;

let own: Stack;
beforeAll(async () => {
  own = await startFastParcelStack();
}, 300_000);
afterAll(() => own.stop());

interface Return extends Shipped {
  caseNo: string;
  /** Of the parcel that comes back. */
  carrier: Carrier;
}

/** A case whose goods are on their way back, and whose parcel is watched. */
async function givenReturn({ received = false }: { received?: boolean } = {}): Promise<Return> {
  const shipped = await givenShipped({ quantity: 2, received });
  const { buyer, merchant, orderNo } = shipped;
  const { caseNo } = await applyFor(buyer, orderNo);
  const trackingNo = newTrackingNo();
  await sentBack(buyer, merchant, caseNo, trackingNo);
  const carrier = carrierOf(trackingNo);
  await carrier.untilWatched();
  return { ...shipped, caseNo, trackingNo, carrier };
}

const returnWhen = (
  { buyer, caseNo }: Return,
  wanted: (theCase: Case) => boolean | undefined,
  timeoutMs?: number,
): Promise<Case> => caseWhen(buyer, caseNo, wanted, timeoutMs);

test('RT-4 RT-6 what the buyer sends back is tracked: every event shows to all sides, and from the signature on the merchant has ten days', async () => {
  const theReturn = await givenReturn({ received: true });
  const { buyer, orderNo, skuId, caseNo, trackingNo, carrier } = theReturn;
  const sent = await readCase(buyer, caseNo);
  expect(sent.parcels).toMatchObject([
    { trackingNo, state: 'handed_over', words: { zh: '已交运' }, carrierPhone: '95338', events: [] },
  ]);
  const leftDays = (Date.parse(sent.dueAt ?? '') - Date.now()) / DAY_MS;
  expect(Math.round(leftDays)).toBe(30);
  await carrier.tells('collected', '【杭州市】顺丰速运 已收取快件');
  await carrier.tells('in_transit', '快件已到达【杭州集散中心】');
  const merchant = await staff('merchant1');
  await returnWhen(theReturn, ({ parcels }) => parcels[0]?.events.length === 2);
  for (const client of [buyer, merchant, await staff('customerService')])
    expect((await readCase(client, caseNo)).parcels).toMatchObject([
      { state: 'in_transit', words: { en: 'in transit' }, events: [{ state: 'in_transit' }, {}] },
    ]);
  // Nothing of it is a parcel of the order.
  const order = await readOrder(buyer, orderNo);
  expect(order.shipments).toHaveLength(1);
  const tracks = await buyer.get<{ parcels: object[] }>(`/orders/${orderNo}/tracks`);
  expect(tracks.parcels).toHaveLength(1);

  await carrier.tells('signed', '已签收');
  const arrived = await returnWhen(theReturn, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  expect(arrived).toMatchObject({ state: 'returning', parcels: [{ state: 'signed' }] });
  const inspectionDays = (Date.parse(arrived.dueAt ?? '') - Date.now()) / DAY_MS;
  expect(Math.round(inspectionDays)).toBe(10);
  expect((await readCase(merchant, caseNo)).actions).toEqual(['pass', 'fail']);
  await merchantActs(merchant, caseNo, inspected(arrived));
  await refunded(buyer, orderNo, 10_000);
  const [level] = await database().select().from(t.stockLevels).where(eq(t.stockLevels.skuId, skuId));
  expect(level).toMatchObject({ onHand: 9, reserved: 0 });
});

test('RT-4 a report about a return that is not signed with its own secret is refused and changes nothing', async () => {
  const theReturn = await givenReturn();
  const { buyer, caseNo, trackingNo, carrier } = theReturn;
  const shipmentNo = (await readCase(buyer, caseNo)).parcels[0]?.shipmentNo ?? '';
  const other = await givenReturn();
  await other.carrier.tells('signed', '已签收');
  for (const [no, more, status] of [
    [trackingNo, { forged: true }, 401],
    [trackingNo, { salt: 'guessed' }, 401],
    [other.trackingNo, {}, 401],
  ] as const)
    expect(await postReport(shipmentNo, (await signReport(no, more)).body)).toBe(status);
  expect(await readCase(buyer, caseNo)).toMatchObject({
    state: 'returning',
    parcels: [{ state: 'handed_over', events: [] }],
  });
  await carrier.tells('collected', '已收取');
  await returnWhen(theReturn, ({ parcels }) => parcels[0]?.state === 'collected');
});

test('RT-4 a signature that is told twice counts once', async () => {
  const theReturn = await givenReturn();
  const { carrier } = theReturn;
  await carrier.faults({ duplicateNotify: 3 });
  await carrier.tells('signed', '已签收');
  await returnWhen(theReturn, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  await carrier.repeats();
  const { log } = await returnWhen(theReturn, ({ parcels }) => parcels[0]?.events.length === 1);
  expect(log.filter(({ action }) => action === 'parcel_signed')).toHaveLength(1);
});

test('RT-4 lost pushes about a return are made up for by asking', async () => {
  const theReturn = await givenReturn();
  await theReturn.carrier.faults({ dropNotify: true });
  await theReturn.carrier.tells('signed', '已签收');
  const { parcels } = await returnWhen(theReturn, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  expect(parcels).toMatchObject([{ state: 'signed', events: [{ text: '已签收' }] }]);
});

test('RT-4 a wrong number is corrected as long as nothing was heard of the parcel; the case’s log has both', async () => {
  const theReturn = await givenReturn();
  const { buyer, caseNo, trackingNo } = theReturn;
  expect((await readCase(buyer, caseNo)).actions).toEqual(['send_back']);
  expect(await problemFrom(buyerActs(buyer, caseNo, sendBack(trackingNo)))).toMatchObject({
    code: 'same_tracking_no',
  });
  const right = newTrackingNo();
  await buyerActs(buyer, caseNo, sendBack(right));
  await carrierOf(right).untilWatched();
  // What the carrier tells of the wrong one is somebody else's.
  await theReturn.carrier.tells('signed', '已签收');
  await carrierOf(right).tells('collected', '已收取');
  const corrected = await returnWhen(theReturn, ({ parcels }) => parcels[0]?.state === 'collected');
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
  expect(await problemFrom(buyerActs(buyer, caseNo, sendBack()))).toMatchObject({ code: 'not_now' });
});

test.each(['lost', 'stalled'])(
  'RT-4 LG-2 a return that is %s is told to both sides once, and moves nothing of the order’s clock',
  async (kind) => {
    // Of a received order: of another the parcel that it came with falls silent, too.
    const theReturn = await givenReturn({ received: true });
    const { buyer, orderNo, carrier } = theReturn;
    const held = await readOrder(buyer, orderNo);
    if (kind === 'lost') await carrier.runs('lost');
    const told = await returnWhen(
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
