import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { stockOf } from '../support/books.ts';
import {
  buyerActs,
  type Case,
  caseIn,
  caseWhen,
  inspected,
  merchantActs,
  RETURN_ADDRESS,
  readCase,
  refunded,
  sendBack,
} from '../support/cases.ts';
import { type Carrier, carrierOf, startParcelStack } from '../support/parcels.ts';
import { qimen } from '../support/providers.ts';
import { decided, givenInWarehouse, type InWarehouse } from '../support/warehouses.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  newTrackingNo,
  pay,
  problemFrom,
  readOrder,
  receive,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** CN-6 against the warehouse and the carriers of the sandbox, which move only when told to. */

const DAY_MS = 86_400_000;

let own: Stack;
beforeAll(async () => {
  own = await startParcelStack();
}, 300_000);
afterAll(() => own.stop());

interface Refused {
  buyer: Buyer;
  orderNo: string;
  cancellationNo: string;
}
interface Left extends Refused, InWarehouse {
  /** Of the parcel on its way. */
  carrier: Carrier;
}

/** Cancels an order that turns out to have left; its request is refused. */
async function refusedCancel(buyer: Buyer, orderNo: string): Promise<string> {
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: '不想要了' });
  const { cancellationNo, state, choice } = await decided(buyer, orderNo);
  expect({ state, choice }).toEqual({ state: 'refused', choice: null });
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_receipt');
  return cancellationNo;
}

/** The same through a warehouse that hands it over when it is asked to stop it, with a carrier that answers so. */
async function givenRefused(tms?: 'succeeds' | 'fails'): Promise<Left> {
  const inWarehouse = await givenInWarehouse(2);
  const { buyer, orderNo, shipmentNo } = inWarehouse;
  await qimen.faults({ refuseCancel: true, onlyOutTradeNo: shipmentNo, times: 1 });
  const cancellationNo = await refusedCancel(buyer, orderNo);
  if (tms) await qimen.faults({ tmsCancel: tms, onlyOutTradeNo: shipmentNo });
  const [parcel] = (await readOrder(buyer, orderNo)).shipments;
  const carrier = carrierOf(parcel?.trackingNo ?? '', parcel?.carrier ?? '');
  await carrier.untilWatched();
  return { ...inWarehouse, cancellationNo, carrier };
}

const choose = ({ buyer, orderNo, cancellationNo }: Refused, choice: 'keep' | 'return', key = randomUUID()) =>
  buyer.post<{ caseNos: string[] }>(
    `/orders/${orderNo}/cancellation-choices`,
    { cancellationNo, choice },
    key,
  );

/** The case of the one parcel, once it is returned. */
async function chosenReturn(refused: Refused): Promise<string> {
  const { caseNos } = await choose(refused, 'return');
  expect(caseNos).toHaveLength(1);
  return caseNos[0] as string;
}

const asMerchant = async (caseNo: string, command: object) =>
  merchantActs(await staff('merchant1'), caseNo, command);

const casesOf = (orderNo: string) =>
  database().select().from(t.afterSales).where(eq(t.afterSales.orderNo, orderNo));

const daysLeft = ({ dueAt }: Case) => Math.round((Date.parse(dueAt ?? '') - Date.now()) / DAY_MS);
const actionsOf = async (buyer: Buyer, orderNo: string) =>
  (await readOrder(buyer, orderNo)).actions.map(({ action }) => action);

test('CN-6 a refused cancel leaves a choice, which the order offers; kept, it goes on and the offer ends', async () => {
  const refused = await givenRefused();
  const { buyer, orderNo } = refused;
  const offered = await readOrder(buyer, orderNo);
  expect(offered.prompt.zh).toContain('订单已经出库，未能取消。您可以保留订单，或在包裹退回后退款');
  expect(offered.actions.filter(({ path }) => path.endsWith('/cancellation-choices'))).toMatchObject([
    { action: 'keep_order', method: 'POST' },
    { action: 'return_parcels', method: 'POST' },
  ]);
  const merchants = await readOrder(await staff('merchant1'), orderNo);
  expect(merchants.actions.map(({ action }) => action)).not.toContain('keep_order');
  expect(merchants.prompt.zh).not.toContain('保留订单');
  const stranger = await newBuyer();
  expect((await problemFrom(choose({ ...refused, buyer: stranger }, 'keep'))).status).toBe(404);

  expect(await choose(refused, 'keep')).toMatchObject({ caseNos: [] });
  const kept = await readOrder(buyer, orderNo);
  expect(kept).toMatchObject({ onHold: false, cancellations: [{ state: 'refused', choice: 'keep' }] });
  expect(kept.prompt.zh).not.toContain('保留订单');
  expect(await actionsOf(buyer, orderNo)).not.toContain('return_parcels');
  expect(await problemFrom(choose(refused, 'return'))).toMatchObject({ code: 'nothing_to_choose' });
  await receive(buyer, orderNo);
});

test('CN-6 LG-3 the carrier brings the parcel back: inspected and restocked before anything is refunded, in one case', async () => {
  const refused = await givenRefused('succeeds');
  const { buyer, orderNo, skuId, shipmentNo, carrier } = refused;
  const caseNo = await chosenReturn(refused);
  const intercepted = await caseIn(buyer, caseNo, 'returning');
  expect(intercepted).toMatchObject({ reason: 'cancelled_late', kind: 'return_refund', shipmentNo });
  expect(intercepted.log.map(({ action, actor }) => [action, actor.split(':')[0]])).toEqual([
    ['cancelled_late', 'buyer'],
    ['intercepted', 'warehouse'],
  ]);
  const held = await readOrder(buyer, orderNo);
  expect(held).toMatchObject({ onHold: true, refunds: [], cancellations: [{ choice: 'return' }] });
  await carrier.tells('returning', '快件已拦截，退回中');
  await carrier.tells('returned', '退回件已签收');
  const back = await caseWhen(buyer, caseNo, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  expect(daysLeft(back)).toBe(10);
  expect((await readOrder(buyer, orderNo)).refunds).toEqual([]);
  await asMerchant(caseNo, inspected(back));
  const order = await refunded(buyer, orderNo, 20_000);
  expect(order).toMatchObject({ state: 'closed', onHold: false });
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
  expect(await casesOf(orderNo)).toHaveLength(1);
});

test('CN-6 RT-4 RT-6 the carrier cannot: the merchant says where to, the buyer sends the goods back once they are there', async () => {
  const refused = await givenRefused('fails');
  const { buyer, orderNo, skuId, carrier } = refused;
  const caseNo = await chosenReturn(refused);
  const failed = await caseIn(buyer, caseNo, 'awaiting_parcel');
  expect(failed).toMatchObject({ returnTo: null, actions: ['send_back', 'withdraw'] });
  expect(failed.prompt.zh).toContain('请拒收');
  expect(failed.prompt.zh).toContain('尚未填写退货地址');
  expect(daysLeft(failed)).toBe(15);
  expect((await readCase(await staff('merchant1'), caseNo)).actions).toEqual(['give_address']);
  const returnTo = RETURN_ADDRESS;
  await asMerchant(caseNo, { do: 'give_address', returnTo });
  expect(await problemFrom(asMerchant(caseNo, { do: 'give_address', returnTo }))).toMatchObject({
    code: 'not_now',
  });
  expect(await readCase(buyer, caseNo)).toMatchObject({ returnTo, dueAt: failed.dueAt });
  await carrier.tells('signed', '已签收');
  const delivered = await caseWhen(buyer, caseNo, ({ log }) => log.at(-1)?.action === 'delivered');
  expect(delivered.state).toBe('awaiting_parcel');
  expect(daysLeft(delivered)).toBe(7);
  expect(delivered.prompt.zh).toContain('请寄回商品');
  const trackingNo = newTrackingNo();
  await buyerActs(buyer, caseNo, sendBack(trackingNo));
  await carrierOf(trackingNo).untilWatched();
  await carrierOf(trackingNo).tells('signed', '已签收');
  const arrived = await caseWhen(buyer, caseNo, ({ log }) => log.at(-1)?.action === 'parcel_signed');
  expect(daysLeft(arrived)).toBe(10);
  await asMerchant(caseNo, inspected(arrived));
  await refunded(buyer, orderNo, 20_000);
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
});

for (const tms of ['fails', undefined] as const)
  test(`CN-6 LG-3 refused at the door ${tms ? 'after the carrier could not' : 'before the carrier answered'}, the parcel comes back for the same case`, async () => {
    const refused = await givenRefused(tms);
    const { buyer, orderNo, carrier } = refused;
    const caseNo = await chosenReturn(refused);
    await caseIn(buyer, caseNo, tms ? 'awaiting_parcel' : 'intercepting');
    await carrier.tells('refused', '客户拒收');
    const returning = await caseIn(buyer, caseNo, 'returning');
    expect(returning.log.at(-1)).toMatchObject({ action: 'parcel_refused', actor: 'carrier' });
    await carrier.tells('returned', '退回件已签收');
    await caseWhen(buyer, caseNo, ({ log }) => log.at(-1)?.action === 'parcel_signed');
    await asMerchant(caseNo, inspected(returning));
    await waitFor(buyer, orderNo, ({ state }) => state === 'closed', 30_000);
    expect(await casesOf(orderNo)).toHaveLength(1);
  });

test('CN-6 LG-3 who refuses at the door without choosing has chosen: the parcel comes back, and the offer ends', async () => {
  const { buyer, orderNo, cancellationNo, carrier } = await givenRefused();
  await carrier.tells('refused', '客户拒收');
  const order = await waitFor(buyer, orderNo, ({ onHold }) => onHold);
  expect(order.cancellations).toMatchObject([{ cancellationNo, choice: 'return' }]);
  expect(order.actions.map(({ action }) => action)).not.toContain('return_parcels');
  expect(await casesOf(orderNo)).toMatchObject([{ reason: 'refused_delivery', state: 'returning' }]);
});

test('CN-6 the signature has the last word against the intercept’s, whichever comes first', async () => {
  const [late, early] = [await givenRefused(), await givenRefused()];
  const first = await chosenReturn(late);
  await late.carrier.tells('signed', '已签收');
  await caseIn(late.buyer, first, 'awaiting_parcel');
  await qimen.report(late.shipmentNo, 'TMSCANCELED');
  const second = await chosenReturn(early);
  await qimen.report(early.shipmentNo, 'TMSCANCELED');
  await caseIn(early.buyer, second, 'returning');
  await early.carrier.tells('signed', '已签收');
  await caseIn(early.buyer, second, 'awaiting_parcel');
  await eventually(async () => {
    const rows = await database().select().from(t.inbox).where(eq(t.inbox.orderNo, late.orderNo));
    const told = rows.find(({ payload }) => JSON.stringify(payload).includes('intercepted'));
    return told?.verdict;
  }, 'the intercept’s word to be heard');
  expect(await readCase(late.buyer, first)).toMatchObject({ state: 'awaiting_parcel' });
});

test('CN-6 a carrier’s answer that the warehouse did not sign is refused; told twice, it counts once', async () => {
  const refused = await givenRefused();
  const { buyer, orderNo, shipmentNo } = refused;
  const caseNo = await chosenReturn(refused);
  const body = { process: { processStatus: 'TMSCANCELED' } };
  const sign = (more: object) => qimen.sign({ method: 'orderprocess.report', shipmentNo, body, ...more });
  expect(await report(await sign({ forged: true }))).toContain('failure');
  expect((await readCase(buyer, caseNo)).state).toBe('intercepting');
  const genuine = await sign({});
  for (let times = 0; times < 2; times++) expect(await report(genuine)).toContain('success');
  const { log } = await caseIn(buyer, caseNo, 'returning');
  expect(log.filter(({ action }) => action === 'intercepted')).toHaveLength(1);
  expect((await readOrder(buyer, orderNo)).refunds).toEqual([]);
});

test('CN-6 two parcels of one delivery are two cases, which the carrier’s one answer is for', async () => {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse(3);
  await qimen.faults({ holdNotify: true, onlyOutTradeNo: shipmentNo });
  await qimen.handover(shipmentNo, [
    { logisticsCode: 'SF', trackingNo: newTrackingNo(), lines: [{ lineNo: 1, quantity: 2 }] },
    { logisticsCode: 'SF', trackingNo: newTrackingNo(), lines: [{ lineNo: 1, quantity: 1 }] },
  ]);
  await buyer.post(`/orders/${orderNo}/cancellations`, {});
  const { cancellationNo } = await decided(buyer, orderNo);
  await qimen.release();
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  await qimen.faults({ tmsCancel: 'succeeds', onlyOutTradeNo: shipmentNo, times: 1 });
  const key = randomUUID();
  const { caseNos } = await choose({ buyer, orderNo, cancellationNo }, 'return', key);
  expect(caseNos).toHaveLength(2);
  expect(await choose({ buyer, orderNo, cancellationNo }, 'return', key)).toMatchObject({ caseNos });
  for (const caseNo of caseNos) {
    await asMerchant(caseNo, inspected(await caseIn(buyer, caseNo, 'returning')));
  }
  const order = await waitFor(
    buyer,
    orderNo,
    ({ amounts }) => amounts.refundedFen === amounts.paidFen,
    30_000,
  );
  expect(order).toMatchObject({ state: 'closed', onHold: false });
});

test('CN-6 decision-28 of a merchant who ships by hand nobody can be asked: the buyer refuses it or sends it back', async () => {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  await buyer.post(`/orders/${orderNo}/cancellations`, {});
  await (await staff('merchant1')).post(`/merchant/orders/${orderNo}/cancellation-answers`, {
    ...{ answer: 'shipped', carrier: 'shunfeng', trackingNo: newTrackingNo() },
  });
  const { cancellationNo } = await decided(buyer, orderNo);
  const caseNo = await chosenReturn({ buyer, orderNo, cancellationNo });
  const theCase = await readCase(buyer, caseNo);
  expect(theCase).toMatchObject({ state: 'awaiting_parcel', reason: 'cancelled_late' });
  expect(theCase.prompt.zh).toContain('请拒收');
  await asMerchant(caseNo, { do: 'give_address', returnTo: RETURN_ADDRESS });
  await buyerActs(buyer, caseNo, sendBack());
  await asMerchant(caseNo, inspected(theCase));
  await refunded(buyer, orderNo, 10_000);
  expect(await stockOf(skuId)).toEqual({ onHand: 10, reserved: 0 });
});

async function report({ query, headers, body }: { query: string; headers: object; body: string }) {
  const url = `${stack().apiUrl}/v1/callbacks/qimen?${query}`;
  const response = await fetch(url, { method: 'POST', headers: { ...headers }, body });
  return await response.text();
}
