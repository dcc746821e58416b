import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { normalised, Recorder } from './recorder.ts';
import { Bench, KEYS } from './stripe-fixture.ts';

const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.close());
afterEach(async () => {
  bench.keys = KEYS;
  await bench.control('DELETE', '/faults');
});

describe('PY-1 a card payment', () => {
  it('starts with what the browser’s form needs, and waits', async () => {
    const payment = bench.payment();
    const { action, providerRef } = await bench.provider.start(payment);
    expect(providerRef).toMatch(/^pi_/);
    expect(action).toEqual({
      kind: 'card_form',
      publishableKey: KEYS.publishableKey,
      clientSecret: expect.stringContaining(`${providerRef}_secret_`),
    });
    expect(await bench.provider.query({ ...payment, providerRef })).toEqual({ state: 'waiting' });
    expect(await bench.trade(payment.outTradeNo)).toMatchObject({
      tradeNo: providerRef,
      status: 'requires_payment_method',
      totalFen: 13500,
      paidFen: 0,
    });
  });

  it('started again under the same number, with another subject, is the same one', async () => {
    const payment = bench.payment();
    const first = await bench.provider.start(payment);
    expect(await bench.provider.start({ ...payment, subject: 'changed' })).toEqual(first);
  });

  it('started at once ten times, opens one intent', async () => {
    const payment = bench.payment();
    const starts = await Promise.allSettled(Array.from({ length: 10 }, () => bench.provider.start(payment)));
    const refs = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value.providerRef] : []));
    expect(new Set(refs).size).toBe(1);
    for (const start of starts)
      if (start.status === 'rejected')
        expect(start.reason).toMatchObject({ code: 'idempotency_key_in_use', retryable: true });
    const { trades } = (await bench.control('GET', '/trades?limit=10000')).json;
    expect(trades.filter((one: any) => one.outTradeNo === payment.outTradeNo)).toHaveLength(1);
  });

  it.each(['debit', 'credit', 'prepaid'])('is paid by a %s card and says so', async (funding) => {
    const trade = await bench.paid({}, { funding, at: '2026-11-11T00:00:08+08:00' });
    expect(await bench.provider.query(trade)).toEqual({
      state: 'paid',
      providerTradeNo: trade.providerRef,
      amountFen: 13500n,
      paidAt: new Date('2026-11-10T16:00:08Z'),
      funding,
    });
  });

  it('tells what was received, where that is another sum', async () => {
    const trade = await bench.paid({}, { amountFen: 13499 });
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', amountFen: 13499n });
  });

  it('stays paid whatever went back since', async () => {
    const trade = await bench.paid();
    await bench.provider.refund(bench.refund(trade, { amountFen: 13500n }));
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', amountFen: 13500n });
  });

  it('PY-7 that is asked about and not answered for is asked about again', async () => {
    const trade = await bench.started();
    await bench.faults({ timeoutAfterSuccess: ['retrieve'], onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await expect(bench.impatient().query(trade)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });
  });

  it('keeps its books when the provider is restarted', async () => {
    const trade = await bench.paid();
    const open = bench.payment();
    const started = await bench.provider.start(open);
    await bench.restart();
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
    expect(await bench.provider.start(open)).toEqual(started);
  });

  it('that names another number or nothing is not believed', async () => {
    const trade = await bench.started();
    await expect(bench.provider.query({ ...trade, outTradeNo: 'OTHER' })).rejects.toMatchObject({
      code: 'wrong_trade',
      retryable: false,
    });
    const unknown = { ...trade, providerRef: 'pi_000000000000000000000000' };
    expect(await bench.provider.query(unknown)).toEqual({ state: 'unknown_to_provider' });
    await expect(bench.provider.close(unknown)).rejects.toMatchObject({
      code: 'resource_missing',
      retryable: false,
    });
  });

  it.each([
    ['amount_too_small', false],
    ['rate_limit', true],
    ['lock_timeout', true],
    ['api_error', true],
  ])('PY-7 that Stripe refuses with %s says whether to try again: %s', async (failStart, retryable) => {
    const payment = bench.payment();
    await bench.faults({ failStart, onlyOutTradeNo: payment.outTradeNo, times: 1 });
    await expect(bench.provider.start(payment)).rejects.toMatchObject({ code: failStart, retryable });
  });
});

describe('PY-7 a start whose answer was lost', () => {
  const lost = async () => {
    const payment = bench.payment();
    await bench.faults({ timeoutAfterSuccess: ['create'], outTradeNoPrefix: payment.outTradeNo, times: 1 });
    await expect(bench.impatient().start(payment)).rejects.toMatchObject({
      code: 'network',
      retryable: true,
    });
    return { ...payment, providerRef: null };
  };

  it('is found by its number, and opened once', async () => {
    const trade = await lost();
    expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });
    const { trades } = (await bench.control('GET', '/trades?limit=10000')).json;
    expect(trades.filter((one: any) => one.outTradeNo === trade.outTradeNo)).toHaveLength(1);
  });

  it('is started again with the same result', async () => {
    const trade = await lost();
    const { providerRef } = await bench.provider.start(trade);
    expect(providerRef).toBe((await bench.trade(trade.outTradeNo)).tradeNo);
  });

  it('is closed, and found closed', async () => {
    const trade = await lost();
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
    expect(await bench.provider.query(trade)).toEqual({ state: 'closed' });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      status: 'canceled',
      closedAt: expect.any(String),
    });
  });

  it('is found paid', async () => {
    const trade = await lost();
    await bench.control('POST', `/trades/${trade.outTradeNo}/pay`);
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', amountFen: 13500n });
    expect(await bench.provider.close(trade)).toEqual({ result: 'already_paid' });
  });

  it('that was refused left nothing behind', async () => {
    const trade = { ...bench.payment(), providerRef: null };
    await bench.faults({ failStart: 'amount_too_small', onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await expect(bench.provider.start(trade)).rejects.toMatchObject({ retryable: false });
    expect(await bench.provider.query(trade)).toEqual({ state: 'unknown_to_provider' });
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
    expect(await bench.provider.queryRefund(trade, 'R1')).toEqual({ state: 'not_found' });
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject({ state: 'refused' });
    expect((await bench.control('GET', `/trades/${trade.outTradeNo}`)).status).toBe(404);
  });

  it('under the number of another sum is no answer', async () => {
    const trade = await bench.started();
    const other = { ...trade, providerRef: null, amountFen: 1n };
    await expect(bench.provider.query(other)).rejects.toMatchObject({
      code: 'idempotency_error',
      retryable: false,
    });
    await expect(bench.provider.close(other)).rejects.toMatchObject({ code: 'idempotency_error' });
  });
});

describe('PY-5 PY-6 closing', () => {
  it('cancels, again and again', async () => {
    const trade = await bench.started();
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
    expect(await bench.provider.query(trade)).toEqual({ state: 'closed' });
    expect((await bench.control('POST', `/trades/${trade.outTradeNo}/pay`)).status).toBe(409);
    expect(
      (await bench.control('POST', `/trades/${trade.outTradeNo}/decline`, { reason: 'lost_card' })).status,
    ).toBe(409);
  });

  it('finds that the buyer was faster', async () => {
    expect(await bench.provider.close(await bench.paid())).toEqual({ result: 'already_paid' });
  });

  it('against a payment has one winner, twelve times', async () => {
    const trades = await Promise.all(Array.from({ length: 12 }, () => bench.started()));
    await Promise.all(
      trades.map(async (trade) => {
        const [close, pay] = await Promise.all([
          bench.provider.close(trade),
          bench.control('POST', `/trades/${trade.outTradeNo}/pay`),
        ]);
        expect(close.result === 'already_paid').toBe(pay.status === 200);
      }),
    );
  });

  it('whose answer was lost is done', async () => {
    const trade = await bench.started();
    await bench.faults({ timeoutAfterSuccess: ['cancel'], onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await expect(bench.impatient().close(trade)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
  });

  it('takes late money only while a fault says so', async () => {
    const trade = await bench.started();
    await bench.provider.close(trade);
    await bench.faults({ payAfterClose: true, onlyOutTradeNo: trade.outTradeNo });
    expect((await bench.control('POST', `/trades/${trade.outTradeNo}/pay`)).status).toBe(200);
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
  });
});

describe('PY-1 keys are rotated while the process runs', () => {
  it('a call with the old key is retryable, and the new key serves it', async () => {
    const trade = await bench.started();
    await bench.control('POST', '/keys', { secretKey: 'sk_test_rotated' });
    try {
      await expect(bench.provider.query(trade)).rejects.toMatchObject({ retryable: true, buyerReason: null });
      bench.keys = { ...KEYS, secretKey: 'sk_test_rotated' };
      expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });
    } finally {
      await bench.control('POST', '/keys', { secretKey: KEYS.secretKey });
    }
  });

  it('the publishable key is the one of the day', async () => {
    const payment = bench.payment();
    bench.keys = { ...KEYS, publishableKey: 'pk_test_rotated' };
    const { action } = await bench.provider.start(payment);
    expect(action).toMatchObject({ publishableKey: 'pk_test_rotated' });
  });
});

describe('PY-9 the bill of a Beijing day', () => {
  const DAY = '2026-03-07';

  it('has its payments in order, and nothing of the days beside it', async () => {
    const pay = (at: string, amountFen: bigint) => bench.paid({ amountFen }, { at });
    await pay('2026-03-06T23:59:59+08:00', 100n);
    const late = await pay('2026-03-07T23:59:59+08:00', 20_000n);
    const early = await pay('2026-03-07T00:00:00+08:00', 13_500n);
    await pay('2026-03-08T00:00:00+08:00', 100n);
    expect(await bench.provider.fetchBill(DAY)).toEqual({
      day: DAY,
      lines: [
        {
          kind: 'payment',
          outTradeNo: early.outTradeNo,
          providerTradeNo: early.providerRef,
          refundNo: null,
          amountFen: 13_500n,
          feeFen: 459n,
          at: new Date('2026-03-06T16:00:00Z'),
        },
        {
          kind: 'payment',
          outTradeNo: late.outTradeNo,
          providerTradeNo: late.providerRef,
          refundNo: null,
          amountFen: 20_000n,
          feeFen: 680n,
          at: new Date('2026-03-07T15:59:59Z'),
        },
      ],
    });
  });

  const today = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);
  const linesOf = async (outTradeNo: string) =>
    (await bench.provider.fetchBill(today())).lines.filter((line) => line.outTradeNo === outTradeNo);

  it('has refunds by their numbers, without those that are stuck or failed', async () => {
    const trade = await bench.paid();
    await bench.provider.refund(bench.refund(trade));
    await bench.faults({ abnormalRefund: true, onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await bench.provider.refund(bench.refund(trade, { refundNo: 'ABNORMAL' }));
    await bench.faults({ stuckRefund: true, onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await bench.provider.refund(bench.refund(trade, { refundNo: 'STUCK' }));
    expect(await linesOf(trade.outTradeNo)).toMatchObject([
      { kind: 'payment', amountFen: 13_500n, feeFen: 459n },
      { kind: 'refund', refundNo: `${trade.outTradeNo}R1`, amountFen: 3_500n, feeFen: 0n },
    ]);
    await bench.control('DELETE', '/faults');
    expect(await linesOf(trade.outTradeNo)).toHaveLength(3);
  });

  it('is read to its last page', async () => {
    const at = '2026-03-09T12:00:00+08:00';
    const trades = await Promise.all(Array.from({ length: 130 }, () => bench.paid({}, { at })));
    const { lines } = await bench.provider.fetchBill('2026-03-09');
    expect(new Set(lines.map((line) => line.outTradeNo))).toEqual(
      new Set(trades.map((trade) => trade.outTradeNo)),
    );
    expect(lines).toHaveLength(130);
  });

  it.each([
    ['missing', []],
    ['extra', [13_500n, 13_500n]],
    ['amount', [13_501n]],
  ])('may differ from what happened: %s', async (billDiscrepancy, amounts) => {
    const trade = await bench.paid();
    await bench.faults({ billDiscrepancy, onlyOutTradeNo: trade.outTradeNo });
    expect((await linesOf(trade.outTradeNo)).map((line) => line.amountFen)).toEqual(amounts);
  });

  it('leaves out what other products of the account did, and says if a refund of ours has no number', async () => {
    const day = '2026-03-10';
    const at = `${day}T12:00:00+08:00`;
    const foreign = await bench.call('POST', '/v1/payment_intents', {
      amount: '500',
      currency: 'cny',
      'allowed_payment_method_types[]': 'card',
    });
    await bench.control('POST', `/trades/${foreign.json.id}/pay`, { at });
    await bench.call('POST', '/v1/refunds', { payment_intent: foreign.json.id });
    expect((await bench.provider.fetchBill(day)).lines).toEqual([]);
    await expect(bench.provider.fetchBill(today())).resolves.toMatchObject({ day: today() });

    const trade = await bench.paid({}, { at });
    await bench.call('POST', '/v1/refunds', { payment_intent: trade.providerRef ?? '', amount: '1' });
    await expect(bench.provider.fetchBill(today())).rejects.toMatchObject({
      code: 'bill_unreadable',
      retryable: false,
    });
  });

  it('of no day is refused', async () => {
    await expect(bench.provider.fetchBill('2026-3-7')).rejects.toThrow(RangeError);
  });
});

/** Set to write the pairs anew after a wanted change of the wire format. */
const UPDATE = process.env['UPDATE_FIXTURES'] !== undefined;
const FIXTURE = new URL('fixtures/stripe.json', import.meta.url);

/** What differs between two runs. The bodies of answers are JSON within JSON, so their quotes are escaped. */
const VARIABLE = [
  [/\b(pi|ch|re|evt|req)_[0-9a-f]{24}/g, '$1_…'],
  [/\btxn_[0-9a-f]{24}/g, 'txn_…'],
  [/_secret_[0-9a-f]{24}/g, '_secret_…'],
  [/stripe-node-retry-[0-9a-f-]{36}/g, 'stripe-node-retry-…'],
  [/\\"(created|canceled_at)\\":\d+/g, '\\"$1\\":0'],
] as const;

it('PY-1 the SDK and the sandbox exchange what is on file', async () => {
  const recorder = new Recorder(
    () => bench.url,
    ['authorization', 'content-type', 'idempotency-key', 'idempotent-replayed', 'stripe-version'],
  );
  try {
    const provider = bench.adapter({ baseUrl: await recorder.listen() });
    const payment = bench.payment({ outTradeNo: 'T20260101000001' });
    const { providerRef } = await provider.start(payment);
    await provider.start(payment);
    const trade = { ...payment, providerRef };
    await provider.query(trade);
    await bench.control('POST', '/trades/T20260101000001/decline', { reason: 'insufficient_funds' });
    await provider.query(trade);
    await bench.control('POST', '/trades/T20260101000001/pay', {
      funding: 'debit',
      at: '2026-01-01T10:00:00+08:00',
    });
    await provider.query(trade);
    await provider.close(trade);
    await provider.refund(bench.refund(trade));
    await provider.refund(bench.refund(trade, { refundNo: 'T20260101000001R2', amountFen: 99_999n }));
    await provider.queryRefund(trade, 'T20260101000001R1');
    await provider.fetchBill('2026-01-01');
    const other = { ...bench.payment({ outTradeNo: 'T20260101000002' }), providerRef: null };
    await provider.close(other);
    const recorded = (normalised(recorder.pairs, VARIABLE) as typeof recorder.pairs).map(
      ({ request, response }) => ({
        request: {
          ...request,
          path: decodeURIComponent(request.path),
          body: decodeURIComponent(request.body),
        },
        response: { ...response, body: JSON.parse(response.body) },
      }),
    );
    if (UPDATE) await writeFile(FIXTURE, `${JSON.stringify(recorded, null, 2)}\n`);
    expect(recorded).toEqual(JSON.parse(await readFile(FIXTURE, 'utf8')));
  } finally {
    await recorder.close();
  }
});
