import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  pay,
  problemFrom,
  readOrder,
  ship,
  shipAndReceive,
  staff,
  submit,
} from '../support/world.ts';

/** FU-1, FU-7: what waits for too long is shown, reminded of and counted. Orders age by moving their payment back. */

const DAY_SECONDS = 86_400;

type Shop = Parameters<typeof givenShop>[0];
type Notice = { orderNo: string; event: string; params: Record<string, unknown>; at: string };
interface Tasks {
  counts: Record<'toReview' | 'toShip' | 'shipOverdue' | 'reviewOverdue' | 'cancellationsToAnswer', number>;
  workItems: { workItemId: string; orderNo: string; waysOut: string[]; overdue: boolean }[];
}

async function givenPaid(shop: Shop = {}, buyer?: Buyer): Promise<{ buyer: Buyer; orderNo: string }> {
  const skuId = await givenSku(await givenShop(shop), 5);
  const owner = buyer ?? (await newBuyer());
  const orderNo = await submit(owner, { [skuId]: 1 });
  await pay(owner, orderNo);
  return { buyer: owner, orderNo };
}

/** The order was paid that long ago. */
async function paidAgo(orderNo: string, seconds: number): Promise<void> {
  await database()
    .update(t.orders)
    .set({ paidAt: sql`${t.orders.paidAt} - make_interval(secs => ${seconds})` })
    .where(eq(t.orders.orderNo, orderNo));
}

/** Of this order, what was told about its being overdue. */
async function reminders(client: ShopClient, orderNo: string): Promise<Notice[]> {
  const { notices } = await client.get<{ notices: Notice[] }>('/notices');
  return notices.filter((notice) => notice.orderNo === orderNo && notice.event.includes('overdue'));
}

const reminded = (client: ShopClient, orderNo: string): Promise<Notice[]> =>
  eventually(async () => {
    const told = await reminders(client, orderNo);
    return told.length > 0 && told;
  }, `a reminder of ${orderNo}`);

/** A round began after this was asked for: an order that is overdue since then was reminded of. */
async function nextRound(): Promise<void> {
  const { buyer, orderNo } = await givenPaid();
  await paidAgo(orderNo, 3 * DAY_SECONDS);
  await reminded(buyer, orderNo);
}

const tasksOf = (merchant: ShopClient) => merchant.get<Tasks>('/merchant/tasks');

async function overdueOrders(merchant: ShopClient): Promise<Order[]> {
  return (await merchant.get<{ orders: Order[] }>('/merchant/orders?overdue=true&limit=100')).orders;
}

async function listed(merchant: ShopClient, orderNo: string): Promise<boolean> {
  return (await overdueOrders(merchant)).some((order) => order.orderNo === orderNo);
}

async function statisticsOf(merchantId: string) {
  const { merchants } = await (await staff('operations')).get<{
    merchants: { merchantId: string; awaitingShipment: number; overdue: number; shippedLate: number }[];
  }>('/platform/statistics/shipping');
  return merchants.find((row) => row.merchantId === merchantId);
}

/** A buyer whose first order is behind them. */
async function returningBuyer(): Promise<Buyer> {
  const { buyer, orderNo } = await givenPaid();
  await shipAndReceive(await staff('merchant1'), buyer, orderNo);
  return buyer;
}

// Items cost CNY 100.00; buyers live in province 31.
test.each([
  ['an amount', { amountFen: 10_000n }, 'rule_amount', '金额较大', 'large amount'],
  ['a new buyer', { newBuyerFen: 10_000n }, 'rule_new_buyer', '新买家首单', 'first order'],
  ['a region', { regions: ['65', '31'] }, 'rule_address', '收货地区需人工核对', 'region is checked'],
])(
  'FU-1 decision-22 %s sends a self-operated shop’s order to a person, who reads why and confirms it',
  async (_what, reviewRules, rule, zh, en) => {
    const merchant = await staff('merchant1');
    const { buyer, orderNo } = await givenPaid({ reviewRules });
    const seen = await readOrder(merchant, orderNo);
    expect(seen).toMatchObject({ review: { state: 'pending', reason: rule }, reviewOverdue: false });
    expect(seen.prompt).toEqual({ zh: expect.stringContaining(zh), en: expect.stringContaining(en) });
    expect((await readOrder(buyer, orderNo)).prompt.zh).toContain('等待商家确认');
    expect((await problemFrom(ship(merchant, orderNo))).code).toBe('not_reviewed');
    await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
    expect((await readOrder(buyer, orderNo)).review).toEqual({ state: 'confirmed', reason: null });
    await ship(merchant, orderNo);
    expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
  },
);

test.each([
  ['a smaller amount', { amountFen: 10_001n }, newBuyer],
  ['a new buyer’s small order', { newBuyerFen: 10_001n }, newBuyer],
  ['a buyer with a completed order', { newBuyerFen: 1n }, returningBuyer],
  ['another region', { regions: ['65'] }, newBuyer],
  ['no rule', {}, newBuyer],
])('FU-1 decision-22 %s is confirmed at once and can be shipped', async (_what, reviewRules, buyerOf) => {
  const { buyer, orderNo } = await givenPaid({ reviewRules }, await buyerOf());
  expect((await readOrder(buyer, orderNo)).review).toEqual({ state: 'confirmed', reason: null });
  await ship(await staff('merchant1'), orderNo);
  expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_receipt');
});

test('FU-7 a broken promise to ship is shown to both sides, reminded of once, counted, and over when it ships', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await givenPaid({ shipWithinSeconds: DAY_SECONDS });
  const paid = await readOrder(buyer, orderNo);
  expect(paid.shipOverdue).toBe(false);
  expect(Date.parse(paid.shipBy as string) - Date.parse(paid.paidAt as string)).toBe(DAY_SECONDS * 1000);
  expect(paid.prompt.zh).toMatch(/预计 20\d\d-\d\d-\d\d \d\d:\d\d 前发货/);
  expect(await listed(merchant, orderNo)).toBe(false);
  const [before, statistics] = [await tasksOf(merchant), await statisticsOf('M1')];

  await paidAgo(orderNo, DAY_SECONDS + 60);
  const late = await readOrder(buyer, orderNo);
  expect(late).toMatchObject({ shipOverdue: true, reviewOverdue: false });
  expect(late.prompt).toEqual({
    zh: expect.stringMatching(/已超过承诺的发货时间 20\d\d-\d\d-\d\d \d\d:\d\d，可以催商家发货。$/),
    en: expect.stringMatching(/It should have shipped by .+ \(Beijing time\); you can urge the merchant\.$/),
  });
  const seen = await readOrder(merchant, orderNo);
  expect(seen.shipOverdue).toBe(true);
  expect(seen.prompt).toEqual({
    zh: expect.stringMatching(/^请备货.*请尽快发货。$/),
    en: expect.stringMatching(/^Pack the goods.*ship it as soon as you can\.$/),
  });
  expect(await listed(merchant, orderNo)).toBe(true);
  const { counts } = await tasksOf(merchant);
  expect(counts).toEqual({ ...before.counts, shipOverdue: before.counts.shipOverdue + 1 });
  expect(await statisticsOf('M1')).toEqual({ ...statistics, overdue: (statistics?.overdue ?? 0) + 1 });

  for (const client of [buyer, merchant])
    expect(await reminded(client, orderNo)).toMatchObject([
      { event: 'ship_overdue', params: { shipBy: late.shipBy } },
    ]);
  await nextRound();
  for (const client of [buyer, merchant]) expect(await reminders(client, orderNo)).toHaveLength(1);

  await ship(merchant, orderNo);
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_receipt', shipOverdue: false });
  expect(await listed(merchant, orderNo)).toBe(false);
  const after = await statisticsOf('M1');
  expect(after?.shippedLate).toBe((statistics?.shippedLate ?? 0) + 1);
});

test('FU-7 what leaves in time is neither reminded of nor counted', async () => {
  const merchant = await staff('merchant1');
  const late = async () => (await statisticsOf('M1'))?.shippedLate ?? 0;
  const { buyer, orderNo } = await givenPaid();
  const before = await late();
  await ship(merchant, orderNo);
  await paidAgo(orderNo, DAY_SECONDS);
  await nextRound();
  expect(await reminders(buyer, orderNo)).toEqual([]);
  expect(await late()).toBe(before);
});

test('FU-1 a review that waits too long is shown, reminded of once and counted; the shop says how long that is', async () => {
  const [merchant, other] = [await staff('merchant2'), await staff('merchant1')];
  const shop: Shop = { kind: 'third_party', merchantId: 'M2' };
  const { buyer, orderNo } = await givenPaid(shop);
  const patient = await givenPaid({ ...shop, reviewRules: { withinSeconds: 2 * DAY_SECONDS } });
  const hasty = await givenPaid({ ...shop, reviewRules: { withinSeconds: 60 } });
  const before = await tasksOf(merchant);
  expect((await readOrder(merchant, orderNo)).reviewOverdue).toBe(false);
  for (const late of [orderNo, patient.orderNo]) await paidAgo(late, DAY_SECONDS + 60);
  await paidAgo(hasty.orderNo, 90);

  const seen = await readOrder(merchant, orderNo);
  expect(seen).toMatchObject({ reviewOverdue: true, shipOverdue: false });
  expect(seen.prompt).toEqual({
    zh: expect.stringContaining('确认已超时'),
    en: expect.stringContaining('It has waited too long.'),
  });
  expect((await readOrder(buyer, orderNo)).prompt).toEqual({
    zh: expect.stringContaining('商家确认超时，已提醒商家。'),
    en: expect.stringContaining('the merchant was reminded'),
  });
  expect((await readOrder(merchant, hasty.orderNo)).reviewOverdue).toBe(true);
  expect((await readOrder(merchant, patient.orderNo)).reviewOverdue).toBe(false);
  expect(await listed(merchant, orderNo)).toBe(true);
  expect(await listed(merchant, patient.orderNo)).toBe(false);
  expect((await tasksOf(merchant)).counts).toEqual({
    ...before.counts,
    reviewOverdue: before.counts.reviewOverdue + 2,
  });

  expect(await reminded(merchant, orderNo)).toMatchObject([{ event: 'review_overdue' }]);
  await nextRound();
  expect(await reminders(merchant, orderNo)).toHaveLength(1);
  expect(await reminders(merchant, patient.orderNo)).toEqual([]);
  expect(await reminders(buyer, orderNo)).toEqual([]);
  expect(await reminders(other, orderNo)).toEqual([]);
  // Overdue is reminded of, never pushed by itself.
  expect((await readOrder(merchant, orderNo)).review).toEqual({ state: 'pending', reason: null });
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  expect((await readOrder(merchant, orderNo)).reviewOverdue).toBe(false);
  const { counts } = await tasksOf(merchant);
  expect(counts.toReview).toBe(before.counts.toReview - 1);
  expect(counts.toShip).toBe(before.counts.toShip + 1);
});

test('FU-7 SP-2 of a joint order only the late child is overdue; its parent says so and each merchant sees its own', async () => {
  const [buyer, m1, m2] = [await newBuyer(), await staff('merchant1'), await staff('merchant2')];
  const late = await givenSku(await givenShop({ shipWithinSeconds: DAY_SECONDS }), 5);
  const inTime = await givenSku(await givenShop({ merchantId: 'M2', shipWithinSeconds: 9 * DAY_SECONDS }), 5);
  const orderNo = await submit(buyer, { [late]: 1, [inTime]: 1 });
  await pay(buyer, orderNo);
  const { children } = await readOrder(buyer, orderNo);
  const [own, foreign] = [late, inTime].map(
    (sku) => children.find(({ lines }) => lines[0]?.skuId === sku)?.orderNo as string,
  ) as [string, string];
  const before = await tasksOf(m2);
  for (const child of [own, foreign, orderNo]) await paidAgo(child, 2 * DAY_SECONDS);

  const parent = await readOrder(buyer, orderNo);
  expect(parent.shipOverdue).toBe(true);
  expect(parent.prompt.zh).toContain('已超过承诺的发货时间');
  expect(new Map(parent.children.map(({ orderNo: child, shipOverdue }) => [child, shipOverdue]))).toEqual(
    new Map([
      [own, true],
      [foreign, false],
    ]),
  );
  expect(await reminded(buyer, own)).toHaveLength(1);
  expect(await reminded(m1, own)).toHaveLength(1);
  await nextRound();
  for (const [client, of] of [
    [buyer, orderNo],
    [buyer, foreign],
    [m2, own],
    [m2, foreign],
  ] as const)
    expect(await reminders(client, of)).toEqual([]);
  const foreignList = await overdueOrders(m2);
  expect(foreignList.every(({ shipOverdue, reviewOverdue }) => shipOverdue || reviewOverdue)).toBe(true);
  expect(foreignList.map((order) => order.orderNo)).not.toContain(own);
  expect(await listed(m1, own)).toBe(true);
  expect(await tasksOf(m2)).toEqual(before);
});

test('FU-1 FU-7 work items past their due time are told to their owner once; a merchant’s own are among its tasks', async () => {
  const [m1, m2] = [await staff('merchant1'), await staff('merchant2')];
  const { orderNo } = await givenPaid();
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  const given = async (ownerRole: string, dueAt: Date) => {
    const workItemId = `test-${randomUUID()}`;
    await database()
      .insert(t.workItems)
      .values({
        ...{ workItemId, kind: 'warehouse_refused', orderNo, reason: 'no stock', ownerRole, dueAt },
        ...{ waysOut: ['ship_by_hand', 'refund_lines'], openedAt: at(-30) },
      });
    return workItemId;
  };
  const mine = await given('merchant', at(-1));
  const notYet = await given('merchant', at(1));
  const platforms = await given('operations', at(-1));

  const told = async (client: ShopClient) => (await reminders(client, orderNo)).map(({ event }) => event);
  await reminded(m1, orderNo);
  await reminded(await staff('operations'), orderNo);
  await nextRound();
  expect(await told(m1)).toEqual([`work_item_overdue:${mine}`]);
  expect(await told(await staff('operations'))).toEqual([`work_item_overdue:${platforms}`]);
  for (const client of [m2, await staff('finance')]) expect(await told(client)).toEqual([]);

  const ours = (await tasksOf(m1)).workItems.filter((item) => item.orderNo === orderNo);
  expect(ours).toMatchObject([
    { workItemId: mine, overdue: true, waysOut: ['ship_by_hand', 'refund_lines'] },
    { workItemId: notYet, overdue: false },
  ]);
  expect((await tasksOf(m2)).workItems.filter((item) => item.orderNo === orderNo)).toEqual([]);
  const { workItems } = await (await staff('operations')).get<Pick<Tasks, 'workItems'>>(
    '/platform/work-items',
  );
  expect(workItems.map(({ workItemId }) => workItemId)).toEqual(
    expect.arrayContaining([mine, notYet, platforms]),
  );
  await database()
    .update(t.workItems)
    .set({ closedAt: at(0) })
    .where(eq(t.workItems.orderNo, orderNo));
});

test('FU-1 FU-7 CN-2 a request to cancel that the merchant must answer is a task of that merchant alone', async () => {
  const [m1, m2] = [await staff('merchant1'), await staff('merchant2')];
  const { buyer, orderNo } = await givenPaid();
  const before = [await tasksOf(m1), await tasksOf(m2)] as const;
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: '不想要了' });
  const asked = await tasksOf(m1);
  expect(asked.counts).toEqual({
    ...before[0].counts,
    toShip: before[0].counts.toShip - 1,
    cancellationsToAnswer: before[0].counts.cancellationsToAnswer + 1,
  });
  expect(await tasksOf(m2)).toEqual(before[1]);
  await m1.post(`/merchant/orders/${orderNo}/cancellation-answers`, { answer: 'agree' });
  expect((await tasksOf(m1)).counts.cancellationsToAnswer).toBe(before[0].counts.cancellationsToAnswer);
});

test('FU-7 ID-2 the tasks are a merchant’s, the statistics the platform’s', async () => {
  const { buyer } = await givenPaid();
  for (const client of [buyer, await staff('operations')])
    expect((await problemFrom(tasksOf(client))).status).toBe(403);
  for (const client of [buyer, await staff('merchant1'), await staff('finance')])
    expect((await problemFrom(client.get('/platform/statistics/shipping'))).status).toBe(403);
  expect((await problemFrom((await staff('merchant1')).get('/merchant/orders?overdue=no'))).status).toBe(400);
});
