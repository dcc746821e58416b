import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ShopClient } from '../../cli/shop-client.ts';
import { endCaseRow, fileOf, giveEvidence, givenCaseRow } from '../support/evidence.ts';
import { attempt, exampleOf, listOperations, type Operation } from '../support/openapi.ts';
import {
  anonymous,
  type Buyer,
  givenCoupon,
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
} from '../support/world.ts';

const PUBLIC = [/^\/items(\/|$)/, /^\/callbacks\//];
const isPublic = ({ path }: Operation) => PUBLIC.some((pattern) => pattern.test(path));
/** Acts on the caller's own things, whoever they are: nothing foreign can be named in path, query or body. */
const OWN = ['/cart', '/addresses', '/coupons', '/points', '/notices'];

/** `owner` is the order's buyer, `ownMerchant` its merchant: known to it, and yet not allowed everything. */
type Role = 'owner' | 'ownMerchant' | 'stranger' | 'merchant2' | 'customerService' | 'finance' | 'operations';
const STAFF: Role[] = ['customerService', 'finance', 'operations'];
/** What staff may do with other people's orders and money. Whatever is not named here must be denied. */
const GRANTED: [RegExp, Role[]][] = [
  [/^GET \/orders\/\{orderNo\}/, STAFF],
  [/^GET \/after-sales\/\{caseNo\}/, [...STAFF, 'owner', 'ownMerchant']],
  [/^POST \/after-sales\/\{caseNo\}\/evidence$/, ['customerService', 'owner', 'ownMerchant']],
  [/^POST \/after-sales\/\{caseNo\}\/actions$/, ['owner']],
  [/^POST \/merchant\/after-sales\/\{caseNo\}\/actions$/, ['ownMerchant']],
  [/^POST \/platform\/after-sales\/\{caseNo\}\/decisions$/, ['customerService']],
  [/^GET \/platform\/accounts/, ['finance']],
  [/^GET \/platform\/buyers\//, ['finance', 'customerService']],
  [/^GET \/platform\/work-items/, STAFF],
  [/^POST \/platform\/work-items\/\{workItemId\}\/decisions/, ['finance']],
  [/^GET \/platform\/channel-bills\//, ['finance']],
  [/^POST \/platform\/orders\/\{orderNo\}\/refunds/, ['finance', 'customerService']],
  [/^GET \/platform\/orders\/\{orderNo\}\/refund-proposals/, STAFF],
  [/^POST \/platform\/orders\/\{orderNo\}\/goodwill/, ['customerService']],
  [/^POST \/platform\/orders\/\{orderNo\}\/cancellation/, ['customerService', 'operations']],
  [/^POST \/platform\/orders\/\{orderNo\}\/closures/, ['customerService', 'operations']],
  [/^POST \/platform\/orders\/\{orderNo\}\/hold/, ['customerService', 'operations']],
  [/^POST \/platform\/(coupons|points-grants)/, ['operations']],
  [/^GET \/platform\/statistics\//, ['customerService', 'operations']],
  [
    /^GET \/merchant\/(orders|settlements|tasks|waybills|statistics\/after-sales)$/,
    ['merchant2', 'ownMerchant'],
  ],
  // A file names orders in its rows: a foreign one is as if it did not exist (bulk-shipments.test.ts).
  [/^POST \/merchant\/shipments$/, ['merchant2', 'ownMerchant']],
  [/^\w+ \/merchant\/(orders\/\{orderNo\}|waybills\/\{waybillNo\})/, ['ownMerchant']],
  [/^POST \/merchant\/waybills$/, ['ownMerchant']],
  [/^GET \/orders\/\{orderNo\}($|\/log|\/vouchers|\/tracks|\/notes)/, ['ownMerchant']],
  [/^\w+ \/(orders|quotes)/, ['owner']],
];
const mayDo = (role: Role, name: string) =>
  GRANTED.some(([pattern, roles]) => pattern.test(name) && roles.includes(role));

test('ID-1 SB-1 every path but items and callbacks needs a token, and a false one is no token', async () => {
  const operations = await listOperations();
  expect(operations.length).toBeGreaterThan(15);
  const { token } = await newBuyer();
  const [header, claims, signature] = (token as string).split('.') as [string, string, string];
  const raised = Buffer.from(
    JSON.stringify({
      ...JSON.parse(Buffer.from(claims, 'base64url').toString()),
      roles: ['operations', 'finance'],
    }),
  ).toString('base64url');
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
  const callers = [
    null,
    'nonsense',
    `${header}.${raised}.${signature}`,
    `${none}.${raised}.`,
    `${header}.${claims}.`,
  ].map((bad) => new ShopClient(stack().apiUrl, bad));
  const open = [];
  for (const operation of operations.filter((each) => !isPublic(each))) {
    for (const caller of callers) {
      const response = await attempt(caller, operation, {}, randomUUID());
      const { code, loginMethods } = (await response.json()) as { code: string; loginMethods: object[] };
      if (response.status !== 401 || code !== 'unauthenticated' || loginMethods.length !== 3)
        open.push(`${operation.name} ${response.status} ${code}`);
    }
  }
  expect(open).toEqual([]);
});

test('ID-1 items are for everybody', async () => {
  const sku = await givenSku(await givenShop(), 1);
  expect(await anonymous().get(`/items/${sku}`)).toMatchObject({ skuId: sku });
});

/** Things of one buyer and of merchant M1, in every state that offers something to do. */
async function victims(): Promise<{ buyer: Buyer; values: Record<string, string>[] }> {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const sku = await givenSku(await givenShop(), 10);
  const unpaid = await submit(buyer, { [sku]: 1 });
  const [paid, shipped, received] = await Promise.all([1, 2, 3].map(() => submit(buyer, { [sku]: 1 })));
  for (const orderNo of [paid, shipped, received]) await pay(buyer, orderNo as string);
  for (const orderNo of [shipped, received]) await ship(merchant, orderNo as string);
  await receive(buyer, received as string);
  const couponId = await givenCoupon(buyer);
  const labelled = await submit(buyer, { [sku]: 1 });
  await pay(buyer, labelled);
  const { waybillNo } = await merchant.post<{ waybillNo: string }>('/merchant/waybills', {
    ...{ carrier: 'shunfeng', orders: [{ orderNo: labelled }] },
  });
  const caseNo = await givenCaseRow(buyer);
  const given = await giveEvidence(buyer, caseNo, fileOf('image/png'));
  const { evidenceId } = (await given.json()) as { evidenceId: string };
  await endCaseRow(caseNo);
  const { quoteId } = await buyer.post<{ quoteId: string }>('/quotes', {
    lines: [{ skuId: sku, quantity: 1 }],
    addressId: buyer.addressId,
  });
  const common = {
    skuId: sku,
    buyerId: buyer.sub,
    addressId: buyer.addressId,
    couponId,
    caseNo,
    waybillNo,
    evidenceId,
    quoteId,
    trackingNo: 'SF1234567890123',
    provider: 'alipay',
    day: '2026-11-01',
  };
  return {
    buyer,
    values: [unpaid, paid, shipped, received].map((orderNo) => ({ ...common, orderNo: orderNo as string })),
  };
}

test('ID-2 I8 role by endpoint by foreign object: whatever is not granted is denied, and nothing changes', {
  timeout: 120_000,
}, async () => {
  const { buyer, values } = await victims();
  const before = await Promise.all(values.map(({ orderNo }) => readOrder(buyer, orderNo as string)));
  const callers: Record<Role, ShopClient> = {
    owner: buyer,
    ownMerchant: await staff('merchant1'),
    stranger: await newBuyer(),
    merchant2: await staff('merchant2'),
    customerService: await staff('customerService'),
    finance: await staff('finance'),
    operations: await staff('operations'),
  };
  const namesForeign = (operation: Operation) =>
    operation.parameters.length > 0 ||
    /^\/(merchant|platform)\//.test(operation.path) ||
    ['POST /quotes', 'POST /orders'].includes(operation.name);
  const operations = (await listOperations()).filter(
    (each) => !isPublic(each) && namesForeign(each) && !OWN.some((path) => each.path.startsWith(path)),
  );
  const wrong: string[] = [];
  let asked = 0;
  for (const operation of operations) {
    for (const [role, caller] of Object.entries(callers) as [Role, ShopClient][]) {
      if (mayDo(role, operation.name)) continue;
      for (const value of operation.parameters.includes('orderNo') ? values : values.slice(0, 1)) {
        const response = await attempt(caller, operation, value, randomUUID());
        asked += 1;
        if (![401, 403, 404].includes(response.status))
          wrong.push(`${role}: ${operation.name} → ${response.status} ${await response.text()}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(100);
  const after = await Promise.all(values.map(({ orderNo }) => readOrder(buyer, orderNo as string)));
  const still = after.map(({ secondsLeft: _left, prompt: _words, ...order }) => order);
  expect(still).toEqual(before.map(({ secondsLeft: _left, prompt: _words, ...order }) => order));
});

test('ID-2 what is granted works: the matrix denies by rule, not because everything fails', async () => {
  const { values } = await victims();
  const failed: string[] = [];
  for (const operation of (await listOperations()).filter(({ method }) => method === 'GET')) {
    for (const role of ['merchant2', ...STAFF] as const) {
      if (!mayDo(role, operation.name)) continue;
      const granted =
        role === 'merchant2' || !/vouchers|payments|refunds/.test(operation.name)
          ? values
          : values.slice(1, 2);
      for (const value of granted) {
        const response = await attempt(await staff(role as 'merchant2'), operation, value, randomUUID());
        if (response.status !== 200) failed.push(`${role}: ${operation.name} → ${response.status}`);
      }
    }
  }
  expect(failed).toEqual([]);
});

test('ID-2 the own lists hold nothing of others', async () => {
  const [buyer, stranger] = [await newBuyer(), await newBuyer()];
  const sku = await givenSku(await givenShop(), 10);
  await submit(buyer, { [sku]: 1 }, { couponIds: [await givenCoupon(buyer)] });
  await buyer.put(`/cart/items/${sku}`, { quantity: 1 });
  expect(await stranger.get('/orders')).toEqual({ orders: [], nextCursor: null });
  expect(await stranger.get('/coupons')).toEqual({ coupons: [] });
  expect(await stranger.get('/notices')).toEqual({ notices: [] });
  expect(await stranger.get('/cart')).toMatchObject({ shops: [] });
  expect(
    (await stranger.get<{ addresses: { addressId: string }[] }>('/addresses')).addresses.map(
      ({ addressId }) => addressId,
    ),
  ).toEqual([stranger.addressId]);
});

test('SP-10 ID-2 merchants see and move their own children of a joint order only', async () => {
  const [buyer, m1, m2] = [await newBuyer(), await staff('merchant1'), await staff('merchant2')];
  const mine = await givenSku(await givenShop(), 10, { title: 'of M1' });
  const theirs = await givenSku(await givenShop({ merchantId: 'M2' }), 10, { title: 'of M2' });
  const orderNo = await submit(buyer, { [mine]: 1, [theirs]: 2 });
  await pay(buyer, orderNo);
  const { children } = await readOrder(buyer, orderNo);
  const [own, foreign] = [mine, theirs].map(
    (sku) => children.find(({ lines }) => lines[0]?.skuId === sku)?.orderNo as string,
  ) as [string, string];
  expect(await readOrder(m1, own)).toMatchObject({
    orderNo: own,
    parentNo: null,
    children: [],
    lines: [{ title: 'of M1' }],
  });
  for (const [client, hidden] of [
    [m1, foreign],
    [m2, own],
    [m1, orderNo],
    [m2, orderNo],
  ] as const) {
    for (const path of ['', '/log', '/vouchers', '/payments'])
      expect((await problemFrom(client.get(`/orders/${hidden}${path}`))).status).toBe(404);
    expect((await problemFrom(ship(client, hidden))).status).toBe(404);
  }
  expect((await problemFrom(m1.get(`/orders/${own}/payments`))).status).toBe(404);
  for (const [client, seen, hidden] of [
    [m1, own, foreign],
    [m2, foreign, own],
  ] as const) {
    const listed = JSON.stringify(
      (await client.get<{ orders: { orderNo: string }[] }>('/merchant/orders?limit=100')).orders,
    );
    expect(listed).toContain(seen);
    expect(listed).not.toContain(hidden);
    expect(listed).not.toContain(`of ${client === m1 ? 'M2' : 'M1'}`);
  }
});

test('ID-2 the examples the matrix sends are well-formed, so that a denial is not a validation error', () => {
  expect(
    exampleOf(
      {
        type: 'object',
        required: ['a', 'b'],
        properties: { a: { type: 'string', minLength: 8 }, b: { $ref: '#/components/schemas/B' } },
      },
      { B: { type: 'array', minItems: 1, items: { enum: ['x'] } } },
    ),
  ).toEqual({ a: 'xxxxxxxx', b: ['x'] });
});
