import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import { takeTrack } from '../../db/commands/parcels.ts';
import { caseWorkflowId, orderWorkflowId, refundWorkflowId } from '../../workflows/order/messages.ts';
import { applyFor, type Case, caseIn, merchantActs, readCase, sentBack } from '../support/cases.ts';
import { eventsOf } from '../support/histories.ts';
import { refundsEnd } from '../support/in-lab.ts';
import { DAYS, HOURS, Lab } from '../support/lab.ts';
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
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

async function opened(
  kind: 'refund_only' | 'return_refund',
  { received = false }: { received?: boolean } = {},
): Promise<{ buyer: Buyer; merchant: ShopClient; orderNo: string; caseNo: string }> {
  const skuId = await givenSku(await givenShop({ autoReceiptSeconds: 10 * 86_400 }), 5);
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [skuId]: 2 });
  await pay(buyer, orderNo);
  await ship(merchant, orderNo);
  if (received) await receive(buyer, orderNo);
  const lines = [{ lineNo: 1, quantity: 2 }];
  const { caseNo } = await applyFor(buyer, orderNo, { kind, lines, reason: 'not_as_described' });
  return { buyer, merchant, orderNo, caseNo };
}

/** The case, once it is in that state; a little more time than its deadline has passed. */
async function after(timeMs: number, buyer: Buyer, caseNo: string, state: Case['state']): Promise<Case> {
  await lab.skip(timeMs - HOURS(1));
  expect((await readCase(buyer, caseNo)).state).not.toBe(state);
  await lab.skip(HOURS(1) + 1_000);
  return await caseIn(buyer, caseNo, state);
}

test('RF-3 a merchant who does not answer in 48 hours has agreed: to a refund of what was not signed for', async () => {
  const { buyer, orderNo, caseNo } = await opened('refund_only');
  await after(HOURS(48), buyer, caseNo, 'refunded');
  await refundsEnd(lab, buyer, orderNo);
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'closed',
    amounts: { refundedFen: 20_000 },
  });
});

test('RF-3 decision-30 no silence agrees to a refund-only claim on goods that were received: the platform joins, and decides after the evidence', async () => {
  const { buyer, orderNo, caseNo } = await opened('refund_only', { received: true });
  await after(HOURS(48), buyer, caseNo, 'disputed');
  await after(HOURS(48), buyer, caseNo, 'arbitration');
  const service = await staff('customerService');
  await service.post(`/platform/after-sales/${caseNo}/decisions`, { outcome: 'dismiss', words: '证据不足' });
  expect(await caseIn(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'dismissed' });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'completed', onHold: false, refunds: [] });
});

test('RT-4 ST-3 a buyer who sends nothing back in seven days: the case closes and what was left of the clock runs on', async () => {
  const { buyer, orderNo, caseNo } = await opened('return_refund');
  await after(HOURS(48), buyer, caseNo, 'awaiting_parcel');
  expect(await after(DAYS(7), buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_sent_back' });
  const order = await waitFor(buyer, orderNo, ({ onHold }) => !onHold);
  expect(order.state).toBe('awaiting_receipt');
  const leftMs = Date.parse(order.autoReceiptAt ?? '') - lab.now().getTime();
  expect(Math.abs(leftMs - DAYS(10))).toBeLessThan(HOURS(1));
  await lab.skip(DAYS(10) + 1_000);
  await waitFor(buyer, orderNo, ({ state }) => state === 'completed');
  expect(await lab.client.workflow.getHandle(caseWorkflowId(caseNo)).result()).toMatchObject({
    state: 'closed',
  });
});

test('RT-6 a return that nobody inspects is refunded by itself; its whole course fits into 60 events', async () => {
  const { buyer, merchant, orderNo, caseNo } = await opened('return_refund');
  await sentBack(buyer, merchant, caseNo);
  await after(DAYS(30), buyer, caseNo, 'refunded');
  await refundsEnd(lab, buyer, orderNo);
  const order = await readOrder(buyer, orderNo);
  expect(order).toMatchObject({ state: 'closed', amounts: { refundedFen: 20_000 } });
  const workflowIds = [
    caseWorkflowId(caseNo),
    ...order.refunds.map(({ refundNo }) => refundWorkflowId(refundNo)),
  ];
  const events = await Promise.all(workflowIds.map((workflowId) => eventsOf(lab.client, workflowId)));
  expect(events.flat().length).toBeLessThanOrEqual(60);
  await lab.client.workflow.getHandle(orderWorkflowId(orderNo)).result();
});

test('RT-6 ten days after the return was signed for it is refunded by itself, however late that was', async () => {
  const { buyer, merchant, orderNo, caseNo } = await opened('return_refund');
  await sentBack(buyer, merchant, caseNo);
  await lab.skip(DAYS(25));
  const [parcel] = (await readCase(buyer, caseNo)).parcels;
  const { shipmentNo = '', carrier = '', trackingNo = '' } = parcel ?? {};
  const at = lab.now();
  const event = { at, text: '已签收', code: '3', location: null, state: 'signed' as const, trouble: null };
  const messages = await takeTrack(
    lab.db,
    shipmentNo,
    { carrier, trackingNo, state: 'signed', events: [event], ended: true },
    at,
  );
  expect(messages).toMatchObject([{ orderNo, caseNo }]);
  for (const { inboxId } of messages) await lab.workflows.signalCase(caseNo, inboxId);
  await eventually(
    async () => (await readCase(buyer, caseNo)).log.at(-1)?.action === 'parcel_signed',
    'the case to hear of the signature',
  );
  await after(DAYS(10), buyer, caseNo, 'refunded');
  await refundsEnd(lab, buyer, orderNo);
  expect((await readOrder(buyer, orderNo)).amounts.refundedFen).toBe(20_000);
});

for (const [name, command] of [
  ['rejected', { do: 'reject', words: '无质量问题' }],
  ['countered', { do: 'offer', amountFen: 1_000 }],
] as const) {
  test(`RT-3 what was ${name} and nobody disputes ends`, async () => {
    const { buyer, merchant, orderNo, caseNo } = await opened('refund_only');
    await merchantActs(merchant, caseNo, command);
    if (name === 'countered') await after(HOURS(48), buyer, caseNo, 'rejected');
    expect(await after(HOURS(48), buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_disputed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: false, refunds: [] });
  });
}
