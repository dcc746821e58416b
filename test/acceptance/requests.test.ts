import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ApiProblem } from '../../cli/shop-client.ts';
import { ordersOf } from '../support/given.ts';
import {
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  problemFrom,
  quote,
  readOrder,
  stack,
  submit,
} from '../support/world.ts';

const fieldsOf = ({ body }: ApiProblem) => (body['errors'] as { field: string }[]).map(({ field }) => field);
const basket = (buyer: Buyer, lines: unknown, more: object = {}) => ({
  lines,
  addressId: buyer.addressId,
  ...more,
});

test.each([
  ['nothing', 0],
  ['less than nothing', -1],
  ['half a piece', 1.5],
  ['more than 999', 1_000],
  ['a huge number', 1e300],
  ['text', '1'],
  ['null', null],
  ['a list', [1]],
])('I8 a quantity of %s is refused and the field is named', async (_name, quantity) => {
  const buyer = await newBuyer();
  const skuId = await givenSku(await givenShop(), 10);
  const problem = await problemFrom(buyer.post('/quotes', basket(buyer, [{ skuId, quantity }])));
  expect(problem).toMatchObject({
    status: 400,
    code: 'invalid_request',
    body: { type: expect.stringContaining('invalid_request'), title: expect.any(String) },
  });
  expect(new Set(fieldsOf(problem))).toEqual(new Set(['json.lines.0.quantity']));
});

test('I8 no line, too many lines, an unknown item and an item off sale are refused', async () => {
  const buyer = await newBuyer();
  const shop = await givenShop();
  const off = await givenSku(shop, 10, { onSale: false });
  expect(fieldsOf(await problemFrom(buyer.post('/quotes', basket(buyer, []))))).toEqual(['json.lines']);
  const many = Array.from({ length: 101 }, () => ({ skuId: off, quantity: 1 }));
  expect(fieldsOf(await problemFrom(buyer.post('/quotes', basket(buyer, many))))).toEqual(['json.lines']);
  const good = await givenSku(shop, 10);
  const problem = await problemFrom(
    buyer.post(
      '/quotes',
      basket(
        buyer,
        [good, off, 'no-such'].map((skuId) => ({ skuId, quantity: 1 })),
      ),
    ),
  );
  expect(problem).toMatchObject({ status: 404, code: 'sku_unknown', body: { skuIds: [off, 'no-such'] } });
});

test('I8 a price, a discount, a state or an owner cannot be sent along (mass assignment)', async () => {
  const buyer = await newBuyer();
  const skuId = await givenSku(await givenShop(), 10);
  const line = { skuId, quantity: 1 };
  const extra = [
    [basket(buyer, [{ ...line, unitPriceFen: 1 }]), 'json.lines.0'],
    [basket(buyer, [line], { buyerId: 'another' }), 'json'],
    [basket(buyer, [line], { discountFen: 9_999 }), 'json'],
    [basket(buyer, [line], { __proto__: null, constructor: { points: 1 } }), 'json'],
  ] as const;
  for (const [body, field] of extra)
    expect(fieldsOf(await problemFrom(buyer.post('/quotes', body)))).toEqual([field]);
  const { quoteId, totalFen } = await quote(buyer, { [skuId]: 1 });
  for (const more of [
    { state: 'awaiting_shipment' },
    { payableFen: 0 },
    { orderNo: '1' },
    { lines: [line] },
  ]) {
    expect((await problemFrom(buyer.post('/orders', { quoteId, totalFen, ...more }))).code).toBe(
      'invalid_request',
    );
  }
  expect(await ordersOf(buyer)).toEqual([]);
  const orderNo = await submit(buyer, { [skuId]: 1 });
  expect(
    (await problemFrom(buyer.post(`/orders/${orderNo}/payments`, { method: 'alipay_qr', amountFen: 1 })))
      .code,
  ).toBe('invalid_request');
  expect((await problemFrom(buyer.post(`/orders/${orderNo}/cancellations`, { state: 'closed' }))).code).toBe(
    'invalid_request',
  );
  expect((await readOrder(buyer, orderNo)).amounts.payableFen).toBe(10_000);
});

test.each([
  ['broken JSON', 'application/json', '{"lines": [', 400],
  ['no JSON at all', 'application/json', 'lines=1', 400],
  ['JSON that is no object', 'application/json', '[]', 400],
  ['null', 'application/json', 'null', 400],
  ['another content type', 'text/plain', '{}', 400],
  ['nothing', 'application/json', '', 400],
])('I8 a body of %s is a problem, never a failure', async (_name, contentType, body, status) => {
  const { token } = await newBuyer();
  for (const path of ['/quotes', '/orders', '/addresses']) {
    const response = await fetch(`${stack().apiUrl}/v1${path}`, {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': contentType,
        'idempotency-key': randomUUID(),
      },
    });
    expect(response.headers.get('content-type'), path).toBe('application/problem+json');
    expect([response.status, ((await response.json()) as { code: string }).code], path).toEqual([
      status,
      'invalid_request',
    ]);
  }
});

test('I8 a body larger than 256 KiB is refused, with and without its length told', async () => {
  const { token } = await newBuyer();
  const large = JSON.stringify({ lines: [], addressId: 'x'.repeat(300 * 1024) });
  const streamed = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(large));
      controller.close();
    },
  });
  for (const body of [large, streamed]) {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const response = await fetch(`${stack().apiUrl}/v1/quotes`, {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    } as RequestInit);
    expect([400, 413]).toContain(response.status);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining('256 KiB'),
    });
  }
});

test('I8 text that no database can hold is refused, not a failure', async () => {
  const buyer = await newBuyer();
  const sku = await givenSku(await givenShop(), 10);
  const orderNo = await submit(buyer, { [sku]: 1 });
  const { quoteId, totalFen } = await quote(buyer, { [sku]: 1 });
  for (const odd of ['\u0000', '\ud800']) {
    const answers = await Promise.all([
      buyer.raw('GET', `/items?text=${odd === '\u0000' ? '%00' : '%ED%A0%80'}`),
      buyer.raw('GET', `/items/a${odd === '\u0000' ? '%00' : '%ED%A0%80'}`),
      buyer.raw('POST', '/quotes', basket(buyer, [{ skuId: `a${odd}`, quantity: 1 }]), {
        'idempotency-key': randomUUID(),
      }),
      buyer.raw(
        'POST',
        '/orders',
        { quoteId: `${quoteId}${odd}`, totalFen },
        { 'idempotency-key': randomUUID() },
      ),
      buyer.raw(
        'POST',
        `/orders/${orderNo}/cancellations`,
        { reason: `why${odd}` },
        { 'idempotency-key': randomUUID() },
      ),
    ]);
    for (const answer of answers)
      expect(answer.status, `${answer.url} ${await answer.clone().text()}`).toBeLessThan(500);
  }
});

test('I8 pages and filters out of bounds are refused by name; what is unknown is a problem', async () => {
  const buyer = await newBuyer();
  for (const [path, field] of [
    ['/items?limit=0', 'query.limit'],
    ['/items?limit=101', 'query.limit'],
    ['/items?limit=x', 'query.limit'],
    [`/orders?cursor=${'9'.repeat(65)}`, 'query.cursor'],
  ]) {
    expect(fieldsOf(await problemFrom(buyer.get(path as string)))).toEqual([field]);
  }
  expect(await problemFrom(buyer.get('/no-such-thing'))).toMatchObject({ status: 404, code: 'not_found' });
  expect(await problemFrom(buyer.post('/quotes', {}, 'short'))).toMatchObject({
    status: 400,
    code: 'invalid_request',
    body: { errors: [{ field: 'header.idempotency-key' }] },
  });
});
