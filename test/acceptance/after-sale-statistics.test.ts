import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import type { CaseState } from '../../domain/after-sale/case.ts';
import type { Reason } from '../../domain/after-sale/reasons.ts';
import { applyFor, merchantActs } from '../support/cases.ts';
import { endCaseRow } from '../support/evidence.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  ship,
  staff,
  submit,
} from '../support/world.ts';

/** NT-3: statistics of after-sale cases. Cases of a year of their own are rows about shipped orders. */

type Group = Record<string, unknown> & { key: string };
interface Statistics {
  from: string;
  to: string;
  groupBy: string;
  groups: Group[];
}

const read = (client: ShopClient, side: 'platform' | 'merchant', query: Record<string, string>) =>
  client.get<Statistics>(`/${side}/statistics/after-sales?${new URLSearchParams(query)}`);

const HOUR_MS = 3_600_000;
const YEAR = '2021';
const at = (hours: number) => new Date(Date.parse(`${YEAR}-06-01T00:00:00Z`) + hours * HOUR_MS);
const PERIOD = { from: at(0).toISOString(), to: at(24 * 60).toISOString() };

interface Given {
  orderNo: string;
  buyer: Buyer;
  merchantId: string;
  categories: string[];
  /** Their lines’ numbers. */
  lineNos: number[];
}

/** A paid and shipped order: five pieces at 100.00 of one category, and one at 300.00 of another; shipped in that year. */
async function givenShipped(merchantId: 'M1' | 'M2', shippedAt: Date): Promise<Given> {
  const shopId = await givenShop({ merchantId });
  const categories = [`a-${shopId}`, `b-${shopId}`] as const;
  const cheap = await givenSku(shopId, 10, { category: categories[0] });
  const dear = await givenSku(shopId, 10, { category: categories[1], priceFen: 30_000n });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [cheap]: 5, [dear]: 1 });
  await pay(buyer, orderNo);
  await ship(await staff(merchantId === 'M1' ? 'merchant1' : 'merchant2'), orderNo);
  await database()
    .update(t.shipments)
    .set({ shippedAt, trackEnded: true })
    .where(eq(t.shipments.orderNo, orderNo));
  const rows = await database().select().from(t.orderLines).where(eq(t.orderLines.orderNo, orderNo));
  const lineNos = categories.map((category) => rows.find((row) => row.category === category)?.lineNo ?? 0);
  return { orderNo, buyer, merchantId, categories: [...categories], lineNos };
}

interface CaseRow {
  openedAt?: Date;
  reason?: Reason;
  kind?: 'refund_only' | 'return_refund';
  /** `[state, hours after the opening, action]`, one after the other. */
  course?: [CaseState, number, string][];
  outcome?: string;
  refundedFen?: bigint;
  /** How many pieces of each category. */
  pieces?: [cheap: number, dear: number];
}

async function givenCase(of: Given, row: CaseRow = {}): Promise<void> {
  const { openedAt = at(1), reason = 'damaged', kind = 'refund_only', course = [], outcome = null } = row;
  const caseNo = `ST${randomUUID().slice(0, 13)}`;
  const state = course.at(-1)?.[0] ?? 'applied';
  const isOver = state === 'refunded' || state === 'closed';
  const after = (hours: number) => new Date(openedAt.getTime() + hours * HOUR_MS);
  const endedAt = isOver ? after(course.at(-1)?.[1] ?? 0) : null;
  cases.push(caseNo);
  await database()
    .insert(t.afterSales)
    .values({
      ...{ caseNo, orderNo: of.orderNo, buyerId: of.buyer.sub, merchantId: of.merchantId, holdId: caseNo },
      ...{ kind, reason, sealedWords: null, wasSigned: true, openedAt, state, version: 1 + course.length },
      ...{ outcome, endedAt, refundedFen: row.refundedFen ?? null },
    });
  await database()
    .insert(t.afterSaleLines)
    .values(
      (row.pieces ?? [1, 0])
        .map((quantity, index) => ({ caseNo, lineNo: of.lineNos[index] as number, quantity }))
        .filter(({ quantity }) => quantity > 0),
    );
  let fromState: CaseState | null = null;
  for (const [toState, hours, action] of [['applied', 0, 'apply'], ...course] as [
    CaseState,
    number,
    string,
  ][]) {
    const entry = { caseNo, action, actor: 'someone', fromState, toState, at: after(hours) };
    await database().insert(t.afterSaleLog).values(entry);
    fromState = toState;
  }
}

const cases: string[] = [];
afterAll(() => Promise.all(cases.map(endCaseRow)));

let first: Given;
let second: Given;
beforeAll(async () => {
  first = await givenShipped('M1', at(2));
  second = await givenShipped('M2', at(3));
  await givenCase(first, {
    course: [['refunded', 2, 'agree']],
    ...{ outcome: 'refunded', refundedFen: 40_001n },
    pieces: [1, 1],
  });
  await givenCase(first, {
    course: [
      ['rejected', 4, 'reject'],
      ['disputed', 10, 'dispute'],
      ['closed', 100, 'decide'],
    ],
    outcome: 'dismissed',
  });
  await givenCase(first, {
    ...{ reason: 'no_reason', kind: 'return_refund', pieces: [3, 0] },
    course: [['awaiting_parcel', 48, 'time_over']],
  });
  await givenCase(first, { course: [['closed', 6, 'withdraw']], outcome: 'withdrawn' });
  await givenCase(first, { openedAt: at(0) });
  await givenCase(second, {
    course: [['refunded', 48, 'time_over']],
    ...{ outcome: 'refunded', refundedFen: 10_000n },
  });
  // Just outside: before the first moment, and at the last.
  await givenCase(first, { openedAt: new Date(at(0).getTime() - 1) });
  await givenCase(first, { openedAt: new Date(PERIOD.to) });
}, 120_000);

const damagedOfFirst = {
  ...{ key: 'damaged', name: null, cases: 4, pieces: 5, shippedPieces: null, piecesPerShipped: null },
  ...{ open: 1, refunded: 1, closed: { dismissed: 1, withdrawn: 1 }, refundedFen: 40_001 },
  ...{ disputed: 1, disputedShare: 0.25, answered: 2, answeredBySilence: 0, silenceShare: 0 },
  answerSeconds: { median: 3 * 3600, p90: Math.round(3.8 * 3600) },
  totalSeconds: { median: 6 * 3600, p90: Math.round(81.2 * 3600) },
};
const noReason = {
  ...{ key: 'no_reason', name: null, cases: 1, pieces: 3, shippedPieces: null, piecesPerShipped: null },
  ...{ open: 1, refunded: 0, closed: {}, refundedFen: 0 },
  ...{ disputed: 0, disputedShare: 0, answered: 1, answeredBySilence: 1, silenceShare: 1 },
  ...{ answerSeconds: { median: 172_800, p90: 172_800 }, totalSeconds: null },
};

test('NT-3 a merchant’s cases by reason: how many, how they ended, how long it took; the end of the period is not part of it', async () => {
  expect(await read(await staff('merchant1'), 'merchant', PERIOD)).toEqual({
    ...PERIOD,
    groupBy: 'reason',
    groups: [damagedOfFirst, noReason],
  });
  const shifted = { from: new Date(at(0).getTime() + 1).toISOString(), to: PERIOD.to };
  const { groups } = await read(await staff('merchant1'), 'merchant', shifted);
  expect(groups.map(({ key, cases }) => [key, cases])).toEqual([
    ['damaged', 3],
    ['no_reason', 1],
  ]);
});

test('NT-3 by merchant, with the rate of what was handed over in the period', async () => {
  const { groups } = await read(await staff('operations'), 'platform', { ...PERIOD, groupBy: 'merchant' });
  expect(groups).toEqual([
    {
      ...{ key: 'M1', name: expect.any(String), cases: 5, pieces: 8, shippedPieces: 6 },
      ...{ piecesPerShipped: 1.3333, open: 2, refunded: 1, closed: { dismissed: 1, withdrawn: 1 } },
      ...{ refundedFen: 40_001, disputed: 1, disputedShare: 0.2 },
      ...{ answered: 3, answeredBySilence: 1, silenceShare: 0.3333 },
      answerSeconds: { median: 4 * 3600, p90: Math.round(39.2 * 3600) },
      totalSeconds: { median: 6 * 3600, p90: Math.round(81.2 * 3600) },
    },
    {
      ...{ key: 'M2', name: expect.any(String), cases: 1, pieces: 1, shippedPieces: 6 },
      ...{ piecesPerShipped: 0.1667, open: 0, refunded: 1, closed: {} },
      ...{ refundedFen: 10_000, disputed: 0, disputedShare: 0 },
      ...{ answered: 1, answeredBySilence: 1, silenceShare: 1 },
      ...{ answerSeconds: { median: 172_800, p90: 172_800 } },
      totalSeconds: { median: 172_800, p90: 172_800 },
    },
  ]);
});

test('NT-3 by category: a case counts in each of its own, and its refund is divided to the fen', async () => {
  const { groups } = await read(await staff('customerService'), 'platform', {
    ...PERIOD,
    groupBy: 'category',
  });
  const shown = groups.map(({ key, cases, pieces, shippedPieces, piecesPerShipped, refundedFen }) => [
    ...[key, cases, pieces, shippedPieces, piecesPerShipped, refundedFen],
  ]);
  const [a, b] = first.categories;
  expect(shown).toEqual(
    [
      [a, 5, 7, 5, 1.4, 10_000],
      [b, 1, 1, 1, 1, 30_001],
      [second.categories[0], 1, 1, 5, 0.2, 10_000],
    ].sort(([x, n], [y, m]) => Number(m) - Number(n) || (String(x) < String(y) ? -1 : 1)),
  );
});

test('NT-3 by kind and by outcome', async () => {
  const merchant = await staff('merchant1');
  const countsBy = async (groupBy: string) =>
    Object.fromEntries(
      (await read(merchant, 'merchant', { ...PERIOD, groupBy })).groups.map(({ key, cases }) => [key, cases]),
    );
  expect(await countsBy('kind')).toEqual({ refund_only: 4, return_refund: 1 });
  expect(await countsBy('outcome')).toEqual({ open: 2, dismissed: 1, refunded: 1, withdrawn: 1 });
});

test('NT-3 ID-2 a merchant sees its own cases only, and neither grouping nor buyers open others', async () => {
  const { groups } = await read(await staff('merchant2'), 'merchant', PERIOD);
  expect(groups).toMatchObject([{ key: 'damaged', cases: 1, refundedFen: 10_000 }]);
  const ask = (client: ShopClient, side: 'platform' | 'merchant', query = PERIOD as Record<string, string>) =>
    problemFrom(read(client, side, query));
  for (const client of [await newBuyer(), await staff('merchant1'), await staff('finance')])
    expect(await ask(client, 'platform')).toMatchObject({ status: 403 });
  for (const client of [await newBuyer(), await staff('operations')])
    expect(await ask(client, 'merchant')).toMatchObject({ status: 403 });
  expect(await ask(await staff('merchant1'), 'merchant', { groupBy: 'merchant' })).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'query.groupBy' }] },
  });
});

test.each([
  ['query.from', { from: 'yesterday' }],
  ['query.to', { to: '2026-03-01' }],
  ['query.from', { from: PERIOD.to, to: PERIOD.to }],
  ['query.from', { from: at(0).toISOString(), to: at(24 * 92 + 1).toISOString() }],
  ['query.groupBy', { groupBy: 'buyer' }],
])('NT-3 %s is named where the question is not well-formed: %j', async (field, query) => {
  const problem = await problemFrom(read(await staff('operations'), 'platform', query as never));
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', body: { errors: [{ field }] } });
});

test('NT-3 a case of today is counted as it goes: opened, answered, ended', async () => {
  const shopId = await givenShop();
  const category = `own-${shopId}`;
  const skuId = await givenSku(shopId, 10, { category });
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [skuId]: 2 });
  await pay(buyer, orderNo);
  await ship(merchant, orderNo);
  const mine = async () => {
    const { groups } = await read(merchant, 'merchant', { groupBy: 'category' });
    return groups.find(({ key }) => key === category);
  };
  expect(await mine()).toBeUndefined();
  const { caseNo } = await applyFor(buyer, orderNo, { kind: 'refund_only' });
  expect(await mine()).toMatchObject({
    ...{ cases: 1, pieces: 1, shippedPieces: 2, piecesPerShipped: 0.5, open: 1, answered: 0 },
    ...{ answerSeconds: null, totalSeconds: null, silenceShare: null },
  });
  await merchantActs(merchant, caseNo, { do: 'agree' });
  const ended = await eventually(async () => {
    const now = await mine();
    return now?.['open'] === 0 ? now : undefined;
  }, 'the case to end');
  expect(ended).toMatchObject({
    ...{ cases: 1, refunded: 1, closed: {}, refundedFen: 10_000, answered: 1, answeredBySilence: 0 },
    ...{ answerSeconds: { median: expect.any(Number) }, totalSeconds: { p90: expect.any(Number) } },
  });
});
