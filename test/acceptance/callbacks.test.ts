import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { logOf, moneyOf, stockOf, vouchersOf } from '../support/books.ts';
import {
  openPayment,
  paymentsOf,
  payUnheard,
  postNotice,
  signedNotice,
  tradeOf,
} from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  readOrder,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

const TAKEN = { status: 200, text: 'success' };

async function givenOrder(): Promise<{ buyer: Buyer; orderNo: string; skuId: string }> {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [skuId]: 1 }), skuId };
}

/** Refused callbacks leave no trace; then the true one is taken, so that the refusals cannot be for another reason. */
async function expectStillPayable(buyer: Buyer, orderNo: string, outTradeNo: string): Promise<void> {
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_payment', paidAt: null });
  expect(await database().select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo))).toEqual([]);
  expect(await postNotice(await signedNotice(outTradeNo))).toEqual(TAKEN);
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
}

function altered(body: string, name: string, value: string): string {
  const form = new URLSearchParams(body);
  form.set(name, value);
  return form.toString();
}

test.each([
  [
    'a signature over something else',
    async (no: string) =>
      altered(
        await signedNotice(no),
        'sign',
        new URLSearchParams(await signedNotice(no, { subject: 'x' })).get('sign') ?? '',
      ),
  ],
  ['no signature', async (no: string) => altered(await signedNotice(no), 'sign', '')],
  ['an altered amount', async (no: string) => altered(await signedNotice(no), 'total_amount', '0.01')],
  ['an altered order', async (no: string) => altered(await signedNotice(no), 'out_trade_no', `${no}9`)],
  [
    'an altered state',
    async (no: string) =>
      altered(await signedNotice(no, { trade_status: 'WAIT_BUYER_PAY' }), 'trade_status', 'TRADE_SUCCESS'),
  ],
  ['a field named twice', async (no: string) => `${await signedNotice(no)}&total_amount=0.01`],
  ['SHA-1 instead of SHA-256', (no: string) => signedNotice(no, {}, 'RSA')],
  ['another application', (no: string) => signedNotice(no, { app_id: '2021000000000002' })],
  ['another seller', (no: string) => signedNotice(no, { seller_id: '2088000000000009' })],
  ['no seller', (no: string) => signedNotice(no, { seller_id: '' })],
  ['an amount that is none', (no: string) => signedNotice(no, { total_amount: '100.001' })],
])('PY-2 a callback with %s is refused and changes nothing', async (_what, make) => {
  const { buyer, orderNo } = await givenOrder();
  const outTradeNo = await payUnheard(buyer, orderNo);
  const answer = await postNotice(await make(outTradeNo));
  expect(answer).toEqual({ status: 401, text: 'fail' });
  await expectStillPayable(buyer, orderNo, outTradeNo);
});

test('PY-2 a callback about a payment we never made is refused', async () => {
  const { buyer, orderNo } = await givenOrder();
  const outTradeNo = await payUnheard(buyer, orderNo);
  const answer = await postNotice(await signedNotice(outTradeNo, { out_trade_no: `${orderNo}P7` }));
  expect(answer).toEqual({ status: 404, text: 'fail' });
  await expectStillPayable(buyer, orderNo, outTradeNo);
});

test('PY-2 a callback that is months late is true, and its transaction number and time are kept', async () => {
  const { buyer, orderNo } = await givenOrder();
  const outTradeNo = await payUnheard(buyer, orderNo);
  const { tradeNo } = await tradeOf(outTradeNo);
  const late = {
    notify_time: '2026-02-03 04:05:06',
    gmt_create: '2026-02-03 04:05:01',
    gmt_payment: '2026-02-03 04:05:06',
  };
  expect(await postNotice(await signedNotice(outTradeNo, late))).toEqual(TAKEN);
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  expect(await paymentsOf(buyer, orderNo)).toMatchObject([
    {
      outTradeNo,
      state: 'succeeded',
      providerTradeNo: tradeNo,
      paidAt: '2026-02-02T20:05:06.000Z',
      receivedFen: 10_000,
    },
  ]);
});

test('PY-2 I3 five copies under one notify_id and five under others, at once, pay once', async () => {
  const { buyer, orderNo, skuId } = await givenOrder();
  const outTradeNo = await payUnheard(buyer, orderNo);
  const same = await signedNotice(outTradeNo, { notify_id: `same-${outTradeNo}` });
  const others = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => signedNotice(outTradeNo, { notify_id: `other-${n}-${outTradeNo}` })),
  );
  const answers = await Promise.all([...Array.from({ length: 5 }, () => same), ...others].map(postNotice));
  expect(answers).toEqual(Array.from({ length: 10 }, () => TAKEN));
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');

  // Once more when it is long paid.
  expect(await postNotice(same)).toEqual(TAKEN);
  expect(await postNotice(await signedNotice(outTradeNo, { notify_id: `late-${outTradeNo}` }))).toEqual(
    TAKEN,
  );
  const received = await waitForVerdicts(orderNo);
  // One row per notify_id, all of them judged, one of them applied.
  expect(received.length).toBe(7);
  expect(received.filter((verdict) => verdict['result'] === 'accepted')).toHaveLength(1);
  expect(received.filter((verdict) => verdict['code'] === 'already_recorded')).toHaveLength(6);
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_shipment',
    refunds: [],
    amounts: { paidFen: 10_000, refundedFen: 0 },
  });
  expect(await stockOf(skuId)).toEqual({ onHand: 9, reserved: 0 });
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 10_000, refundedFen: 0 });
  expect((await vouchersOf(await staff('merchant1'), orderNo)).map((voucher) => voucher.kind)).toEqual([
    'payment',
  ]);
  const moves = (await logOf(buyer, orderNo)).filter(
    (row) => row.action === 'record_payment' && row.fromState !== row.toState,
  );
  expect(moves).toHaveLength(1);
});

async function waitForVerdicts(orderNo: string): Promise<Record<string, unknown>[]> {
  return await eventually(async () => {
    const rows = await database().select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo));
    return rows.every((row) => row.verdict) && rows.map((row) => row.verdict as Record<string, unknown>);
  }, `verdicts of ${orderNo}`);
}

test('PY-2 the provider repeats its own notification five times, and it pays once', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { duplicateNotify: 5, onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`);
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  const again = await alipay<{ accepted: boolean }>(`/trades/${outTradeNo}/notify`);
  expect(again.accepted).toBe(true);
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 10_000, refundedFen: 0 });
});

test('PY-2 callbacks in the wrong order: a close before and a wait after the success do not undo it', async () => {
  const { buyer, orderNo } = await givenOrder();
  const outTradeNo = await payUnheard(buyer, orderNo);
  const closed = { trade_status: 'TRADE_CLOSED', gmt_close: '2026-02-03 04:05:06' };
  expect(
    await postNotice(await signedNotice(outTradeNo, { ...closed, notify_id: `c1-${outTradeNo}` })),
  ).toEqual(TAKEN);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
  expect(await postNotice(await signedNotice(outTradeNo))).toEqual(TAKEN);
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
  for (const params of [
    { trade_status: 'WAIT_BUYER_PAY', notify_id: `w-${outTradeNo}` },
    { ...closed, notify_id: `c2-${outTradeNo}` },
  ]) {
    expect(await postNotice(await signedNotice(outTradeNo, params))).toEqual(TAKEN);
  }
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', refunds: [] });
});

test('PY-2 what is acknowledged is stored by then', async () => {
  const { buyer, orderNo } = await givenOrder();
  const outTradeNo = await payUnheard(buyer, orderNo);
  const { tradeNo } = await tradeOf(outTradeNo);
  expect(await postNotice(await signedNotice(outTradeNo))).toEqual(TAKEN);
  // No waiting here: the row must be there when the answer is.
  const rows = await database().select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo));
  expect(rows).toMatchObject([
    {
      source: 'alipay',
      kind: 'payment_reported',
      payload: { outTradeNo, providerTradeNo: tradeNo, amountFen: 10_000 },
    },
  ]);
});

test('PY-2 a badly signed delivery is not acknowledged, so the provider sends again and the money is not lost', async () => {
  const { buyer, orderNo } = await givenOrder();
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { badSignatureNotify: true, times: 1, onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`);
  await eventually(
    async () =>
      (
        await alipay<{ notifications: { attempts: { status: number }[] }[] }>(
          `/trades/${outTradeNo}`,
          {},
          'GET',
        )
      ).notifications[0]?.attempts[0]?.status === 401,
    'the refusal',
  );
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
  expect(await alipay(`/trades/${outTradeNo}/notify`)).toMatchObject({ accepted: true });
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
});
