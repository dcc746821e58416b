import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bench, delivery, refundOf, tradeRef } from './alipay-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

describe('notifications', () => {
  it('PY-2 are repeated under the same notify_id until the answer is exactly `success`', async () => {
    const answers = [
      null,
      { status: 500, body: 'success' },
      { status: 200, body: 'SUCCESS' },
      { status: 200, body: '' },
    ];
    bench.merchant.reply = (n) =>
      n < answers.length ? (answers[n] ?? null) : { status: 200, body: 'success' };
    const outTradeNo = await bench.paid();
    const bodies = await bench.merchant.received(5);
    const keys = bodies.map((body) => bench.notice(body).eventKey);
    expect(new Set(keys).size).toBe(1);
    await vi.waitFor(async () => {
      const [notification] = (await bench.control('GET', `/trades/${outTradeNo}`)).json.notifications;
      expect(notification.state).toBe('delivered');
      expect(notification.attempts.map((attempt: any) => attempt.accepted)).toEqual([
        false,
        false,
        false,
        false,
        true,
      ]);
    });
    expect(bench.merchant.bodies).toHaveLength(5);
  });

  it('PY-2 end after eight attempts; the log says so and one more can be asked for', async () => {
    bench.merchant.reply = () => ({ status: 503, body: 'fail' });
    const outTradeNo = await bench.paid();
    const trade = () => bench.control('GET', `/trades/${outTradeNo}`);
    await vi.waitFor(async () => expect((await trade()).json.notifications[0].state).toBe('exhausted'), 5000);
    expect(bench.merchant.bodies).toHaveLength(8);
    bench.merchant.reply = () => ({ status: 200, body: 'success' });
    expect((await bench.control('POST', `/trades/${outTradeNo}/notify`)).json).toMatchObject({
      accepted: true,
    });
    expect((await trade()).json.notifications[0].state).toBe('delivered');
  });

  it('PY-2 duplicated, they carry one notify_id', async () => {
    await bench.control('POST', '/faults', { duplicateNotify: 3 });
    await bench.paid();
    const bodies = await bench.merchant.received(4);
    expect(new Set(bodies.map((body) => bench.notice(body).eventKey)).size).toBe(1);
  });

  it('PY-2 badly signed, they are refused, and the next one is true', async () => {
    const refusals: string[] = [];
    bench.merchant.reply = (n) => ({ status: 200, body: n === 0 ? 'fail' : 'success' });
    await bench.control('POST', '/faults', { badSignatureNotify: true, times: 1 });
    await bench.paid();
    const bodies = await bench.merchant.received(2);
    for (const body of bodies) {
      const verified = bench.provider.verify(delivery(body));
      refusals.push(verified.ok ? 'ok' : verified.reason);
    }
    expect(refusals).toEqual(['bad_signature', 'ok']);
  });

  it('PY-2 dropped or held, the query still tells; held ones go out when the fault is lifted', async () => {
    await bench.control('POST', '/faults', { holdNotify: true });
    const outTradeNo = await bench.paid();
    expect(await bench.provider.query(tradeRef(outTradeNo))).toMatchObject({ state: 'paid' });
    expect(bench.merchant.bodies).toHaveLength(0);
    await bench.control('DELETE', '/faults');
    await bench.merchant.received(1);
    await bench.control('POST', '/faults', { dropNotify: true, times: 1 });
    const dropped = await bench.paid();
    expect((await bench.control('GET', `/trades/${dropped}`)).json.notifications[0].state).toBe('dropped');
  });

  it('PY-6 with a wrong amount verify as what they say; another app or seller does not verify', async () => {
    const outTradeNo = await bench.paid();
    const forged = async (params: Record<string, string>, signType = 'RSA2') =>
      (await bench.control('POST', '/sign', { outTradeNo, params, signType })).json.body;
    expect(bench.notice(await forged({ total_amount: '0.01' }))).toMatchObject({ outTradeNo, amountFen: 1n });
    expect(bench.provider.verify(delivery(await forged({ app_id: '1' })))).toEqual({
      ok: false,
      reason: 'wrong_app',
    });
    expect(bench.provider.verify(delivery(await forged({ seller_id: '1' })))).toEqual({
      ok: false,
      reason: 'wrong_seller',
    });
    expect(bench.provider.verify(delivery(await forged({}, 'RSA')))).toEqual({
      ok: false,
      reason: 'bad_signature',
    });
  });
});

describe('the provider’s books', () => {
  it('I5 survive its restart, with the notifications that were due', async () => {
    bench.merchant.reply = () => null;
    const outTradeNo = await bench.paid();
    await bench.provider.refund(refundOf(outTradeNo, 'R1', 1n));
    const before = (await bench.control('GET', '/trades')).json;
    const seen = bench.merchant.bodies.length;
    bench.merchant.reply = () => ({ status: 200, body: 'success' });
    await bench.restart();
    expect((await bench.control('GET', '/trades')).json).toEqual(before);
    expect(await bench.provider.queryRefund(tradeRef(outTradeNo), 'R1')).toMatchObject({
      state: 'succeeded',
    });
    await bench.merchant.received(seen + 1);
  });

  it('I2 are read page by page and from a time on', async () => {
    const numbers = [await bench.paid(), await bench.paid(), await bench.paid()];
    const first = (await bench.control('GET', '/trades?limit=2')).json;
    const second = (await bench.control('GET', `/trades?limit=2&cursor=${first.nextCursor}`)).json;
    const read = [...first.trades, ...second.trades];
    expect(read.map((trade) => trade.outTradeNo)).toEqual(numbers);
    expect(second.nextCursor).toBeNull();
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await bench.control('GET', `/trades?since=${later}`)).json.trades).toEqual([]);
  });

  it('PY-6 let a buyer pay another sum, which query and notification then report', async () => {
    const payment = bench.payment();
    await bench.provider.start(payment);
    const at = '2026-11-11T00:00:00.000Z';
    await bench.control('POST', `/trades/${payment.outTradeNo}/pay`, { amountFen: 13400, at });
    const paid = { state: 'paid', amountFen: 13400n, paidAt: new Date(at) };
    expect(await bench.provider.query(tradeRef(payment.outTradeNo))).toMatchObject(paid);
    const [body] = await bench.merchant.received(1);
    expect(bench.notice(body)).toMatchObject({ outcome: 'paid', amountFen: 13400n, paidAt: new Date(at) });
  });
});
