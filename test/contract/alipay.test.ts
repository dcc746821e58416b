import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, refundOf, tradeRef } from './alipay-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

/** Far below the sandbox's 10 s of silence, far above an answer of this machine. */
const SHORT_MS = 1000;

describe('a payment', () => {
  it('PY-1 by QR: unknown until scanned, then paid, notified, verified and the same when asked', async () => {
    const payment = bench.payment();
    const { outTradeNo } = payment;
    const { action } = await bench.provider.start(payment);
    expect(action).toMatchObject({ kind: 'qr', qrCode: expect.stringContaining('/alipay/qr/') });
    expect(await bench.provider.query(tradeRef(outTradeNo))).toEqual({ state: 'unknown_to_provider' });

    await fetch((action as { qrCode: string }).qrCode);
    expect(await bench.provider.query(tradeRef(outTradeNo))).toEqual({ state: 'waiting' });

    expect((await bench.control('POST', `/trades/${outTradeNo}/pay`)).status).toBe(200);
    const [body] = await bench.merchant.received(1);
    const notice = bench.notice(body);
    if (notice.outcome !== 'paid') throw new Error(`told of as ${notice.outcome}`);
    expect(notice).toMatchObject({ outTradeNo, amountFen: 13500n });
    expect(await bench.provider.query(tradeRef(outTradeNo))).toEqual({
      state: 'paid',
      providerTradeNo: notice.providerTradeNo,
      amountFen: 13500n,
      paidAt: notice.paidAt,
    });
  });

  it('PY-1 by page: the signed address leads to the cashier, paying there leads back to the shop', async () => {
    const returnUrl = 'http://127.0.0.1:9/orders/1?from=alipay';
    const payment = bench.payment({ method: 'alipay_page', returnUrl });
    const { action } = await bench.provider.start(payment);
    if (action.kind !== 'redirect') throw new Error('a page payment redirects');
    const cashier = await fetch(action.url);
    const html = await cashier.text();
    expect(new URL(cashier.url).pathname).toMatch(/^\/alipay\/cashier\//);
    expect(html).toContain('¥135.00');
    expect(html).not.toContain('<b>"M"');

    const paid = await fetch(`${cashier.url}/pay`, { method: 'POST', redirect: 'manual' });
    const back = new URL(paid.headers.get('location') ?? '');
    expect(`${back.origin}${back.pathname}`).toBe('http://127.0.0.1:9/orders/1');
    expect(back.searchParams.get('from')).toBe('alipay');
    expect(back.searchParams.get('out_trade_no')).toBe(payment.outTradeNo);
    const [body] = await bench.merchant.received(1);
    expect(bench.notice(body)).toMatchObject({ outTradeNo: payment.outTradeNo, outcome: 'paid' });
  });

  it('PY-1 with a tampered page address is refused', async () => {
    const { action } = await bench.provider.start(bench.payment({ method: 'alipay_page' }));
    if (action.kind !== 'redirect') throw new Error('a page payment redirects');
    const url = new URL(action.url);
    url.searchParams.set(
      'biz_content',
      (url.searchParams.get('biz_content') ?? '').replace('135.00', '0.01'),
    );
    const response = await fetch(url, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('isv.invalid-signature');
  });

  it('PY-4 declined in the cashier: the buyer reads why, the trade waits, the merchant hears nothing', async () => {
    const payment = bench.payment();
    const { action } = await bench.provider.start(payment);
    const { outTradeNo } = payment;
    const decline = await bench.control('POST', `/trades/${outTradeNo}/decline`, {
      reason: 'insufficient_balance',
    });
    expect(decline.json.text.zh).toBe('余额不足');
    const cashier = await (await fetch((action as { qrCode: string }).qrCode)).text();
    expect(cashier).toContain('余额不足');
    expect(await bench.provider.query(tradeRef(outTradeNo))).toEqual({ state: 'waiting' });
    expect((await bench.control('GET', `/trades/${outTradeNo}`)).json.notifications).toEqual([]);
  });

  it('PY-4 refused with a code: the error carries words for the buyer', async () => {
    await bench.control('POST', '/faults', { failPrecreate: 'ACQ.PAYMENT_REQUEST_HAS_RISK' });
    await expect(bench.provider.start(bench.payment())).rejects.toMatchObject({
      code: 'ACQ.PAYMENT_REQUEST_HAS_RISK',
      retryable: false,
      buyerReason: { code: 'risk' },
    });
  });

  it('PY-7 whose start timed out is started again with the same number: one trade, one code', async () => {
    const payment = bench.payment();
    await bench.control('POST', '/faults', { timeoutAfterSuccess: ['alipay.trade.precreate'], times: 1 });
    const impatient = bench.adapter({ timeoutMs: SHORT_MS });
    await expect(impatient.start(payment)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await impatient.start(payment)).toEqual(await impatient.start(payment));
    expect((await bench.control('GET', '/trades')).json.trades).toHaveLength(1);
  });

  it('PY-1 number used again for another amount is refused', async () => {
    const payment = bench.payment();
    await bench.provider.start(payment);
    const other = bench.provider.start({ ...payment, amountFen: 1n });
    await expect(other).rejects.toMatchObject({ code: 'ACQ.CONTEXT_INCONSISTENT', retryable: false });
  });
});

describe('closing', () => {
  it('PY-5 an unscanned or unknown trade counts as closed', async () => {
    const payment = bench.payment();
    await bench.provider.start(payment);
    expect(await bench.provider.close(tradeRef(payment.outTradeNo))).toEqual({ result: 'closed' });
    expect(await bench.provider.close(tradeRef('NEVERSEEN'))).toEqual({ result: 'closed' });
  });

  it('PY-5 a waiting trade closes, once more too, and can no longer be paid', async () => {
    const payment = bench.payment();
    const { outTradeNo } = payment;
    const { action } = await bench.provider.start(payment);
    await fetch((action as { qrCode: string }).qrCode);
    expect(await bench.provider.close(tradeRef(outTradeNo))).toEqual({ result: 'closed' });
    expect(await bench.provider.close(tradeRef(outTradeNo))).toEqual({ result: 'closed' });
    expect(await bench.provider.query(tradeRef(outTradeNo))).toEqual({ state: 'closed' });
    const late = await bench.control('POST', `/trades/${outTradeNo}/pay`);
    expect(late).toMatchObject({ status: 409, json: { error: 'ACQ.TRADE_HAS_CLOSE' } });
    const [body] = await bench.merchant.received(1);
    expect(bench.notice(body)).toMatchObject({ outTradeNo, outcome: 'noted' });
  });

  it('PY-5 a paid trade says that it is paid, even when all was refunded', async () => {
    const outTradeNo = await bench.paid();
    expect(await bench.provider.close(tradeRef(outTradeNo))).toEqual({ result: 'already_paid' });
    await bench.provider.refund(refundOf(outTradeNo, 'R1', 13500n));
    expect(await bench.provider.close(tradeRef(outTradeNo))).toEqual({ result: 'already_paid' });
    expect(await bench.provider.query(tradeRef(outTradeNo))).toMatchObject({
      state: 'paid',
      amountFen: 13500n,
    });
  });

  it('PY-5 time_expire closes an opened trade and tells so', async () => {
    const payment = bench.payment({ expiresAt: new Date(Date.now() + 2000) });
    const { action } = await bench.provider.start(payment);
    await fetch((action as { qrCode: string }).qrCode);
    const [body] = await bench.merchant.received(1);
    expect(bench.notice(body)).toMatchObject({ outTradeNo: payment.outTradeNo, outcome: 'noted' });
    expect(await bench.provider.query(tradeRef(payment.outTradeNo))).toEqual({ state: 'closed' });
  });

  it('PY-6 money after the close is taken under the fault and told as paid', async () => {
    const payment = bench.payment();
    const { outTradeNo } = payment;
    const { action } = await bench.provider.start(payment);
    await fetch((action as { qrCode: string }).qrCode);
    await bench.provider.close(tradeRef(outTradeNo));
    await bench.merchant.received(1);
    await bench.control('POST', '/faults', { payAfterClose: true, onlyOutTradeNo: outTradeNo });
    await bench.control('POST', `/trades/${outTradeNo}/pay`);
    const bodies = await bench.merchant.received(2);
    expect(bench.notice(bodies[1])).toMatchObject({ outTradeNo, outcome: 'paid' });
    expect(await bench.provider.query(tradeRef(outTradeNo))).toMatchObject({ state: 'paid' });
  });
});
