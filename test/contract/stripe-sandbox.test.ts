import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createStripe } from '../../providers/stripe/index.ts';
import { Bench, KEYS } from './stripe-fixture.ts';

const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.close());
afterEach(() => bench.control('DELETE', '/faults'));

const INTENT = { amount: '100', currency: 'cny', 'allowed_payment_method_types[]': 'card' };
const create = (changes: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  bench.call('POST', '/v1/payment_intents', { ...INTENT, ...changes }, { headers });

describe('PY-1 the sandbox refuses what Stripe refuses', () => {
  it.each([
    ['no key', null],
    ['another key', 'sk_test_stranger'],
    ['the publishable key', KEYS.publishableKey],
  ])('%s', async (_what, key) => {
    const { status, json } = await bench.call('GET', '/v1/balance_transactions', {}, { key });
    expect(status).toBe(401);
    expect(json.error).toMatchObject({ type: 'invalid_request_error', message: expect.any(String) });
  });

  it.each([
    [{ colour: 'red' }, 'parameter_unknown', 'colour'],
    [{ 'metadata[a][b]': '1' }, undefined, 'metadata[a]'],
    [{ amount: '1.5' }, 'parameter_invalid_integer', 'amount'],
    [{ amount: '0' }, 'parameter_invalid_integer', 'amount'],
    [{ amount: '100000000' }, 'parameter_invalid_integer', 'amount'],
    [{ currency: 'usd' }, undefined, 'currency'],
    [
      { 'payment_method_types[]': 'card' },
      'payment_method_types_no_longer_supported',
      'payment_method_types',
    ],
    [{ 'allowed_payment_method_types[]': 'alipay' }, undefined, 'allowed_payment_method_types[0]'],
    [{ 'expand[]': 'customer' }, undefined, 'expand[0]'],
  ])('%o', async (changes, code, param) => {
    const { status, json } = await create(changes as unknown as Record<string, string>);
    expect(status).toBe(400);
    expect(json.error.param).toBe(param);
    expect(json.error.code).toBe(code);
  });

  it('a parameter that is missing, an address that it does not know, a cursor of nothing', async () => {
    expect((await bench.call('POST', '/v1/payment_intents', { amount: '1' })).json.error).toMatchObject({
      code: 'parameter_missing',
    });
    expect(await bench.call('GET', '/v1/customers')).toMatchObject({ status: 404 });
    expect(await bench.call('GET', '/v1/refunds/re_1')).toMatchObject({ status: 404 });
    const listed = await bench.call('GET', '/v1/balance_transactions', { starting_after: 'txn_1' });
    expect(listed.json.error).toMatchObject({ code: 'resource_missing', param: 'starting_after' });
  });

  it('and names every answer', async () => {
    expect((await create()).headers.get('request-id')).toMatch(/^req_/);
  });
});

describe('PY-7 an idempotency key', () => {
  it('gives the first answer again, and says so', async () => {
    const headers = { 'idempotency-key': 'same' };
    const first = await create({}, headers);
    const again = await create({}, headers);
    expect(again.json).toEqual(first.json);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await create({ amount: '101' }, headers);
    expect(other).toMatchObject({ status: 400, json: { error: { type: 'idempotency_error' } } });
  });

  it('is not spent by a parameter that is wrong', async () => {
    const headers = { 'idempotency-key': 'spent' };
    expect((await create({ amount: 'x' }, headers)).status).toBe(400);
    expect((await create({}, headers)).status).toBe(200);
  });

  it('is on file with what was booked under it when the answer comes', async () => {
    const { json } = await create({ 'metadata[out_trade_no]': 'FILED' }, { 'idempotency-key': 'filed' });
    const entries = await bench.journal();
    const booked = entries.findIndex((entry) => entry.e === 'created' && entry.intent.id === json.id);
    expect(entries[booked + 1]).toMatchObject({ e: 'answer', answer: { key: 'filed', status: 200 } });
    await bench.control('POST', '/trades/FILED/pay');
    expect((await bench.journal()).filter((entry) => entry.id === json.id)).toMatchObject([{ e: 'paid' }]);
  });

  it('is forgotten after a day', async () => {
    const headers = { 'idempotency-key': 'day' };
    const first = await create({}, headers);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3600_000 });
    try {
      expect((await create({}, headers)).json.id).not.toBe(first.json.id);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is in use from a request’s first byte on', async () => {
    const headers = {
      authorization: `Bearer ${KEYS.secretKey}`,
      'idempotency-key': 'busy',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const body = new URLSearchParams(INTENT).toString();
    const slow = request(`${bench.url}/v1/payment_intents`, {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length },
    });
    const answered = new Promise<number>((resolve, reject) => {
      slow.on('error', reject);
      slow.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });
    slow.write(body.slice(0, 5));
    await expect
      .poll(async () => (await create({ amount: '' }, { 'idempotency-key': 'busy' })).json.error.code)
      .toBe('idempotency_key_in_use');
    const { status, json } = await create({}, { 'idempotency-key': 'busy' });
    expect(status).toBe(409);
    expect(json.error.type).toBe('idempotency_error');
    slow.end(body.slice(5));
    expect(await answered).toBe(200);
    expect((await create({}, { 'idempotency-key': 'busy' })).headers.get('idempotent-replayed')).toBe('true');
  });
});

describe('PY-1 the card form', () => {
  const page = (path: string, form?: Record<string, string>) =>
    fetch(
      `${bench.url}${path}`,
      form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) },
    );
  const textOf = async (path: string, form?: Record<string, string>) => (await page(path, form)).text();

  it('shows the sum and takes a debit card', async () => {
    const trade = await bench.started({ subject: '<b>' });
    const path = `/stripe/pay/${trade.clientSecret}`;
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({ cashierPath: path });
    expect(await textOf(path)).toMatch(/¥135\.00[\s\S]*pm_card_visa_debit/);
    expect(await textOf(`${path}/confirm`, { payment_method: 'pm_card_visa_debit' })).toContain('支付成功');
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', funding: 'debit' });
  });

  it('says why a card failed, and takes another', async () => {
    const trade = await bench.started();
    const path = `/stripe/pay/${trade.clientSecret}/confirm`;
    expect(await textOf(path, { payment_method: 'pm_card_chargeDeclinedExpiredCard' })).toContain(
      'has expired',
    );
    expect(await textOf(path, { payment_method: 'pm_card_visa' })).toContain('支付成功');
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', funding: 'credit' });
  });

  it('asks for the bank’s code, and pays with the right one only', async () => {
    const trade = await bench.started();
    const path = `/stripe/pay/${trade.clientSecret}`;
    const card = { payment_method: 'pm_card_authenticationRequired' };
    expect(await textOf(`${path}/confirm`, card)).toContain('验证码');
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({ status: 'requires_action' });
    expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });
    expect(await textOf(`${path}/authenticate`, { code: '000000' })).toContain('failed authentication');
    const [declined] = await bench.merchant.received(trade.outTradeNo, 1);
    expect(bench.notice(declined)).toMatchObject({
      outcome: 'declined',
      code: 'payment_intent_authentication_failure',
      buyerReason: { code: 'wrong_password' },
    });
    await textOf(`${path}/confirm`, card);
    expect(await textOf(`${path}/authenticate`, { code: '123456' })).toContain('支付成功');
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
  });

  it('is over for a payment that was canceled, and unknown for another secret', async () => {
    const trade = await bench.started();
    await bench.provider.close(trade);
    const path = `/stripe/pay/${trade.clientSecret}`;
    expect(await textOf(path)).toContain('付款已取消');
    expect((await page(`${path}/confirm`, { payment_method: 'pm_card_visa' })).status).toBe(409);
    expect((await page('/stripe/pay/nobody')).status).toBe(404);
  });

  it('sends the browser to the bank, as Stripe.js would', async () => {
    const { providerRef, clientSecret } = await bench.started();
    const confirm = (secret: string) =>
      bench.call(
        'POST',
        `/v1/payment_intents/${providerRef}/confirm`,
        { client_secret: secret, payment_method: 'pm_card_authenticationRequired' },
        { key: KEYS.publishableKey },
      );
    expect((await confirm('guessed')).status).toBe(400);
    expect((await confirm(clientSecret)).json).toMatchObject({
      status: 'requires_action',
      next_action: { redirect_to_url: { url: `${bench.url}/stripe/pay/${clientSecret}` } },
    });
  });
});

describe('PY-1 the control API', () => {
  it('lists the books page by page, and what changed since', async () => {
    const first = await bench.started();
    const { updatedAt } = await bench.trade(first.outTradeNo);
    const since = new Date(Date.parse(updatedAt) + 1).toISOString();
    const second = await bench.paid({}, { funding: 'debit' });
    const changed: any[] = [];
    for (let cursor: number | null = 0; cursor !== null; ) {
      const { json } = await bench.control('GET', `/trades?since=${since}&cursor=${cursor}&limit=1`);
      changed.push(...json.trades);
      cursor = json.nextCursor;
    }
    const numbers = changed.map((trade) => trade.outTradeNo);
    expect(numbers).toContain(second.outTradeNo);
    expect(numbers).not.toContain(first.outTradeNo);
    const { notifications: _, declines: _none, ...summary } = await bench.trade(second.outTradeNo);
    expect(changed.find((trade) => trade.outTradeNo === second.outTradeNo)).toEqual(summary);
    expect(summary).toMatchObject({ funding: 'debit', paidFen: 13500, tradeNo: second.providerRef });
  });

  it('refuses what makes no sense', async () => {
    expect((await bench.control('GET', '/trades/NOBODY')).status).toBe(404);
    expect((await bench.control('POST', '/faults', { failRefundSometimes: true })).status).toBe(400);
    const { outTradeNo } = await bench.paid();
    expect(await bench.control('POST', `/trades/${outTradeNo}/pay`)).toMatchObject({
      status: 409,
      json: { error: 'payment_intent_unexpected_state' },
    });
    expect(
      (await bench.control('POST', `/trades/${outTradeNo}/decline`, { reason: 'lost_card' })).status,
    ).toBe(409);
    expect(
      (await bench.control('POST', `/trades/${outTradeNo}/decline`, { reason: 'bad luck' })).status,
    ).toBe(400);
    await bench.faults({ stuckRefund: true, times: 1 });
    expect((await bench.control('GET', '/faults')).json).toEqual({
      faults: [{ stuckRefund: true, times: 1 }],
    });
  });
});

/** Answers of Stripe that the sandbox never gives. */
describe('PY-7 an answer that is not what was asked for', () => {
  let server: Server;
  const answers: Record<string, { status?: number; body: object | string }> = {};
  beforeAll(async () => {
    server = createServer((asked, response) => {
      const path = asked.url?.replace(/\?.*/, '') ?? '';
      const { status = 200, body = {} } = answers[`${asked.method} ${path}`] ?? {};
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const adapter = () =>
    createStripe({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys: () => KEYS });
  const trade = { outTradeNo: 'T1', providerRef: 'pi_1', amountFen: 100n };
  const intent = { id: 'pi_1', currency: 'cny', metadata: { out_trade_no: 'T1' }, amount_received: 100 };
  const refundNo = 'T1R1';
  const refund = {
    id: 're_1',
    amount: 100,
    created: 1,
    metadata: { refund_no: refundNo, out_trade_no: 'T1' },
  };
  const list = (...data: object[]) => ({ object: 'list', data, has_more: false });

  it.each([
    ['processing', { ...intent, status: 'processing' }, { state: 'waiting' }],
    ['requires_capture', { ...intent, status: 'requires_capture' }, { state: 'waiting' }],
  ])('%s waits', async (_what, body, expected) => {
    answers['GET /v1/payment_intents/pi_1'] = { body };
    expect(await adapter().query(trade)).toEqual(expected);
  });

  it.each([
    ['in another currency', { ...intent, status: 'succeeded', currency: 'usd' }, 'wrong_currency', false],
    [
      'without its charge',
      { ...intent, status: 'succeeded', latest_charge: 'ch_1' },
      'unreadable_answer',
      true,
    ],
    ['that is no JSON', '<html>', 'StripeAPIError', true],
  ])('%s is not believed', async (_what, body, code, retryable) => {
    answers['GET /v1/payment_intents/pi_1'] = { body };
    await expect(adapter().query(trade)).rejects.toMatchObject({ code, retryable });
  });

  it('a card of a kind that nobody knows yet is unknown', async () => {
    const charge = { created: 1, payment_method_details: { card: { funding: 'barter' } } };
    answers['GET /v1/payment_intents/pi_1'] = {
      body: { ...intent, status: 'succeeded', latest_charge: charge },
    };
    expect(await adapter().query(trade)).toMatchObject({ state: 'paid', funding: 'unknown' });
  });

  it('a close while the bank decides is tried again', async () => {
    answers['POST /v1/payment_intents/pi_1/cancel'] = {
      status: 400,
      body: {
        error: { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', message: 'no' },
      },
    };
    answers['GET /v1/payment_intents/pi_1'] = { body: { ...intent, status: 'processing' } };
    await expect(adapter().close(trade)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
      retryable: true,
    });
  });

  it.each([
    ['requires_action', { state: 'pending' }],
    ['canceled', { state: 'refused', code: 'canceled' }],
  ])('PY-8 a refund that is %s', async (status, expected) => {
    answers['GET /v1/refunds'] = { body: list({ ...refund, status }) };
    expect(await adapter().queryRefund(trade, refundNo)).toMatchObject(expected);
  });

  it('PY-8 a refund of no known state is asked about again', async () => {
    answers['GET /v1/refunds'] = { body: list({ ...refund, status: 'lost_in_space' }) };
    await expect(adapter().queryRefund(trade, refundNo)).rejects.toMatchObject({ retryable: true });
  });

  const charge = { object: 'charge', metadata: { out_trade_no: 'T1' }, payment_intent: 'pi_1' };
  const line = {
    id: 'txn_1',
    type: 'charge',
    amount: 100,
    fee: 3,
    created: 1,
    currency: 'cny',
    source: charge,
  };
  it.each([
    ['settled in another currency', { ...line, currency: 'hkd' }],
    ['without a PaymentIntent', { ...line, source: { ...charge, payment_intent: null } }],
    ['whose charge is not shown', { ...line, source: 'ch_1' }],
    ['that goes the wrong way', { ...line, amount: -100 }],
    ['that refunds without a refund', { ...line, type: 'refund' }],
  ])('PY-9 a line %s makes the bill unreadable', async (_what, transaction) => {
    answers['GET /v1/balance_transactions'] = { body: list(transaction) };
    await expect(adapter().fetchBill('2026-11-11')).rejects.toMatchObject({
      code: 'bill_unreadable',
      retryable: false,
    });
  });

  it('PY-9 payouts and fees of their own are no lines', async () => {
    const lines = ['payout', 'stripe_fee', 'refund_failure', 'adjustment'].map((type) => ({ ...line, type }));
    answers['GET /v1/balance_transactions'] = { body: list(...lines) };
    expect((await adapter().fetchBill('2026-11-11')).lines).toEqual([]);
  });
});
