import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { API_V3_KEY, Bench, MCH_ID, NEXT_API_V3_KEY } from './wechatpay-fixture.ts';
import { NEXT_PLATFORM, NEXT_PLATFORM_ID, PLATFORM, PLATFORM_ID } from './wechatpay-keys.ts';
import type { Delivery } from './wechatpay-servers.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

const OK = { status: 200, body: '' };

describe('notifications', () => {
  it('PY-2 are repeated under the same id, signed anew, until the answer is 200 or 204', async () => {
    const answers = [
      null,
      { status: 500, body: '' },
      { status: 401, body: '{"code":"FAIL"}' },
      { status: 202, body: '' },
    ];
    bench.merchant.reply = (n) => (n < answers.length ? (answers[n] ?? null) : OK);
    const { outTradeNo } = await bench.paid();
    const deliveries = await bench.merchant.received(5);
    expect(new Set(deliveries.map((delivery) => bench.notice(delivery).eventKey)).size).toBe(1);
    expect(new Set(deliveries.map(({ headers }) => headers['wechatpay-nonce'])).size).toBe(5);
    await vi.waitFor(async () => {
      const [notification] = (await bench.trade(outTradeNo)).notifications;
      expect(notification).toMatchObject({ kind: 'TRANSACTION.SUCCESS', state: 'delivered' });
      const accepted = notification.attempts.map((attempt: any) => attempt.accepted);
      expect(accepted).toEqual([false, false, false, false, true]);
    });
    expect(bench.merchant.deliveries).toHaveLength(5);
  });

  it('PY-2 end after sixteen attempts; the log says so and one more can be asked for', async () => {
    const failed = bench.provider.acknowledgement('failed');
    bench.merchant.reply = () => failed;
    const { outTradeNo } = await bench.paid();
    const state = async () => (await bench.trade(outTradeNo)).notifications[0].state;
    await vi.waitFor(async () => expect(await state()).toBe('exhausted'), 10_000);
    expect(bench.merchant.deliveries).toHaveLength(16);
    bench.merchant.reply = () => bench.provider.acknowledgement('taken');
    expect((await bench.control('POST', `/trades/${outTradeNo}/notify`)).json).toMatchObject({
      status: 204,
      accepted: true,
    });
    expect(await state()).toBe('delivered');
  });

  it('PY-2 duplicated, they carry one id', async () => {
    await bench.control('POST', '/faults', { duplicateNotify: 3 });
    await bench.paid();
    const deliveries = await bench.merchant.received(4);
    expect(new Set(deliveries.map((delivery) => bench.notice(delivery).eventKey)).size).toBe(1);
  });

  it('PY-2 badly signed, they are refused, and the next one is true', async () => {
    bench.merchant.reply = (n) => (n === 0 ? bench.provider.acknowledgement('refused') : OK);
    await bench.control('POST', '/faults', { badSignatureNotify: true, times: 1 });
    await bench.paid();
    const deliveries = await bench.merchant.received(2);
    expect(bench.verify(deliveries[0])).toEqual({ ok: false, reason: 'bad_signature' });
    expect(bench.verify(deliveries[1])).toMatchObject({ ok: true });
  });

  it('PY-2 dropped or held, the query still tells; held ones go out when the fault is lifted', async () => {
    await bench.control('POST', '/faults', { holdNotify: true });
    const trade = await bench.paid();
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
    expect(bench.merchant.deliveries).toHaveLength(0);
    await bench.control('DELETE', '/faults');
    await bench.merchant.received(1);
    await bench.control('POST', '/faults', { dropNotify: true, times: 1 });
    const { outTradeNo } = await bench.paid();
    expect((await bench.trade(outTradeNo)).notifications[0].state).toBe('dropped');
  });

  it('PY-2 are answered in WeChat Pay’s words', () => {
    const { acknowledgement } = bench.provider;
    expect(acknowledgement('taken')).toEqual({ status: 204, contentType: null, body: '' });
    for (const [outcome, status] of [
      ['refused', 401],
      ['unknown', 404],
      ['failed', 503],
    ] as const) {
      const answer = acknowledgement(outcome);
      expect(answer).toMatchObject({ status, contentType: 'application/json' });
      expect(JSON.parse(answer.body)).toEqual({ code: 'FAIL', message: expect.any(String) });
    }
  });
});

describe('PY-2 what is believed of a notification', () => {
  const SECONDS = (): number => Math.floor(Date.now() / 1000);

  it('nothing when a header or the body was touched', async () => {
    const { outTradeNo } = await bench.paid();
    const [delivery] = await bench.merchant.received(1);
    const { headers, body } = delivery as Delivery;
    const changed = (more: Record<string, string | undefined>, text = body) =>
      bench.verify({ headers: { ...headers, ...more }, body: text });
    const bad = { ok: false, reason: 'bad_signature' };
    expect(changed({}, body.replace('TRANSACTION.SUCCESS', 'TRANSACTION.success'))).toEqual(bad);
    expect(changed({}, `${body} `)).toEqual(bad);
    expect(changed({ 'wechatpay-nonce': 'another' })).toEqual(bad);
    expect(changed({ 'wechatpay-timestamp': String(Number(headers['wechatpay-timestamp']) + 1) })).toEqual(
      bad,
    );
    expect(changed({ 'wechatpay-timestamp': '-1' })).toEqual(bad);
    for (const name of ['timestamp', 'nonce', 'signature', 'serial'])
      expect(changed({ [`wechatpay-${name}`]: undefined })).toEqual(bad);
    expect(
      changed({ 'wechatpay-signature': `WECHATPAY/SIGNTEST/${headers['wechatpay-signature']}` }),
    ).toEqual(bad);
    expect(changed({ 'wechatpay-serial': '__proto__' })).toEqual({ ok: false, reason: 'unknown_key' });
    expect(changed({})).toMatchObject({ ok: true, notice: { outTradeNo } });
  });

  it('nothing that is stale, forged, or signed with a key we do not know', async () => {
    const { outTradeNo } = await bench.paid();
    const signed = async (request: object) => bench.verify(await bench.signed({ outTradeNo, ...request }));
    expect(await signed({})).toMatchObject({ ok: true, notice: { outcome: 'paid', amountFen: 13500n } });
    for (const offset of [-310, 310])
      expect(await signed({ timestamp: SECONDS() + offset })).toEqual({ ok: false, reason: 'stale' });
    expect(await signed({ timestamp: SECONDS() - 290 })).toMatchObject({ ok: true });
    expect(await signed({ forged: true })).toEqual({ ok: false, reason: 'bad_signature' });
    expect(await signed({ serial: 'PUB_KEY_ID_X' })).toEqual({ ok: false, reason: 'unknown_key' });
  });

  it('PY-6 only what is about our merchant, our application and yuan, and as it says', async () => {
    const { outTradeNo } = await bench.paid();
    const told = async (resource: object, event = 'TRANSACTION.SUCCESS') =>
      bench.verify(await bench.signed({ outTradeNo, event, resource }));
    expect(await told({ mchid: '1' })).toEqual({ ok: false, reason: 'wrong_seller' });
    expect(await told({ appid: 'wx1' })).toEqual({ ok: false, reason: 'wrong_app' });
    expect(await told({ amount: { currency: 'HKD' } })).toEqual({ ok: false, reason: 'wrong_currency' });
    expect(await told({ amount: { total: 1 } })).toMatchObject({
      notice: { outcome: 'paid', amountFen: 1n },
    });
    expect(await told({ trade_state: 'NOTPAY' })).toMatchObject({ notice: { outcome: 'noted' } });
    expect(await told({}, 'TRANSACTION.PAYSCORE')).toMatchObject({
      notice: { outcome: 'noted', outTradeNo },
    });
    const malformed = { ok: false, reason: 'malformed' };
    expect(await told({ out_trade_no: '' })).toEqual(malformed);
    expect(await told({ success_time: 'yesterday' })).toEqual(malformed);
    expect(await told({ transaction_id: null })).toEqual(malformed);
    expect(await told({ amount: { total: 1.5 } })).toEqual(malformed);
    const stranger = { event: 'TRANSACTION.SUCCESS', resource: { mchid: MCH_ID } };
    expect(bench.verify(await bench.signed(stranger))).toEqual(malformed);
  });

  it('PY-8 of a refund only that something happened to it', async () => {
    const trade = await bench.paid();
    await bench.provider.refund({ trade, refundNo: 'R1', amountFen: 1n, totalFen: 13500n, reason: 'x' });
    for (const event of ['REFUND.SUCCESS', 'REFUND.CLOSED', 'REFUND.ABNORMAL']) {
      const delivery = await bench.signed({ outTradeNo: trade.outTradeNo, event });
      expect(bench.notice(delivery)).toMatchObject({
        outTradeNo: trade.outTradeNo,
        outcome: 'refund_changed',
        refundNo: 'R1',
      });
    }
    const request = {
      outTradeNo: trade.outTradeNo,
      event: 'REFUND.SUCCESS',
      resource: { out_refund_no: null },
    };
    expect(bench.verify(await bench.signed(request))).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('rotation', () => {
  const both = { [PLATFORM_ID]: PLATFORM.publicKey, [NEXT_PLATFORM_ID]: NEXT_PLATFORM.publicKey };
  const rotate = () =>
    bench.control('POST', '/keys', {
      platform: { id: NEXT_PLATFORM_ID, privateKey: NEXT_PLATFORM.privateKey },
      apiV3Key: NEXT_API_V3_KEY,
    });

  it('PY-2 with both keys of a kind in the file, notifications of the old and of the new one are believed', async () => {
    bench.keys = { ...bench.keys, platform: both, apiV3Keys: [API_V3_KEY, NEXT_API_V3_KEY] };
    await bench.paid();
    expect((await rotate()).json).toEqual({ platform: { id: NEXT_PLATFORM_ID } });
    const trade = await bench.paid();
    const deliveries = await bench.merchant.received(2);
    const serials = deliveries.map(({ headers }) => headers['wechatpay-serial']);
    expect(serials).toEqual([PLATFORM_ID, NEXT_PLATFORM_ID]);
    for (const delivery of deliveries) expect(bench.notice(delivery).outcome).toBe('paid');
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
  });

  it('PY-7 a key that is not in the file yet costs a retry, no more', async () => {
    const trade = await bench.paid();
    await bench.merchant.received(1);
    await rotate();
    await expect(bench.provider.query(trade)).rejects.toMatchObject({
      code: 'unverified_answer',
      retryable: true,
    });
    const delivery = await bench.signed({ outTradeNo: trade.outTradeNo });
    expect(bench.verify(delivery)).toEqual({ ok: false, reason: 'unknown_key' });
    bench.keys = { ...bench.keys, platform: both };
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
    expect(bench.verify(delivery)).toEqual({ ok: false, reason: 'unknown_key' });
    bench.keys = { ...bench.keys, apiV3Keys: [NEXT_API_V3_KEY, API_V3_KEY] };
    expect(bench.verify(delivery)).toMatchObject({ ok: true });
  });
});

describe('the provider’s books', () => {
  it('I5 survive its restart, with the notifications that were due', async () => {
    bench.merchant.reply = () => null;
    const trade = await bench.paid();
    await bench.provider.start(bench.payment());
    await bench.provider.refund({ trade, refundNo: 'R1', amountFen: 1n, totalFen: 13500n, reason: 'x' });
    await vi.waitFor(async () =>
      expect(await bench.provider.queryRefund(trade, 'R1')).toMatchObject({ state: 'succeeded' }),
    );
    const before = (await bench.control('GET', '/trades')).json;
    const seen = bench.merchant.deliveries.length;
    bench.merchant.reply = () => OK;
    await bench.restart();
    expect((await bench.control('GET', '/trades')).json).toEqual(before);
    expect(await bench.provider.queryRefund(trade, 'R1')).toMatchObject({ state: 'succeeded' });
    await bench.merchant.received(seen + 1);
  });

  it('I5 a refund under way or stuck at the restart is completed by it', async () => {
    const slow = await new Bench(0.001).open();
    try {
      const trade = await slow.paid();
      const refund = { trade, amountFen: 1n, totalFen: 13500n, reason: 'x' };
      await slow.provider.refund({ ...refund, refundNo: 'R1' });
      await slow.control('POST', '/faults', { stuckRefund: true });
      await slow.provider.refund({ ...refund, refundNo: 'R2' });
      await slow.restart();
      expect(await slow.provider.queryRefund(trade, 'R1')).toEqual({ state: 'pending' });
      expect(await slow.provider.queryRefund(trade, 'R2')).toMatchObject({ state: 'succeeded' });
    } finally {
      await slow.close();
    }
  });

  it('I2 are read page by page and from a time on', async () => {
    const numbers = [await bench.paid(), await bench.paid(), await bench.paid()].map((one) => one.outTradeNo);
    const first = (await bench.control('GET', '/trades?limit=2')).json;
    const second = (await bench.control('GET', `/trades?limit=2&cursor=${first.nextCursor}`)).json;
    expect([...first.trades, ...second.trades].map((trade) => trade.outTradeNo)).toEqual(numbers);
    expect(second.nextCursor).toBeNull();
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await bench.control('GET', `/trades?since=${later}`)).json.trades).toEqual([]);
  });

  it.each([
    ['POST', '/faults', { nonsense: true }, 400],
    ['POST', '/keys', { platform: { id: 'X', privateKey: 'no key' } }, 400],
    ['GET', '/trades/NOBODY', undefined, 404],
    ['POST', '/sign', { outTradeNo: 'NOBODY' }, 409],
  ])('%s %s with %o is refused with %i', async (method, path, body, status) => {
    expect((await bench.control(method, path, body)).status).toBe(status);
  });
});
