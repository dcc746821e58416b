import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import { DEFAULT_REFUND_POLICY } from '../../domain/order/refund-policy.ts';
import { logOf, vouchersOf } from '../support/books.ts';
import { commandFirmly, givenFreight, times } from '../support/given.ts';
import {
  type Buyer,
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

async function givenPaid(
  merchantId: 'M1' | 'M2' = 'M1',
  { priceFen = 10_000n, freightFen = 0n } = {},
): Promise<{ buyer: Buyer; orderNo: string }> {
  const shopId = await givenShop({ merchantId });
  const rate = { firstUnits: 1, firstFen: freightFen, additionalUnits: 1, additionalFen: 0n };
  const freightTemplateId = await givenFreight(shopId, { rates: { default: rate } });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [await givenSku(shopId, 5, { priceFen, freightTemplateId })]: 1 });
  await pay(buyer, orderNo);
  return { buyer, orderNo };
}

const give = (
  client: ShopClient,
  side: 'merchant' | 'platform',
  orderNo: string,
  amountFen: number,
  kind: 'goodwill' | 'freight' = 'goodwill',
) =>
  client.post(`/${side}/orders/${orderNo}/goodwill`, {
    kind,
    amountFen,
    reason: 'packaging',
    words: '包装破损致歉',
  });

const refunded = (buyer: Buyer, orderNo: string, amountFen: number) =>
  waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === amountFen, 30_000);

/** What an order's vouchers leave on an account: debits less credits. */
async function leftOn(orderNo: string, account: string): Promise<number> {
  const postings = (await vouchersOf(await staff('finance'), orderNo)).flatMap((voucher) => voucher.postings);
  return postings.reduce(
    (sum, { debit, credit, amountFen }) =>
      sum + (debit === account ? amountFen : 0) - (credit === account ? amountFen : 0),
    0,
  );
}

for (const [side, baseFen, costFen] of [
  ['merchant', 9_000, 0],
  ['platform', 10_000, 1_000],
] as const) {
  test(`RF-8 FN-3 goodwill of the ${side} reaches the buyer, the order goes on, and ${side === 'merchant' ? 'its merchant earns less' : 'the platform bears it'}`, async () => {
    const giver = await staff(side === 'merchant' ? 'merchant1' : 'customerService');
    const merchant = await staff('merchant1');
    const { buyer, orderNo } = await givenPaid();
    await give(giver, side, orderNo, 1_000);
    const order = await refunded(buyer, orderNo, 1_000);
    expect(order).toMatchObject({
      state: 'awaiting_shipment',
      refunds: [{ amountFen: 1_000, reason: '包装破损致歉', state: 'succeeded' }],
    });
    expect((await logOf(giver, orderNo)).at(-1)).toMatchObject({
      action: 'refund',
      input: { amountFen: 1_000, goodwill: { kind: 'goodwill', giver: side, reason: 'packaging' } },
    });
    await ship(merchant, orderNo);
    await receive(buyer, orderNo);
    const { settlement } = await readOrder(merchant, orderNo);
    expect(settlement).toMatchObject({ baseFen });
    expect(await leftOn(orderNo, 'goodwill_cost')).toBe(costFen);
    expect(await leftOn(orderNo, 'deposits')).toBe(0);
    expect(await leftOn(orderNo, 'merchant:M1:payable')).toBe(-baseFen);
  });
}

test('RF-8 decision-14 all of a received order’s money as goodwill of the platform: it stays completed, and its merchant’s share whole', async () => {
  const [service, merchant] = [await staff('customerService'), await staff('merchant1')];
  const { buyer, orderNo } = await givenPaid();
  await ship(merchant, orderNo);
  await receive(buyer, orderNo);
  expect(await problemFrom(give(service, 'platform', orderNo, 10_001))).toMatchObject({
    code: 'more_than_paid',
    body: { refundableFen: 10_000 },
  });
  await give(service, 'platform', orderNo, 10_000);
  const order = await refunded(buyer, orderNo, 10_000);
  expect(order).toMatchObject({ state: 'completed', pointsEarned: 0 });
  expect((await readOrder(merchant, orderNo)).settlement).toMatchObject({ baseFen: 10_000 });
  expect([await leftOn(orderNo, 'goodwill_cost'), await leftOn(orderNo, 'deposits')]).toEqual([10_000, 0]);
  const offered = (await readOrder(service, orderNo)).actions.map(({ action }) => action);
  expect(offered).not.toContain('give_goodwill');
  expect(await problemFrom(give(service, 'platform', orderNo, 1))).toMatchObject({ code: 'more_than_paid' });
});

test('RF-8 RF-5 freight alone: never more than was not given back of it, and not again with the goods', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await givenPaid('M1', { freightFen: 800n });
  expect(await problemFrom(give(merchant, 'merchant', orderNo, 801, 'freight'))).toMatchObject({
    code: 'more_than_freight',
    body: { freightLeftFen: 800 },
  });
  await give(merchant, 'merchant', orderNo, 500, 'freight');
  await refunded(buyer, orderNo, 500);
  expect(await problemFrom(give(merchant, 'merchant', orderNo, 301, 'freight'))).toMatchObject({
    body: { freightLeftFen: 300 },
  });
  // Cancelled in full: the rest of the freight goes back with the goods.
  await buyer.post(`/orders/${orderNo}/cancellations`, {});
  await merchant.post(`/merchant/orders/${orderNo}/cancellation-answers`, { answer: 'agree' });
  const order = await refunded(buyer, orderNo, 10_800);
  expect(order.state).toBe('cancelled');
  expect(await leftOn(orderNo, 'deposits')).toBe(0);
});

test('RF-8 one person gives at most so much a day, also several at once; the answer says the limit, what is given and when it renews', async () => {
  const merchant = await staff('merchant2');
  const orders = await times(6, () => givenPaid('M2'));
  const given = await givenPaid('M2', { priceFen: 60_000n });
  await give(merchant, 'merchant', given.orderNo, 30_000);
  const body = { kind: 'goodwill', amountFen: 10_000, reason: 'packaging', words: '包装破损致歉' };
  const outcomes = await Promise.all(
    orders.map(({ orderNo }) => commandFirmly(merchant, `/merchant/orders/${orderNo}/goodwill`, body)),
  );
  expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(2);
  expect(outcomes.filter((outcome) => outcome === 'goodwill_limit')).toHaveLength(4);
  const problem = await problemFrom(give(merchant, 'merchant', given.orderNo, 1));
  expect(problem).toMatchObject({
    ...{ status: 409, code: 'goodwill_limit', body: { limitFen: 50_000, usedFen: 50_000 } },
  });
  // The next midnight in Beijing.
  const renewsAt = String(problem.body['renewsAt']);
  expect(renewsAt).toMatch(/T16:00:00.000Z$/);
  const waitMs = Date.parse(renewsAt) - Date.now();
  expect(waitMs > 0 && waitMs <= 86_400_000).toBe(true);
  // Nobody else is concerned.
  await give(await staff('customerService'), 'platform', given.orderNo, 1);

  const policyId = 'platform';
  const policy = { ...DEFAULT_REFUND_POLICY, policyId, merchantGoodwillPerDayFen: 50_100n };
  await database().insert(t.refundPolicies).values(policy);
  try {
    await give(merchant, 'merchant', given.orderNo, 100);
    expect(await problemFrom(give(merchant, 'merchant', given.orderNo, 1))).toMatchObject({
      body: { limitFen: 50_100, usedFen: 50_100 },
    });
  } finally {
    await database().delete(t.refundPolicies).where(eq(t.refundPolicies.policyId, policyId));
  }
});

test('RF-8 SB-6 asked for again with the same key it is given once; unpaid orders and other merchants’ have none', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await givenPaid();
  const body = { kind: 'goodwill', amountFen: 300, reason: 'service', words: '抱歉' };
  const key = randomUUID();
  const path = `/merchant/orders/${orderNo}/goodwill`;
  const ask = () => merchant.post<{ commandId: string }>(path, body, key);
  expect((await ask()).commandId).toBe((await ask()).commandId);
  expect((await refunded(buyer, orderNo, 300)).refunds).toHaveLength(1);
  expect(await problemFrom(give(await staff('merchant2'), 'merchant', orderNo, 1))).toMatchObject({
    status: 404,
  });
  const unpaid = await submit(buyer, { [await givenSku(await givenShop(), 5)]: 1 });
  expect(await problemFrom(give(merchant, 'merchant', unpaid, 1))).toMatchObject({ code: 'not_refundable' });
});
