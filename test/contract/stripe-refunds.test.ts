import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './stripe-fixture.ts';

const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.close());
afterEach(() => bench.control('DELETE', '/faults'));

const refundsAt = async (outTradeNo: string) => (await bench.trade(outTradeNo)).refunds;

describe('PY-8 refunds', () => {
  it('go back in parts, and the rest', async () => {
    const trade = await bench.paid();
    const no = (letter: string) => `${trade.outTradeNo}${letter}`;
    for (const [refundNo, amountFen] of [
      [no('A'), 3500n],
      [no('B'), 1n],
      [no('C'), 9999n],
    ] as const) {
      const status = await bench.provider.refund(bench.refund(trade, { refundNo, amountFen }));
      expect(status).toEqual({ state: 'succeeded', refundedAt: expect.any(Date) });
      expect(await bench.provider.queryRefund(trade, refundNo)).toEqual(status);
    }
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      paidFen: 13500,
      refundedFen: 13500,
      refunds: [
        { refundNo: no('A'), amountFen: 3500, done: true, status: 'succeeded' },
        { refundNo: no('B'), amountFen: 1, done: true },
        { refundNo: no('C'), amountFen: 9999, done: true },
      ],
    });
  });

  it('repeated under the same number move money once', async () => {
    const trade = await bench.paid();
    const first = await bench.provider.refund(bench.refund(trade));
    expect(await bench.provider.refund(bench.refund(trade))).toEqual(first);
    expect(await refundsAt(trade.outTradeNo)).toHaveLength(1);
  });

  it('asked for at once ten times move money once', async () => {
    const trade = await bench.paid();
    const asked = await Promise.allSettled(
      Array.from({ length: 10 }, () => bench.provider.refund(bench.refund(trade))),
    );
    for (const one of asked) {
      if (one.status === 'fulfilled') expect(one.value.state).toBe('succeeded');
      else expect(one.reason).toMatchObject({ code: 'idempotency_key_in_use', retryable: true });
    }
    expect(await refundsAt(trade.outTradeNo)).toHaveLength(1);
  });

  it('are found among more than a page of them', async () => {
    const trade = await bench.paid();
    const numbers = Array.from({ length: 120 }, (_, n) => `N${n}`);
    await bench.provider.refund(bench.refund(trade, { refundNo: 'FIRST', amountFen: 1n }));
    await Promise.all(
      numbers.map((number) =>
        bench.call('POST', '/v1/refunds', {
          payment_intent: trade.providerRef ?? '',
          amount: '1',
          'metadata[refund_no]': number,
        }),
      ),
    );
    expect(await bench.provider.queryRefund(trade, 'FIRST')).toMatchObject({ state: 'succeeded' });
    expect(await bench.provider.queryRefund(trade, 'NOBODY')).toEqual({ state: 'not_found' });
  });

  it('of another sum under the same number are refused', async () => {
    const trade = await bench.paid();
    await bench.provider.refund(bench.refund(trade));
    expect(await bench.provider.refund(bench.refund(trade, { amountFen: 1n }))).toMatchObject({
      state: 'refused',
      code: 'refund_no_reused',
    });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({ refundedFen: 3500 });
  });

  it('of another sum under a number whose first try was refused are refused too', async () => {
    const trade = await bench.paid();
    await bench.provider.refund(bench.refund(trade, { amountFen: 99_999n }));
    expect(await bench.provider.refund(bench.refund(trade, { amountFen: 1n }))).toMatchObject({
      state: 'refused',
      code: 'refund_no_reused',
    });
  });

  it('beyond what is left are refused and move nothing', async () => {
    const trade = await bench.paid();
    const asked = (letter: string, amountFen: bigint) =>
      bench.provider.refund(bench.refund(trade, { refundNo: `${trade.outTradeNo}${letter}`, amountFen }));
    expect(await asked('A', 13501n)).toMatchObject({ state: 'refused', code: 'amount_too_large' });
    await asked('B', 13500n);
    expect(await asked('C', 1n)).toMatchObject({ state: 'refused', code: 'charge_already_refunded' });
    expect(await bench.provider.queryRefund(trade, `${trade.outTradeNo}C`)).toEqual({ state: 'not_found' });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      refundedFen: 13500,
      refunds: [{ refundNo: `${trade.outTradeNo}B` }],
    });
  });

  it('of what was never paid are refused', async () => {
    const trade = await bench.started();
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject({
      state: 'refused',
      code: 'invalid_request_error',
    });
  });

  it('that are refused once succeed later under the same number, though Stripe keeps its refusal', async () => {
    const trade = await bench.paid();
    await bench.faults({ failRefund: 'insufficient_funds', onlyOutTradeNo: trade.outTradeNo, times: 2 });
    const refused = { state: 'refused', code: 'insufficient_funds' };
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject(refused);
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject(refused);
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject({ state: 'succeeded' });
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject({ state: 'succeeded' });
    expect(await refundsAt(trade.outTradeNo)).toMatchObject([{ amountFen: 3500, done: true }]);
  });

  it('that are stuck are pending, and succeed when the money moves', async () => {
    const trade = await bench.paid();
    await bench.faults({ stuckRefund: true, onlyOutTradeNo: trade.outTradeNo });
    expect(await bench.provider.refund(bench.refund(trade))).toEqual({ state: 'pending' });
    expect(await bench.provider.refund(bench.refund(trade))).toEqual({ state: 'pending' });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      refundedFen: 0,
      refunds: [{ done: false, status: 'pending' }],
    });
    await bench.control('DELETE', '/faults');
    expect(await bench.provider.queryRefund(trade, `${trade.outTradeNo}R1`)).toMatchObject({
      state: 'succeeded',
    });
    const [, , updated] = await bench.merchant.received(trade.outTradeNo, 4);
    expect(bench.notice(updated)).toMatchObject({ outcome: 'refund_changed' });
  });

  it('that do not reach the buyer are abnormal, and are not made again', async () => {
    const trade = await bench.paid();
    await bench.faults({ abnormalRefund: true, onlyOutTradeNo: trade.outTradeNo, times: 1 });
    expect(await bench.provider.refund(bench.refund(trade))).toEqual({ state: 'pending' });
    const abnormal = { state: 'abnormal', code: 'expired_or_canceled_card' };
    expect(await bench.provider.queryRefund(trade, `${trade.outTradeNo}R1`)).toMatchObject(abnormal);
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject(abnormal);
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      refundedFen: 0,
      refunds: [{ done: false, status: 'failed' }],
    });
  });

  it('survive a restart of the provider', async () => {
    const trade = await bench.paid();
    const first = await bench.provider.refund(bench.refund(trade));
    await bench.restart();
    expect(await bench.provider.queryRefund(trade, `${trade.outTradeNo}R1`)).toEqual(first);
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({ refundedFen: 3500 });
  });
});

describe('PY-7 a refund whose answer was lost', () => {
  it('is found by its number, and made once when it is repeated', async () => {
    const trade = await bench.paid();
    await bench.faults({ timeoutAfterSuccess: ['refund'], onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await expect(bench.impatient().refund(bench.refund(trade))).rejects.toMatchObject({
      code: 'network',
      retryable: true,
    });
    expect(await bench.provider.queryRefund(trade, `${trade.outTradeNo}R1`)).toMatchObject({
      state: 'succeeded',
    });
    expect(await bench.provider.refund(bench.refund(trade))).toMatchObject({ state: 'succeeded' });
    expect(await refundsAt(trade.outTradeNo)).toHaveLength(1);
  });

  it('is unknown while nobody answers the question', async () => {
    const trade = await bench.paid();
    await bench.faults({ timeoutAfterSuccess: ['listRefunds'], onlyOutTradeNo: trade.outTradeNo, times: 1 });
    await expect(bench.impatient().queryRefund(trade, 'R1')).rejects.toMatchObject({
      code: 'network',
      retryable: true,
    });
    expect(await bench.provider.queryRefund(trade, 'R1')).toEqual({ state: 'not_found' });
  });
});
