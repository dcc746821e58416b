import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { stockOf, vouchersOf } from '../support/books.ts';
import {
  applyFor,
  buyerActs,
  caseWhen,
  inspected,
  merchantActs,
  platformDecides,
  RETURN_ADDRESS,
  readCase,
  refunded,
  sendBack,
  sentBack,
} from '../support/cases.ts';
import { givenFreight, givenShipped } from '../support/given.ts';
import {
  database,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

test('RT-1 RT-2 RT-5 RF-2 a return from application to refund: agreed with an address, sent back, inspected, restocked, refunded by the line’s share', async () => {
  const { buyer, orderNo, skuId, merchant } = await givenShipped({ quantity: 2 });
  const opened = await applyFor(buyer, orderNo);
  expect(opened).toMatchObject({ state: 'applied', words: '壶嘴裂了', actions: ['withdraw'] });
  expect(Date.parse(opened.dueAt ?? '') - Date.parse(opened.openedAt)).toBe(48 * 3_600_000);
  const { caseNo } = opened;
  expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: true, autoReceiptAt: null });
  const agree = { do: 'agree', returnTo: RETURN_ADDRESS, instructions: '请附订单号' };
  const sent = sendBack();
  expect(await problemFrom(buyerActs(buyer, caseNo, sent))).toMatchObject({ code: 'not_now' });
  await merchantActs(merchant, caseNo, agree);
  expect(await readCase(buyer, caseNo)).toMatchObject({
    ...{ state: 'awaiting_parcel', returnTo: agree.returnTo, instructions: agree.instructions },
    actions: ['send_back', 'withdraw'],
  });
  await buyerActs(buyer, caseNo, sent);
  expect(await readCase(merchant, caseNo)).toMatchObject({
    ...{ state: 'returning', trackingNo: sent.trackingNo, actions: ['pass', 'fail'] },
  });
  const wrong = [{ lineNo: 1, sellable: 2, damaged: 0, lost: 0 }];
  expect(
    await problemFrom(merchantActs(merchant, caseNo, { do: 'pass', dispositions: wrong })),
  ).toMatchObject({
    code: 'dispositions_differ',
  });
  await merchantActs(merchant, caseNo, inspected(opened));
  const order = await refunded(buyer, orderNo, 10_000);
  expect(order).toMatchObject({ state: 'awaiting_receipt', onHold: false });
  expect(order.lines[0]).toMatchObject({ reversedQuantity: 1 });
  expect(await readCase(buyer, caseNo)).toMatchObject({
    state: 'refunded',
    refundedFen: 10_000,
    actions: [],
  });
  expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
  await receive(buyer, orderNo);
  expect((await readOrder(merchant, orderNo)).settlement?.baseFen).toBe(10_000);
});

test('RF-7 RT-7 both pieces returned after the receipt: the order is closed and its merchant earned nothing', async () => {
  const { buyer, orderNo, skuId, merchant } = await givenShipped({ quantity: 2, received: true });
  const { caseNo } = await applyFor(buyer, orderNo, { lines: [{ lineNo: 1, quantity: 2 }] });
  await sentBack(buyer, merchant, caseNo);
  const dispositions = [{ lineNo: 1, sellable: 1, damaged: 1, lost: 0 }];
  await merchantActs(merchant, caseNo, { do: 'pass', dispositions });
  expect(await refunded(buyer, orderNo, 20_000)).toMatchObject({ state: 'closed' });
  expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
  const left: Record<string, number> = {};
  for (const { postings } of await vouchersOf(await staff('finance'), orderNo))
    for (const { debit, credit, amountFen } of postings) {
      left[debit] = (left[debit] ?? 0) + amountFen;
      left[credit] = (left[credit] ?? 0) - amountFen;
    }
  expect(Object.values(left).every((fen) => fen === 0)).toBe(true);
});

test('RF-2 a merchant offers another amount, and the buyer takes it', async () => {
  const { buyer, orderNo, merchant } = await givenShipped({ quantity: 2 });
  const { caseNo } = await applyFor(buyer, orderNo, { kind: 'refund_only', reason: 'missing_pieces' });
  const offer = (amountFen: number) => merchantActs(merchant, caseNo, { do: 'offer', amountFen });
  expect(await problemFrom(offer(10_001))).toMatchObject({ code: 'more_than_paid' });
  await offer(3_000);
  expect(await readCase(buyer, caseNo)).toMatchObject({
    ...{ state: 'countered', offerFen: 3_000, actions: ['accept_offer', 'reject_offer', 'withdraw'] },
  });
  await buyerActs(buyer, caseNo, { do: 'accept_offer' });
  const order = await refunded(buyer, orderNo, 3_000);
  expect(order).toMatchObject({ state: 'awaiting_receipt', onHold: false });
  expect(order.lines[0]).toMatchObject({ reversedQuantity: 0 });
});

for (const [outcome, state, refundedFen] of [
  ['refund', 'refunded', 10_000],
  ['dismiss', 'closed', 0],
] as const) {
  test(`RT-3 rejected, disputed, decided by the platform: ${outcome}`, async () => {
    const { buyer, orderNo, merchant } = await givenShipped({ quantity: 2 });
    const { caseNo } = await applyFor(buyer, orderNo, { kind: 'refund_only', reason: 'not_as_described' });
    await merchantActs(merchant, caseNo, { do: 'reject', words: '描述相符' });
    await buyerActs(buyer, caseNo, { do: 'dispute', words: '颜色完全不同' });
    expect(await readCase(merchant, caseNo)).toMatchObject({ state: 'disputed', actions: [] });
    const service = await staff('customerService');
    const { workItems } = await service.get<{ workItems: { kind: string; workItemId: string }[] }>(
      '/platform/work-items',
    );
    expect(workItems.find(({ workItemId }) => workItemId.startsWith(`case-${caseNo}-`))).toMatchObject({
      kind: 'after_sale_disputed',
    });
    await platformDecides(service, caseNo, { outcome });
    const decided = await caseWhen(buyer, caseNo, ({ endedAt }) => endedAt !== null);
    expect(decided).toMatchObject({ state, refundedFen });
    expect(decided.log.map(({ action, words }) => [action, words])).toEqual([
      ['apply', null],
      ['reject', '描述相符'],
      ['dispute', '颜色完全不同'],
      ['decide', '证据充分'],
    ]);
    await waitFor(
      buyer,
      orderNo,
      ({ onHold, amounts }) => !onHold && amounts.refundedFen === refundedFen,
      30_000,
    );
    expect(await problemFrom(buyerActs(buyer, caseNo, { do: 'withdraw' }))).toMatchObject({
      code: 'case_over',
    });
  });
}

test('RT-5 an inspection that fails goes to the platform or ends', async () => {
  const { buyer, orderNo, merchant } = await givenShipped({ quantity: 2 });
  const { caseNo } = await applyFor(buyer, orderNo);
  await sentBack(buyer, merchant, caseNo);
  await merchantActs(merchant, caseNo, { do: 'fail', words: '寄回的不是本店商品' });
  expect(await readCase(buyer, caseNo)).toMatchObject({
    ...{ state: 'inspection_failed', actions: ['dispute', 'withdraw'] },
  });
});

test('RT-1 SB-6 an application that is sent again with its key is the same case', async () => {
  const { buyer, orderNo } = await givenShipped();
  const send = () => applyFor(buyer, orderNo, {}, `again-${orderNo}`);
  const { caseNo } = await send();
  expect(await send()).toMatchObject({ caseNo, state: 'applied' });
});

test('RT-7 what a case is about is in no second case; withdrawn, it can be again, and the clock resumes', async () => {
  const { buyer, orderNo } = await givenShipped({ quantity: 2 });
  const first = await applyFor(buyer, orderNo, { lines: [{ lineNo: 1, quantity: 2 }] });
  expect(await problemFrom(applyFor(buyer, orderNo))).toMatchObject({ code: 'more_than_shipped' });
  await buyerActs(buyer, first.caseNo, { do: 'withdraw' });
  await waitFor(buyer, orderNo, ({ onHold, autoReceiptAt }) => !onHold && autoReceiptAt !== null);
  expect(await readCase(buyer, first.caseNo)).toMatchObject({ state: 'closed', outcome: 'withdrawn' });
  expect(await applyFor(buyer, orderNo)).toMatchObject({ state: 'applied' });
});

test('RF-5 decision-28 the buyer who returns without a reason bears the freight; at the merchant’s fault it goes back', async () => {
  const shopId = await givenShop();
  const freightTemplateId = await givenFreight(shopId, {
    rates: { default: { firstUnits: 1, firstFen: 600n, additionalUnits: 1, additionalFen: 200n } },
  });
  const skuId = await givenSku(shopId, 10, { priceFen: 5_000n, freightTemplateId });
  const merchant = await staff('merchant1');
  const settledOf = async (reason: string) => {
    const buyer = await newBuyer();
    const orderNo = await submit(buyer, { [skuId]: 1 });
    await pay(buyer, orderNo);
    await ship(merchant, orderNo);
    const opened = await applyFor(buyer, orderNo, { reason });
    await sentBack(buyer, merchant, opened.caseNo);
    await merchantActs(merchant, opened.caseNo, inspected(opened));
    const order = await waitFor(buyer, orderNo, ({ refunds }) =>
      refunds.some(({ state }) => state === 'succeeded'),
    );
    expect(order.state).toBe('closed');
    return [order.amounts.refundedFen, (await readOrder(merchant, orderNo)).settlement?.baseFen ?? 0];
  };
  expect(await settledOf('no_reason')).toEqual([5_000, 600]);
  expect(await settledOf('defective')).toEqual([5_600, 0]);
});

test('RT-1 RT-7 what has not left, and what was received too long ago, has no case; a foreign order is not there', async () => {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  expect(await problemFrom(applyFor(buyer, orderNo))).toMatchObject({ code: 'not_returnable' });
  await ship(await staff('merchant1'), orderNo);
  expect(await problemFrom(applyFor(await newBuyer(), orderNo))).toMatchObject({ status: 404 });
  const { caseNo } = await applyFor(buyer, orderNo);
  expect(await problemFrom(readCase(await newBuyer(), caseNo))).toMatchObject({ status: 404 });
  expect(await problemFrom(readCase(await staff('merchant2'), caseNo))).toMatchObject({ status: 404 });
  const old = await givenShipped({ received: true });
  const receivedDaysAgo = (days: number) =>
    database()
      .update(t.orders)
      .set({ endedAt: new Date(Date.now() - days * 86_400_000) })
      .where(eq(t.orders.orderNo, old.orderNo));
  await receivedDaysAgo(8);
  expect(await problemFrom(applyFor(old.buyer, old.orderNo, { reason: 'no_reason' }))).toMatchObject({
    code: 'return_window_over',
  });
  await receivedDaysAgo(16);
  expect(await problemFrom(applyFor(old.buyer, old.orderNo))).toMatchObject({ code: 'return_window_over' });
  await receivedDaysAgo(14);
  expect(await applyFor(old.buyer, old.orderNo)).toMatchObject({ state: 'applied' });
});

test('IN-6 what comes back goes where the inspection says: on sale, or written off as damaged or as lost', async () => {
  const { buyer, orderNo, skuId, merchant } = await givenShipped({ quantity: 4, sku: { priceFen: 1_000n } });
  const { caseNo } = await applyFor(buyer, orderNo, { lines: [{ lineNo: 1, quantity: 4 }] });
  await sentBack(buyer, merchant, caseNo);
  const dispositions = [{ lineNo: 1, sellable: 1, damaged: 1, lost: 2 }];
  await merchantActs(merchant, caseNo, { do: 'pass', dispositions });
  await refunded(buyer, orderNo, 4_000);
  expect(await stockOf(skuId)).toEqual({ onHand: 7, reserved: 0 });
  const movements = await database().select().from(t.stockMovements).where(eq(t.stockMovements.skuId, skuId));
  const sum = (cause: string) =>
    movements.filter((one) => one.cause === cause).reduce((total, one) => total + one.onHandDelta, 0);
  expect([sum('sell'), sum('return'), sum('damaged'), sum('lost')]).toEqual([-4, 4, -1, -2]);
});
