import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import { balances, vouchersOf } from '../support/books.ts';
import { givenJoint } from '../support/joint.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  readOrder,
  receive,
  ship,
  shipAndReceive,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

const OF_TEST = 'C-settlement-test';
let connection: Connection;
let client: Client;

/** Both merchants agree, for these tests, on settlement a second after receipt and 5 % (tea 7.5 %) commission. */
beforeAll(async () => {
  connection = await Connection.connect({ address: stack().temporalAddress });
  client = new Client({ connection });
  await database()
    .insert(t.contracts)
    .values(
      ['M1', 'M2'].map((merchantId) => ({
        contractId: `${OF_TEST}-${merchantId}`,
        merchantId,
        validFrom: new Date(Date.now() - 60_000),
        validTo: null,
        settleAfterSeconds: 1,
        commissionBps: { default: 500, tea: 750 },
      })),
    );
});

afterAll(async () => {
  const ofTest = inArray(t.contracts.contractId, [`${OF_TEST}-M1`, `${OF_TEST}-M2`]);
  await database().update(t.contracts).set({ validTo: new Date() }).where(ofTest);
  await connection.close();
});

const settleNow = () => client.schedule.getHandle('settlement').trigger();

interface Line {
  orderNo: string;
  dueAt: string;
  baseFen: number;
  commissionFen: number;
  netFen: number;
  state: string;
  settlementNo: string | null;
}

const linesOf = async (merchant: ShopClient, orderNo: string): Promise<Line[]> =>
  (await merchant.get<{ lines: Line[] }>('/merchant/settlements')).lines.filter(
    (line) => line.orderNo === orderNo,
  );

function untilSettled(merchant: ShopClient, orderNo: string): Promise<Line[]> {
  return eventually(async () => {
    await settleNow();
    const lines = await linesOf(merchant, orderNo);
    return lines.length > 0 && lines.every((line) => line.state === 'settled') && lines;
  }, `settlement of ${orderNo}`);
}

async function givenReceived(
  lines: { priceFen: bigint; category?: string; quantity?: number }[],
  more: Record<string, unknown> = {},
  given?: Buyer,
) {
  const buyer = given ?? (await newBuyer());
  const shopId = await givenShop();
  const basket: Record<string, number> = {};
  for (const { quantity, ...sku } of lines) basket[await givenSku(shopId, 10, sku)] = quantity ?? 1;
  const orderNo = await submit(buyer, basket, more);
  await pay(buyer, orderNo);
  await shipAndReceive(await staff('merchant1'), buyer, orderNo);
  return { buyer, orderNo };
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

test('ST-5 FN-5 settlement is due after the time of the contract, not before, and pays base less commission', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await givenReceived([{ priceFen: 12_345n }]);
  const { endedAt } = await readOrder(buyer, orderNo);
  const [due] = await linesOf(merchant, orderNo);
  expect(Date.parse(due?.dueAt ?? '') - Date.parse(endedAt ?? '')).toBe(1_000);
  const [settled] = await untilSettled(merchant, orderNo);
  expect(settled).toMatchObject({
    baseFen: 12_345,
    commissionFen: 617,
    netFen: 11_728,
    state: 'settled',
    settlementNo: expect.any(String),
  });
  const { at } = (await vouchersOf(merchant, orderNo)).find(
    (voucher) => voucher.kind === 'settlement',
  ) as unknown as { at: string };
  expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(due?.dueAt ?? ''));
  expect(await readOrder(merchant, orderNo)).toMatchObject({
    settlement: { state: 'settled', baseFen: 12_345, commissionFen: 617, netFen: 11_728 },
  });
});

test('FN-5 decision-31 commission is by category, per line, half up, on goods less the shop’s own discounts', async () => {
  const buyer = await newBuyer();
  // 50.5 → 51, 0.5 → 1, 24.975 → 25, 0.45 → 0; a line of each, the sum of the rounded.
  const { orderNo } = await givenReceived(
    [{ priceFen: 1_010n }, { priceFen: 10n }, { priceFen: 333n, category: 'tea' }, { priceFen: 9n }],
    {},
    buyer,
  );
  const lines = await linesOf(await staff('merchant1'), orderNo);
  expect(
    lines.map((line) => [line.baseFen, line.commissionFen]).sort((a, b) => Number(a[0]) - Number(b[0])),
  ).toEqual([
    [9, 0],
    [10, 1],
    [333, 25],
    [1_010, 51],
  ]);
});

test('FN-1 FN-3 earned and given back before it was settled: both lines are settled, and nothing moves', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await givenReceived([{ priceFen: 12_345n }]);
  const refund = { amountFen: 12_345, reason: '全额退款' };
  await (await staff('finance')).post(`/platform/orders/${orderNo}/refunds`, refund);
  await waitFor(buyer, orderNo, ({ state }) => state === 'closed');
  const lines = await untilSettled(merchant, orderNo);
  expect(lines.map(({ netFen }) => netFen).sort()).toEqual([-11_728, 11_728]);
  const kinds = (await vouchersOf(merchant, orderNo)).map(({ kind }) => kind);
  expect(kinds).not.toContain('settlement');
});

test('FN-2 from the vouchers alone: what is owed to the merchant becomes settled and commission; all accounts sum to zero', async () => {
  const merchant = await staff('merchant1');
  const { orderNo } = await givenReceived([{ priceFen: 10_000n, quantity: 2 }]);
  const before = await balances();
  expect(sum(Object.values(before))).toBe(0);
  await untilSettled(merchant, orderNo);
  expect(sum(Object.values(await balances()))).toBe(0);
  const vouchers = await vouchersOf(merchant, orderNo);
  expect(vouchers.map((voucher) => voucher.kind)).toEqual(['payment', 'points', 'receipt', 'settlement']);
  expect(vouchers.at(-1)?.postings).toEqual([
    { debit: 'merchant:M1:payable', credit: 'commission_income', amountFen: 1_000 },
    { debit: 'merchant:M1:payable', credit: 'merchant:M1:settled', amountFen: 19_000 },
  ]);
  // Nothing is left owed for this order.
  const entries = vouchers.flatMap((voucher) => voucher.postings);
  const balance = (account: string) =>
    sum(
      entries.map((e) => (e.debit === account ? e.amountFen : 0) - (e.credit === account ? e.amountFen : 0)),
    );
  expect([balance('merchant:M1:payable'), balance('deposits'), balance('channel:alipay')]).toEqual([
    0, 0, 20_000,
  ]);
});

test('ST-3 ST-5 what is held is not settled, its neighbours are; released it is', async () => {
  const [merchant, service] = [await staff('merchant1'), await staff('customerService')];
  const held = await givenReceived([{ priceFen: 5_000n }]);
  const { holdId } = await service.post<{ holdId: string }>(`/platform/orders/${held.orderNo}/holds`, {
    reason: 'a return is asked for',
  });
  const free = await givenReceived([{ priceFen: 5_000n }]);
  await untilSettled(merchant, free.orderNo);
  // It was due earlier than what was settled just now.
  expect(await linesOf(merchant, held.orderNo)).toMatchObject([{ state: 'due', settlementNo: null }]);
  await service.post(`/platform/orders/${held.orderNo}/hold-releases`, {
    holdId,
    reason: 'nothing came of it',
  });
  expect(await untilSettled(merchant, held.orderNo)).toMatchObject([{ state: 'settled' }]);
});

test('ST-5 FN-1 settlement run by several at once settles every line once', async () => {
  const merchant = await staff('merchant1');
  const orders = await Promise.all(
    [1, 2, 3].map(() => givenReceived([{ priceFen: 5_000n }, { priceFen: 700n }])),
  );
  await eventually(async () => {
    const runs = Array.from({ length: 4 }, () =>
      client.workflow.execute('settlement', {
        taskQueue: 'dingdan',
        workflowId: `settlement-${randomUUID()}`,
      }),
    );
    await Promise.all(runs);
    const lines = await Promise.all(orders.map(({ orderNo }) => linesOf(merchant, orderNo)));
    return lines.flat().every((line) => line.state === 'settled');
  }, 'settlement of all three');
  for (const { orderNo } of orders) {
    const settled = (await vouchersOf(merchant, orderNo)).filter((voucher) => voucher.kind === 'settlement');
    expect(sum(settled.flatMap((voucher) => voucher.postings).map((posting) => posting.amountFen))).toBe(
      5_700,
    );
  }
});

test('SP-2 SP-10 FN-6 the children of a joint order are settled alone, each to its own merchant', async () => {
  const { buyer, orderNo, first, second } = await givenJoint();
  await pay(buyer, orderNo);
  const [merchant1, merchant2] = [await staff('merchant1'), await staff('merchant2')];
  await waitFor(buyer, first, (order) => order.state === 'awaiting_shipment');
  await ship(merchant1, first);
  await receive(buyer, first);
  const [line] = await untilSettled(merchant1, first);
  expect(line).toMatchObject({ baseFen: 23_333, commissionFen: 1_167, netFen: 22_166 });
  expect(await linesOf(merchant1, second)).toEqual([]);
  expect(await linesOf(merchant2, second)).toEqual([]);
  await merchant2.post(`/merchant/orders/${second}/review`, { decision: 'confirm' });
  await ship(merchant2, second);
  await receive(buyer, second);
  // 3 × 88.77, whole although the platform took 30 yuan off the basket: it bears that itself.
  expect(await untilSettled(merchant2, second)).toMatchObject([
    { baseFen: 26_631, commissionFen: 1_332, netFen: 25_299 },
  ]);
  expect(await linesOf(merchant2, first)).toEqual([]);
});

test('FN-5 the contract in force at payment applies, also when it ended before the receipt', async () => {
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 3)]: 1 });
  await pay(buyer, orderNo);
  const other = {
    contractId: `C-later-${orderNo}`,
    merchantId: 'M1',
    validFrom: new Date(),
    validTo: null,
    settleAfterSeconds: 9_999,
    commissionBps: { default: 5_000 },
  };
  await database().insert(t.contracts).values(other);
  try {
    await shipAndReceive(await staff('merchant1'), buyer, orderNo);
    const [line] = await linesOf(await staff('merchant1'), orderNo);
    expect(line).toMatchObject({ commissionFen: 500 });
    expect(Date.parse(line?.dueAt ?? '') - Date.parse((await readOrder(buyer, orderNo)).endedAt ?? '')).toBe(
      1_000,
    );
  } finally {
    await database().delete(t.contracts).where(eq(t.contracts.contractId, other.contractId));
  }
});

/** What an order's vouchers leave on each account; what is even is left out. */
async function leftOf(orderNo: string): Promise<Record<string, number>> {
  const left: Record<string, number> = {};
  for (const { postings } of await vouchersOf(await staff('finance'), orderNo))
    for (const { debit, credit, amountFen } of postings) {
      left[debit] = (left[debit] ?? 0) + amountFen;
      left[credit] = (left[credit] ?? 0) - amountFen;
    }
  return Object.fromEntries(Object.entries(left).filter(([, fen]) => fen !== 0));
}

for (const settledFirst of [false, true]) {
  test(`FN-3 RF-7 a refund ${settledFirst ? 'after settlement' : 'between receipt and settlement'} takes back the merchant’s share and the commission at the rate they were made with`, async () => {
    const [merchant, finance] = [await staff('merchant1'), await staff('finance')];
    const { buyer, orderNo } = await givenReceived([
      { priceFen: 12_345n },
      { priceFen: 10_000n, category: 'tea' },
    ]);
    if (settledFirst) await untilSettled(merchant, orderNo);
    const refund = (amountFen?: number) =>
      finance.post(`/platform/orders/${orderNo}/refunds`, {
        reason: '商品瑕疵',
        ...(amountFen && { amountFen }),
      });
    await refund(5_000);
    await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 5_000, 30_000);
    const lines = await untilSettled(merchant, orderNo);
    // 12,345 − 2,762 at 5 %, 10,000 − 2,238 at 7.5 %: 479.15 and 582.15, half up.
    expect(sum(lines.map(({ baseFen }) => baseFen))).toBe(22_345 - 5_000);
    expect(sum(lines.map(({ commissionFen }) => commissionFen))).toBe(479 + 582);
    expect((await readOrder(buyer, orderNo)).state).toBe('completed');
    await refund();
    const ended = await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 22_345, 30_000);
    expect(ended.state).toBe('closed');
    const all = await eventually(async () => {
      await settleNow();
      const found = await linesOf(merchant, orderNo);
      return found.length > lines.length && found.every(({ state }) => state === 'settled') && found;
    }, `the rest of ${orderNo} to be settled`);
    expect(sum(all.map(({ netFen }) => netFen))).toBe(0);
    expect(sum(all.map(({ commissionFen }) => commissionFen))).toBe(0);
    expect(await leftOf(orderNo)).toEqual({});
  });
}
