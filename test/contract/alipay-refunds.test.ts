import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, refundOf, tradeRef } from './alipay-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

/** Far below the sandbox's 10 s of silence, far above an answer of this machine. */
const SHORT_MS = 1000;

describe('refunds', () => {
  it('PY-8 in parts, each proven by a query, bounded by what was paid', async () => {
    const outTradeNo = await bench.paid();
    expect(await bench.provider.refund(refundOf(outTradeNo, 'R1', 3500n))).toMatchObject({
      state: 'succeeded',
    });
    expect(await bench.provider.refund(refundOf(outTradeNo, 'R2', 9999n))).toMatchObject({
      state: 'succeeded',
    });
    const tooMuch = await bench.provider.refund(refundOf(outTradeNo, 'R3', 2n));
    expect(tooMuch).toMatchObject({ state: 'refused', code: 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL' });
    expect(await bench.provider.queryRefund(tradeRef(outTradeNo), 'R3')).toEqual({ state: 'not_found' });
    expect(await bench.provider.refund(refundOf(outTradeNo, 'R4', 1n))).toMatchObject({ state: 'succeeded' });

    const bodies = await bench.merchant.received(4);
    const refunded = bodies.map((body) => bench.notice(body)).filter(({ outcome }) => outcome !== 'paid');
    expect(new Set(refunded)).toEqual(
      new Set(
        ['R1', 'R2', 'R4'].map((refundNo) =>
          expect.objectContaining({ outcome: 'refund_changed', outTradeNo, refundNo }),
        ),
      ),
    );
    expect((await bench.control('GET', `/trades/${outTradeNo}`)).json).toMatchObject({
      status: 'TRADE_CLOSED',
      refundedFen: 13500,
    });
  });

  it('PY-8 the same number again refunds once, also when the trade is empty', async () => {
    const outTradeNo = await bench.paid();
    for (let n = 0; n < 3; n += 1) {
      expect(await bench.provider.refund(refundOf(outTradeNo, 'R1', 13500n))).toMatchObject({
        state: 'succeeded',
      });
    }
    const { json } = await bench.control('GET', `/trades/${outTradeNo}`);
    expect(json).toMatchObject({
      refundedFen: 13500,
      status: 'TRADE_CLOSED',
      refunds: [{ refundNo: 'R1', amountFen: 13500, done: true }],
    });
  });

  it('PY-8 the same number with another amount moves nothing', async () => {
    const outTradeNo = await bench.paid();
    await bench.provider.refund(refundOf(outTradeNo, 'R1', 100n));
    const other = await bench.provider.refund(refundOf(outTradeNo, 'R1', 200n));
    expect(other).toMatchObject({ state: 'refused', code: 'refund_no_reused' });
    expect((await bench.control('GET', `/trades/${outTradeNo}`)).json.refundedFen).toBe(100);
  });

  it('PY-7 that timed out after its effect is found by query, and repeated without a second effect', async () => {
    const outTradeNo = await bench.paid();
    await bench.control('POST', '/faults', { timeoutAfterSuccess: ['alipay.trade.refund'], times: 1 });
    const impatient = bench.adapter({ timeoutMs: SHORT_MS });
    const lost = impatient.refund(refundOf(outTradeNo, 'R1', 3500n));
    await expect(lost).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await impatient.queryRefund(tradeRef(outTradeNo), 'R1')).toMatchObject({
      state: 'succeeded',
      refundedAt: expect.any(Date),
    });
    expect(await impatient.refund(refundOf(outTradeNo, 'R1', 3500n))).toMatchObject({ state: 'succeeded' });
    expect((await bench.control('GET', `/trades/${outTradeNo}`)).json.refundedFen).toBe(3500);
  });

  it('PY-8 stuck at the provider is pending, holds its share, and is done when it moves', async () => {
    const outTradeNo = await bench.paid();
    await bench.control('POST', '/faults', { stuckRefund: true });
    expect(await bench.provider.refund(refundOf(outTradeNo, 'R1', 13500n))).toEqual({ state: 'pending' });
    expect(await bench.provider.queryRefund(tradeRef(outTradeNo), 'R1')).toEqual({ state: 'not_found' });
    expect(await bench.provider.refund(refundOf(outTradeNo, 'R2', 1n))).toMatchObject({ state: 'refused' });
    await bench.control('DELETE', '/faults');
    expect(await bench.provider.queryRefund(tradeRef(outTradeNo), 'R1')).toMatchObject({
      state: 'succeeded',
    });
  });

  it('PY-8 refused with a code is final, a system error is not', async () => {
    const outTradeNo = await bench.paid();
    await bench.control('POST', '/faults', { failRefund: 'ACQ.SELLER_BALANCE_NOT_ENOUGH', times: 1 });
    const refused = await bench.provider.refund(refundOf(outTradeNo, 'R1', 100n));
    expect(refused).toMatchObject({ state: 'refused', code: 'ACQ.SELLER_BALANCE_NOT_ENOUGH' });
    await bench.control('POST', '/faults', { failRefund: 'ACQ.SYSTEM_ERROR', times: 1 });
    const unknown = bench.provider.refund(refundOf(outTradeNo, 'R1', 100n));
    await expect(unknown).rejects.toMatchObject({ code: 'ACQ.SYSTEM_ERROR', retryable: true });
    expect(await bench.provider.refund(refundOf(outTradeNo, 'R1', 100n))).toMatchObject({
      state: 'succeeded',
    });
  });
});
