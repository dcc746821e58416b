import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  ship,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

type Shop = Parameters<typeof givenShop>[0];
const THIRD_PARTY: Shop = { kind: 'third_party', merchantId: 'M2' };
const TRACKING = 'SF1234567890123';

async function givenPaid(shop: Shop = {}): Promise<{ buyer: Buyer; orderNo: string }> {
  const skuId = await givenSku(await givenShop(shop), 5);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  return { buyer, orderNo };
}

async function givenShipped(): Promise<{ buyer: Buyer; orderNo: string }> {
  const given = await givenPaid();
  await ship(await staff('merchant1'), given.orderNo);
  return given;
}

test('FU-1 decision-22 a self-operated shop is reviewed by rules: it can ship at once', async () => {
  const { buyer, orderNo } = await givenPaid();
  expect((await readOrder(buyer, orderNo)).review).toEqual({ state: 'confirmed', reason: null });
  await ship(await staff('merchant1'), orderNo);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
});

test('FU-1 a third-party shop confirms by hand before it ships', async () => {
  const { buyer, orderNo } = await givenPaid(THIRD_PARTY);
  const merchant = await staff('merchant2');
  const seen = await readOrder(merchant, orderNo);
  expect(seen).toMatchObject({
    review: { state: 'pending' },
    contact: { name: '张三', district: '浦东新区' },
    lines: [{ quantity: 1 }],
  });
  expect(await problemFrom(ship(merchant, orderNo))).toMatchObject({ status: 409, code: 'not_reviewed' });
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  expect(
    (await problemFrom(merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' }))).code,
  ).toBe('already_confirmed');
  await ship(merchant, orderNo);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
});

test.each(['hold', 'ask_correction'])(
  'FU-1 %s stops the order with a reason the buyer reads; confirming lets it go on',
  async (decision) => {
    const { buyer, orderNo } = await givenPaid(THIRD_PARTY);
    const merchant = await staff('merchant2');
    const review = (body: object) => merchant.post(`/merchant/orders/${orderNo}/review`, body);
    expect((await problemFrom(review({ decision }))).code).toBe('invalid_request');
    await review({ decision, reason: '门牌号不清楚' });
    const held = await readOrder(buyer, orderNo);
    expect(held.review).toMatchObject({ reason: '门牌号不清楚' });
    expect(held.prompt.zh).toContain('门牌号不清楚');
    expect(held.prompt.en).toContain('门牌号不清楚');
    expect((await problemFrom(ship(merchant, orderNo))).code).toBe('not_reviewed');
    await review({ decision: 'confirm' });
    expect((await readOrder(buyer, orderNo)).review).toEqual({ state: 'confirmed', reason: null });
    await ship(merchant, orderNo);
    const { notices } = await buyer.get<{ notices: { orderNo: string; params: Record<string, unknown> }[] }>(
      '/notices',
    );
    expect(
      notices.filter((notice) => notice.orderNo === orderNo && notice.params['reason'] === '门牌号不清楚'),
    ).toHaveLength(1);
  },
);

test('FU-3 FU-4 carrier and tracking number of a hand-over are shown to the buyer', async () => {
  const { buyer, orderNo } = await givenPaid();
  await ship(await staff('merchant1'), orderNo, TRACKING);
  const order = await readOrder(buyer, orderNo);
  expect(order.shipments).toMatchObject([{ orderNo, carrier: 'shunfeng', trackingNo: TRACKING }]);
  expect(order.shippedAt).not.toBeNull();
  expect(order.prompt.zh).toContain(TRACKING);
});

test.each([
  ['an unknown carrier', { carrier: 'pigeon', trackingNo: TRACKING }, 'invalid_request'],
  ['no carrier', { trackingNo: TRACKING }, 'invalid_request'],
  ['no number', { carrier: 'shunfeng' }, 'invalid_request'],
  ['a field more', { carrier: 'shunfeng', trackingNo: TRACKING, state: 'completed' }, 'invalid_request'],
  ['a digit too few', { carrier: 'shunfeng', trackingNo: 'SF12345678901' }, 'invalid_tracking_no'],
  ['another carrier’s number', { carrier: 'jd', trackingNo: TRACKING }, 'invalid_tracking_no'],
  ['markup for a number', { carrier: 'ems', trackingNo: '<b>EA123456789CN</b>' }, 'invalid_tracking_no'],
])('FU-3 %s is refused, and the order is still to be shipped', async (_what, body, code) => {
  const { buyer, orderNo } = await givenPaid();
  const merchant = await staff('merchant1');
  expect(await problemFrom(merchant.post(`/merchant/orders/${orderNo}/shipments`, body))).toMatchObject({
    status: 400,
    code,
  });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', shipments: [] });
});

test('FU-3 SB-6 the same hand-over reported ten times at once is one shipment', async () => {
  const { buyer, orderNo } = await givenPaid();
  const merchant = await staff('merchant1');
  const body = { carrier: 'shunfeng', trackingNo: TRACKING };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      merchant.post(`/merchant/orders/${orderNo}/shipments`, body, `ship-${orderNo}`),
    ),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect((await readOrder(buyer, orderNo)).shipments).toHaveLength(1);
});

test('FU-3 ID-2 another merchant neither sees nor reviews nor ships the order', async () => {
  const { buyer, orderNo } = await givenPaid(THIRD_PARTY);
  const stranger = await staff('merchant1');
  const tries = [
    readOrder(stranger, orderNo),
    ship(stranger, orderNo),
    stranger.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' }),
  ];
  const refused = await Promise.all(tries.map(problemFrom));
  expect(refused.map((problem) => problem.status)).toEqual([404, 404, 404]);
  expect(await readOrder(buyer, orderNo)).toMatchObject({
    state: 'awaiting_shipment',
    review: { state: 'pending' },
  });
});

test('ST-4 receipt takes two steps: the first asks back, only the second receives', async () => {
  const { buyer, orderNo } = await givenShipped();
  const asked = await buyer.post<{ confirmation: string; prompt: { zh: string; en: string } }>(
    `/orders/${orderNo}/receipt`,
    {},
  );
  expect(asked.prompt.zh).toMatch(/确认/);
  expect(asked.prompt.en).toMatch(/received/);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
  await buyer.post(`/orders/${orderNo}/receipt`, { confirmation: asked.confirmation });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'completed', endReason: 'received' });
});

test('ST-4 a forged, a foreign and an expired confirmation are refused', async () => {
  const { buyer, orderNo } = await givenShipped();
  const other = await givenShipped();
  const ask = async (who: Buyer, no: string) =>
    (await who.post<{ confirmation: string }>(`/orders/${no}/receipt`, {})).confirmation;
  const mine = await ask(buyer, orderNo);
  const [until, signature] = mine.split('.') as [string, string];
  const wrong = {
    forged: `${until}.${'A'.repeat(signature.length)}`,
    'with a later end': `${Number(until) + 60_000}.${signature}`,
    'for another order': await ask(other.buyer, other.orderNo),
    'with nothing signed': until,
    expired: signedAsTheServerDoes(orderNo, buyer.sub, Date.now() - 1_000),
  };
  for (const [what, confirmation] of Object.entries(wrong)) {
    expect([
      what,
      (await problemFrom(buyer.post(`/orders/${orderNo}/receipt`, { confirmation }))).code,
    ]).toEqual([what, 'confirmation_invalid']);
  }
  // Another buyer does not even find the order.
  expect(
    (await problemFrom(other.buyer.post(`/orders/${orderNo}/receipt`, { confirmation: mine }))).status,
  ).toBe(404);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
  // What made the expired one wrong is its time alone.
  await buyer.post(`/orders/${orderNo}/receipt`, {
    confirmation: signedAsTheServerDoes(orderNo, buyer.sub, Date.now() + 60_000),
  });
  expect((await readOrder(buyer, orderNo)).state).toBe('completed');
});

/** A confirmation with any end, by the key the server derives from its master key. */
function signedAsTheServerDoes(orderNo: string, buyerId: string, untilMs: number): string {
  const master = Buffer.from(stack().env['MASTER_KEY'] ?? '', 'base64');
  const key = createHmac('sha256', master).update('receipt confirmation').digest();
  return `${untilMs}.${createHmac('sha256', key).update(`${orderNo} ${buyerId} ${untilMs}`).digest('base64url')}`;
}

test('ST-6 the buyer’s word and the clock at the same moment: received once', async () => {
  const skuId = await givenSku(await givenShop({ autoReceiptSeconds: 2 }), 5);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  await ship(await staff('merchant1'), orderNo);
  const asked = await buyer.post<{ confirmation: string }>(`/orders/${orderNo}/receipt`, {});
  await waitFor(
    buyer,
    orderNo,
    (order) => order.state === 'completed' || Date.now() + 30 > Date.parse(order.autoReceiptAt ?? ''),
  );
  await buyer.post(`/orders/${orderNo}/receipt`, asked).catch(() => undefined);
  await waitFor(buyer, orderNo, (order) => order.state === 'completed');
  const { log } = await buyer.get<{ log: { action: string; toState: string; fromState: string }[] }>(
    `/orders/${orderNo}/log`,
  );
  expect(log.filter((row) => row.toState === 'completed' && row.fromState !== 'completed')).toHaveLength(1);
  expect((await problemFrom(receive(buyer, orderNo))).code).toBe('not_awaiting_receipt');
});
