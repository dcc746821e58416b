import { createVerify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RefundRequest, TradeRef } from '../../providers/payments/port.ts';
import { APP_ID, Bench, MCH_ID, OPENID, order, SERIAL } from './wechatpay-fixture.ts';
import { MERCHANT, STRANGER } from './wechatpay-keys.ts';
import { Mouthpiece } from './wechatpay-servers.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

/** Far below the sandbox's 10 s of silence, far above an answer of this machine. */
const SHORT_MS = 1000;
const NOBODY: TradeRef = { outTradeNo: 'NOBODY', providerRef: null, amountFen: 1n };

describe('a payment', () => {
  it('PY-1 by QR code: waits, then paid, notified, verified and the same when asked', async () => {
    const payment = bench.payment();
    const { outTradeNo } = payment;
    const started = await bench.provider.start(payment);
    expect(started).toEqual({
      action: { kind: 'qr', qrCode: expect.stringContaining(`${bench.url}/wechatpay/qr/`) },
      providerRef: null,
    });
    const trade = { outTradeNo, providerRef: null, amountFen: 13500n };
    expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });

    expect((await bench.control('POST', `/trades/${outTradeNo}/pay`)).status).toBe(200);
    const [delivery] = await bench.merchant.received(1);
    const notice = bench.notice(delivery);
    if (notice.outcome !== 'paid') throw new Error(`told ${notice.outcome}`);
    expect(notice).toMatchObject({ outTradeNo, amountFen: 13500n });
    expect(await bench.provider.query(trade)).toEqual({
      state: 'paid',
      providerTradeNo: notice.providerTradeNo,
      amountFen: 13500n,
      paidAt: notice.paidAt,
    });
  });

  it('PY-1 inside WeChat: the parameters for the bridge are signed with the merchant’s key', async () => {
    const payment = bench.payment({ method: 'wechat_jsapi', payerId: OPENID });
    const { action } = await bench.provider.start(payment);
    if (action.kind !== 'wechat_jsapi') throw new Error(`got ${action.kind}`);
    expect(action).toMatchObject({
      appId: APP_ID,
      signType: 'RSA',
      package: expect.stringMatching(/^prepay_id=wx\w+$/),
    });
    const text = `${action.appId}\n${action.timeStamp}\n${action.nonceStr}\n${action.package}\n`;
    const signed = createVerify('RSA-SHA256').update(text);
    expect(signed.verify(MERCHANT.publicKey, action.paySign, 'base64')).toBe(true);
    const token = action.package.replace('prepay_id=', '');
    const page = await fetch(`${bench.url}/wechatpay/cashier/${token}/pay`, { method: 'POST' });
    expect(await page.text()).toContain('支付成功');
    const [delivery] = await bench.merchant.received(1);
    expect(bench.notice(delivery)).toMatchObject({ outTradeNo: payment.outTradeNo, outcome: 'paid' });
  });

  it('PY-1 inside WeChat without the payer’s openid is refused here', async () => {
    const { payerId: _, ...anonymous } = bench.payment({ method: 'wechat_jsapi' });
    await expect(bench.provider.start(anonymous)).rejects.toMatchObject({
      code: 'PARAM_ERROR',
      retryable: false,
    });
  });

  it('PY-1 the code leads a browser to the cashier, where it is paid', async () => {
    const { action } = await bench.provider.start(bench.payment());
    if (action.kind !== 'qr') throw new Error(`got ${action.kind}`);
    const html = await (await fetch(action.qrCode)).text();
    expect(html).toContain('¥135.00');
    expect(html).not.toContain('<b>"M"');
    const cashier = action.qrCode.replace('/qr/', '/cashier/');
    const paid = await fetch(`${cashier}/pay`, { method: 'POST', redirect: 'manual' });
    expect(paid.status).toBe(303);
    expect(await (await fetch(cashier)).text()).toContain('支付成功 Paid');
    expect((await fetch(`${cashier}/pay`, { method: 'POST' })).status).toBe(409);
    await bench.merchant.received(1);
  });

  it('PY-1 a long subject is cut between characters to what WeChat Pay takes', async () => {
    const { outTradeNo } = await bench.started({ subject: `${'茶'.repeat(50)}🍵` });
    expect((await bench.trade(outTradeNo)).subject).toBe('茶'.repeat(42));
  });

  it('PY-4 declined in the cashier: the buyer reads why, the trade waits, the merchant hears nothing', async () => {
    const trade = await bench.started();
    const path = `/trades/${trade.outTradeNo}`;
    const decline = await bench.control('POST', `${path}/decline`, { reason: 'insufficient_balance' });
    expect(decline.json.text.zh).toBe('零钱余额不足');
    const { cashierPath, notifications } = await bench.trade(trade.outTradeNo);
    expect(await (await fetch(bench.url + cashierPath)).text()).toContain('零钱余额不足');
    expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });
    expect(notifications).toEqual([]);
  });

  it.each([
    ['NOT_ENOUGH', 'insufficient_balance'],
    ['RULE_LIMIT', 'limit'],
    ['ACCOUNT_ERROR', 'risk'],
    ['TRADE_ERROR', 'payment_failed'],
  ])('PY-4 refused with %s: the error carries words for the buyer', async (code, reason) => {
    await bench.control('POST', '/faults', { failStart: code });
    await expect(bench.provider.start(bench.payment())).rejects.toMatchObject({
      code,
      retryable: false,
      buyerReason: { code: reason },
    });
  });

  it.each(['SYSTEM_ERROR', 'FREQUENCY_LIMITED', 'SIGN_ERROR'])(
    'PY-7 refused with %s: the same request may be sent again',
    async (code) => {
      await bench.control('POST', '/faults', { failStart: code, times: 1 });
      const payment = bench.payment();
      await expect(bench.provider.start(payment)).rejects.toMatchObject({ code, retryable: true });
      expect((await bench.provider.start(payment)).action.kind).toBe('qr');
    },
  );

  it('PY-7 whose start timed out is started again with the same number: one trade, each code leads to it', async () => {
    const payment = bench.payment();
    await bench.control('POST', '/faults', { timeoutAfterSuccess: ['native'], times: 1 });
    const impatient = bench.adapter({ timeoutMs: SHORT_MS });
    await expect(impatient.start(payment)).rejects.toMatchObject({ code: 'network', retryable: true });
    for (const { action } of [await impatient.start(payment), await impatient.start(payment)]) {
      if (action.kind !== 'qr') throw new Error(`got ${action.kind}`);
      expect(await (await fetch(action.qrCode)).text()).toContain(payment.outTradeNo);
    }
    expect((await bench.control('GET', '/trades')).json.trades).toHaveLength(1);
  });

  it('PY-1 number used again for another amount, for a paid or a closed trade is refused', async () => {
    const payment = bench.payment();
    const trade = await bench.started(payment);
    const other = { ...payment, amountFen: 1n };
    await expect(bench.provider.start(other)).rejects.toMatchObject({
      code: 'OUT_TRADE_NO_USED',
      retryable: false,
    });
    await bench.control('POST', `/trades/${trade.outTradeNo}/pay`);
    await expect(bench.provider.start(payment)).rejects.toMatchObject({
      code: 'ORDER_PAID',
      retryable: false,
    });
    const closed = bench.payment();
    await bench.provider.close(await bench.started(closed));
    await expect(bench.provider.start(closed)).rejects.toMatchObject({
      code: 'ORDER_CLOSED',
      retryable: false,
    });
  });

  it('PY-7 that nobody placed is unknown to the provider', async () => {
    expect(await bench.provider.query(NOBODY)).toEqual({ state: 'unknown_to_provider' });
  });
});

describe('closing', () => {
  it('PY-5 a trade that was never placed counts as closed', async () => {
    expect(await bench.provider.close(NOBODY)).toEqual({ result: 'closed' });
  });

  it('PY-5 a waiting trade closes, once more too, and can no longer be paid', async () => {
    const trade = await bench.started();
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
    expect(await bench.provider.close(trade)).toEqual({ result: 'closed' });
    expect(await bench.provider.query(trade)).toEqual({ state: 'closed' });
    const late = await bench.control('POST', `/trades/${trade.outTradeNo}/pay`);
    expect(late).toMatchObject({ status: 409, json: { error: 'ORDER_CLOSED' } });
    const { cashierPath } = await bench.trade(trade.outTradeNo);
    expect(await (await fetch(bench.url + cashierPath)).text()).toContain('订单已关闭');
  });

  it('PY-7 whose answer is lost is asked again', async () => {
    const trade = await bench.started();
    for (const operation of ['close', 'query'])
      await bench.control('POST', '/faults', { timeoutAfterSuccess: [operation], times: 1 });
    const impatient = bench.adapter({ timeoutMs: SHORT_MS });
    await expect(impatient.close(trade)).rejects.toMatchObject({ code: 'network', retryable: true });
    await expect(impatient.query(trade)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await impatient.close(trade)).toEqual({ result: 'closed' });
  });

  it('PY-5 a paid trade says that it is paid, even when all was refunded', async () => {
    const trade = await bench.paid();
    expect(await bench.provider.close(trade)).toEqual({ result: 'already_paid' });
    await bench.provider.refund(refundOf(trade));
    await bench.merchant.received(2);
    expect(await bench.provider.close(trade)).toEqual({ result: 'already_paid' });
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', amountFen: 13500n });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({ status: 'REFUND', refundedFen: 13500 });
  });

  it('PY-5 time_expire closes a trade', async () => {
    const trade = await bench.started({ expiresAt: new Date(Date.now() + 2000) });
    await vi.waitFor(
      async () => expect(await bench.provider.query(trade)).toEqual({ state: 'closed' }),
      5000,
    );
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({ closedBy: 'timeout', status: 'CLOSED' });
  });

  it('PY-6 money after the close is taken under the fault and told as paid', async () => {
    const trade = await bench.started();
    await bench.provider.close(trade);
    await bench.control('POST', '/faults', { payAfterClose: true, onlyOutTradeNo: trade.outTradeNo });
    await bench.control('POST', `/trades/${trade.outTradeNo}/pay`);
    const [delivery] = await bench.merchant.received(1);
    expect(bench.notice(delivery)).toMatchObject({ outTradeNo: trade.outTradeNo, outcome: 'paid' });
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
  });

  it('PY-6 another sum than asked for is told as it is', async () => {
    const trade = await bench.started();
    await bench.control('POST', `/trades/${trade.outTradeNo}/pay`, { amountFen: 1 });
    const [delivery] = await bench.merchant.received(1);
    expect(bench.notice(delivery)).toMatchObject({ outcome: 'paid', amountFen: 1n });
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid', amountFen: 1n });
  });
});

function refundOf(trade: TradeRef, changes: Partial<RefundRequest> = {}): RefundRequest {
  return {
    trade,
    refundNo: `R${trade.outTradeNo}`,
    amountFen: trade.amountFen,
    totalFen: trade.amountFen,
    reason: '七天无理由',
    ...changes,
  };
}

describe('refunds', () => {
  it('PY-8 are accepted as pending, done later, told, and proven when asked', async () => {
    const trade = await bench.paid();
    const refund = refundOf(trade, { amountFen: 500n });
    expect(await bench.provider.refund(refund)).toEqual({ state: 'pending' });
    const [, delivery] = await bench.merchant.received(2);
    expect(bench.notice(delivery)).toEqual({
      eventKey: expect.any(String),
      outTradeNo: trade.outTradeNo,
      outcome: 'refund_changed',
      refundNo: refund.refundNo,
    });
    const done = { state: 'succeeded', refundedAt: expect.any(Date) };
    expect(await bench.provider.queryRefund(trade, refund.refundNo)).toEqual(done);
    expect(await bench.provider.refund(refund)).toEqual(done);
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      refundedFen: 500,
      refunds: [{ refundNo: refund.refundNo, amountFen: 500, done: true, status: 'SUCCESS' }],
    });
  });

  it('PY-8 whose answer is lost are repeated under their number and move money once', async () => {
    const trade = await bench.paid();
    const refund = refundOf(trade);
    await bench.control('POST', '/faults', { timeoutAfterSuccess: ['refund'], times: 1 });
    const impatient = bench.adapter({ timeoutMs: SHORT_MS });
    await expect(impatient.refund(refund)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await impatient.refund(refund)).toMatchObject({ state: 'succeeded' });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      refundedFen: 13500,
      refunds: [{ amountFen: 13500 }],
    });
  });

  it('PY-8 under a number that was used for another sum are refused, and nothing moves', async () => {
    const trade = await bench.paid();
    await bench.provider.refund(refundOf(trade, { amountFen: 500n }));
    expect(await bench.provider.refund(refundOf(trade, { amountFen: 501n }))).toMatchObject({
      state: 'refused',
      code: 'refund_no_reused',
    });
    expect((await bench.trade(trade.outTradeNo)).refunds).toHaveLength(1);
  });

  it('PY-8 of more than was paid, of an unpaid and of an unknown trade are refused', async () => {
    const trade = await bench.paid();
    const refused = (code: string) => ({ state: 'refused', code, message: expect.any(String) });
    await bench.provider.refund(refundOf(trade, { amountFen: 13499n }));
    const rest = refundOf(trade, { refundNo: 'R2', amountFen: 2n });
    expect(await bench.provider.refund(rest)).toEqual(refused('INVALID_REQUEST'));
    expect(await bench.provider.queryRefund(trade, 'R2')).toEqual({ state: 'not_found' });
    const waiting = await bench.started();
    expect(await bench.provider.refund(refundOf(waiting))).toEqual(refused('INVALID_REQUEST'));
    expect(await bench.provider.refund(refundOf(NOBODY))).toEqual(refused('RESOURCE_NOT_EXISTS'));
  });

  it('PY-8 a refusal is final, a fault of theirs is not', async () => {
    const trade = await bench.paid();
    await bench.control('POST', '/faults', { failRefund: 'NOT_ENOUGH', times: 1 });
    expect(await bench.provider.refund(refundOf(trade))).toMatchObject({
      state: 'refused',
      code: 'NOT_ENOUGH',
    });
    for (const code of ['SYSTEM_ERROR', 'FREQUENCY_LIMITED']) {
      await bench.control('POST', '/faults', { failRefund: code, times: 1 });
      await expect(bench.provider.refund(refundOf(trade))).rejects.toMatchObject({ code, retryable: true });
    }
    expect(await bench.provider.refund(refundOf(trade))).toEqual({ state: 'pending' });
  });

  it('PY-8 that are stuck stay pending until they are released', async () => {
    const trade = await bench.paid();
    const refund = refundOf(trade);
    await bench.control('POST', '/faults', { stuckRefund: true });
    await bench.provider.refund(refund);
    expect(await bench.provider.queryRefund(trade, refund.refundNo)).toEqual({ state: 'pending' });
    expect(await bench.trade(trade.outTradeNo)).toMatchObject({
      refundedFen: 0,
      refunds: [{ done: false, status: 'PROCESSING' }],
    });
    await bench.control('DELETE', '/faults');
    await bench.merchant.received(2);
    expect(await bench.provider.queryRefund(trade, refund.refundNo)).toMatchObject({ state: 'succeeded' });
  });

  it('PY-8 that end abnormally are told and are for a person', async () => {
    const trade = await bench.paid();
    const refund = refundOf(trade);
    await bench.control('POST', '/faults', { abnormalRefund: true });
    await bench.provider.refund(refund);
    const [, delivery] = await bench.merchant.received(2);
    expect(JSON.parse(delivery?.body ?? '').event_type).toBe('REFUND.ABNORMAL');
    expect(bench.notice(delivery)).toMatchObject({ outcome: 'refund_changed', refundNo: refund.refundNo });
    expect(await bench.provider.queryRefund(trade, refund.refundNo)).toEqual({
      state: 'abnormal',
      code: 'REFUND_ABNORMAL',
      message: expect.any(String),
    });
    expect((await bench.trade(trade.outTradeNo)).refundedFen).toBe(0);
  });

  it('PY-8 number fifty parts at most', async () => {
    const trade = await bench.paid();
    const parts = Array.from({ length: 50 }, (_, n) => refundOf(trade, { refundNo: `P${n}`, amountFen: 1n }));
    await Promise.all(parts.map((part) => bench.provider.refund(part)));
    expect(await bench.provider.refund(refundOf(trade, { amountFen: 1n }))).toMatchObject({
      state: 'refused',
      code: 'INVALID_REQUEST',
    });
  });
});

describe('answers that the sandbox never gives', () => {
  let provider: Mouthpiece;
  let baseUrl: string;
  beforeEach(async () => {
    provider = new Mouthpiece();
    baseUrl = await provider.listen();
  });
  afterEach(() => provider.close());

  const TRADE: TradeRef = { outTradeNo: 'T1', providerRef: null, amountFen: 100n };
  const paid = {
    appid: APP_ID,
    mchid: MCH_ID,
    out_trade_no: 'T1',
    trade_state: 'SUCCESS',
    transaction_id: '4200',
    success_time: '2026-11-11T08:00:00+08:00',
    amount: { total: 100, currency: 'CNY' },
  };
  const saying = (json: object, status = 200) => ({ status, body: JSON.stringify(json) });

  it.each([
    ['USERPAYING', { state: 'waiting' }],
    ['REVOKED', { state: 'closed' }],
    ['PAYERROR', { state: 'closed' }],
    [
      'REFUND',
      { state: 'paid', providerTradeNo: '4200', amountFen: 100n, paidAt: new Date('2026-11-11T00:00:00Z') },
    ],
  ])('PY-7 a trade in state %s', async (trade_state, expected) => {
    provider.says = () => saying({ ...paid, trade_state });
    expect(await bench.adapter({ baseUrl }).query(TRADE)).toEqual(expected);
  });

  it.each([
    [{ out_trade_no: 'T2' }, 'unverified_answer', true],
    [{ mchid: '1' }, 'unverified_answer', true],
    [{ appid: 'wx1' }, 'unverified_answer', true],
    [{ trade_state: 'ACCEPT' }, 'unverified_answer', true],
    [{ success_time: undefined }, 'unverified_answer', true],
    [{ transaction_id: undefined }, 'unverified_answer', true],
    [{ amount: undefined }, 'unverified_answer', true],
    [{ amount: { total: 100, currency: 'HKD' } }, 'wrong_currency', false],
  ])('PY-7 an answer with %o is not believed', async (changes, code, retryable) => {
    provider.says = () => saying({ ...paid, ...changes });
    await expect(bench.adapter({ baseUrl }).query(TRADE)).rejects.toMatchObject({ code, retryable });
  });

  it.each([
    [502, '<html>Bad gateway</html>'],
    [403, ''],
    [302, ''],
    [200, 'null'],
  ])('PY-7 HTTP %i with the body %o is an unknown result', async (status, body) => {
    provider.says = () => ({ status, body });
    await expect(bench.adapter({ baseUrl }).query(TRADE)).rejects.toMatchObject({
      code: 'unverified_answer',
      retryable: true,
    });
  });

  it('PY-5 a buyer in the middle of paying keeps a trade from closing: the query decides', async () => {
    let trade: object = { ...paid, trade_state: 'USERPAYING' };
    provider.says = (path) =>
      path.endsWith('/close') ? saying({ code: 'USER_PAYING', message: '支付中' }, 202) : saying(trade);
    const adapter = bench.adapter({ baseUrl });
    await expect(adapter.close(TRADE)).rejects.toMatchObject({ code: 'SYSTEM_ERROR', retryable: true });
    trade = paid;
    expect(await adapter.close(TRADE)).toEqual({ result: 'already_paid' });
    trade = { ...paid, trade_state: 'CLOSED' };
    expect(await adapter.close(TRADE)).toEqual({ result: 'closed' });
  });

  it('PY-8 a refund that was closed is refused; one about something else proves nothing', async () => {
    const refund = {
      out_refund_no: 'R1',
      out_trade_no: 'T1',
      status: 'CLOSED',
      amount: { refund: 100, currency: 'CNY' },
    };
    provider.says = () => saying(refund);
    const adapter = bench.adapter({ baseUrl });
    expect(await adapter.queryRefund(TRADE, 'R1')).toMatchObject({ state: 'refused', code: 'REFUND_CLOSED' });
    await expect(adapter.queryRefund(TRADE, 'R2')).rejects.toMatchObject({ code: 'unverified_answer' });
    const other = { ...TRADE, outTradeNo: 'T2' };
    expect(await adapter.queryRefund(other, 'R1')).toMatchObject({ code: 'refund_no_reused' });
    provider.says = () => saying({ ...refund, status: 'UNHEARD_OF' });
    await expect(adapter.queryRefund(TRADE, 'R1')).rejects.toMatchObject({ code: 'unverified_answer' });
  });

  it('PY-9 a bill anywhere but at the download’s own path is not fetched', async () => {
    provider.says = () =>
      saying({ hash_type: 'SHA1', hash_value: 'ab', download_url: 'https://elsewhere.example/file?token=1' });
    const adapter = bench.adapter({ baseUrl });
    await expect(adapter.fetchBill('2026-11-11')).rejects.toMatchObject({ code: 'unverified_answer' });
    expect(provider.paths).toHaveLength(1);
  });

  it('PY-9 a bill whose hash is another is unreadable; the token goes to our address only', async () => {
    provider.says = (path) =>
      path.startsWith('/v3/billdownload/')
        ? { status: 200, body: 'tampered' }
        : saying({
            hash_type: 'SHA1',
            hash_value: 'a'.repeat(40),
            download_url: 'https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Bb',
          });
    const adapter = bench.adapter({ baseUrl });
    await expect(adapter.fetchBill('2026-11-11')).rejects.toMatchObject({
      code: 'bill_unreadable',
      retryable: false,
    });
    expect(provider.paths[1]).toBe('/v3/billdownload/file?token=a%2Bb');
  });
});

describe('the gateway verifies us as WeChat Pay would', () => {
  it('PY-1 a request signed by hand is served with a signed answer, an error too', async () => {
    const unknown = await bench.raw();
    expect(unknown).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_EXIST' } });
    expect(unknown.headers.get('wechatpay-signature')).toMatch(/^[\w+/]{300,}=*$/);
    const placed = await bench.raw({
      method: 'POST',
      path: '/v3/pay/transactions/native',
      body: order(),
    });
    expect(placed).toMatchObject({ status: 200, json: { code_url: expect.any(String) } });
  });

  const body = { amount: 1 };
  it.each([
    ['another scheme', { authorization: 'Bearer x' }],
    ['a field that comes twice', { authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1",mchid="1"' }],
    ['a stranger’s key', { key: STRANGER.privateKey }],
    ['another merchant', { mchid: '1900000000' }],
    ['an unknown serial', { serial: 'ABC' }],
    ['a timestamp of the past', { timestamp: Math.floor(Date.now() / 1000) - 310 }],
    ['a timestamp of the future', { timestamp: Math.floor(Date.now() / 1000) + 310 }],
    ['another body', { method: 'POST', path: '/v3/refund/domestic/refunds', body, sentBody: '{"amount":2}' }],
  ])('PY-1 %s is 401 SIGN_ERROR', async (_, request) => {
    expect(await bench.raw(request)).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } });
  });

  it.each([
    ['APPID_MCHID_NOT_MATCH', { appid: 'wx0000000000000000' }],
    ['PARAM_ERROR', { mchid: '1900000000' }],
    ['PARAM_ERROR', { out_trade_no: 'A' }],
    ['PARAM_ERROR', { out_trade_no: 'A'.repeat(33) }],
    ['PARAM_ERROR', { description: '茶'.repeat(43) }],
    ['PARAM_ERROR', { notify_url: 'http://127.0.0.1:9/notify?a=b' }],
    ['PARAM_ERROR', { time_expire: '2020-01-01T00:00:00+08:00' }],
    ['PARAM_ERROR', { amount: { total: 0, currency: 'CNY' } }],
    ['PARAM_ERROR', { amount: { total: 1.5, currency: 'CNY' } }],
    ['PARAM_ERROR', { amount: { total: 1, currency: 'USD' } }],
  ])('PY-1 400 %s for %o', async (code, changes) => {
    const request = { method: 'POST', path: '/v3/pay/transactions/native', body: order(changes) };
    expect(await bench.raw(request)).toMatchObject({ status: 400, json: { code } });
  });

  it('PY-1 a query must name the merchant', async () => {
    const { outTradeNo } = await bench.paid();
    const path = `/v3/pay/transactions/out-trade-no/${outTradeNo}`;
    expect(await bench.raw({ path })).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect(await bench.raw({ path: `${path}?mchid=1` })).toMatchObject({ status: 400 });
    const { json } = await bench.raw({ path: `${path}?mchid=${MCH_ID}` });
    const byId = `/v3/pay/transactions/id/${json.transaction_id}?mchid=${MCH_ID}`;
    expect((await bench.raw({ path: byId })).json).toEqual(json);
  });

  it('PY-7 a refused signature is a retryable error, and the mended key serves the next call', async () => {
    const { keys } = bench;
    bench.keys = { ...keys, merchant: { serial: SERIAL, privateKey: STRANGER.privateKey } };
    await expect(bench.provider.query(NOBODY)).rejects.toMatchObject({ code: 'SIGN_ERROR', retryable: true });
    bench.keys = keys;
    expect(await bench.provider.query(NOBODY)).toEqual({ state: 'unknown_to_provider' });
  });

  it('PY-7 an answer signed by someone else, and an address where nobody listens, are unknown results', async () => {
    const trade = await bench.started();
    const platform = Object.fromEntries(
      Object.keys(bench.keys.platform).map((id) => [id, STRANGER.publicKey]),
    );
    const deceived = bench.adapter({ keys: () => ({ ...bench.keys, platform }) });
    await expect(deceived.query(trade)).rejects.toMatchObject({ code: 'unverified_answer', retryable: true });
    const lost = bench.adapter({ baseUrl: 'http://127.0.0.1:9' });
    await expect(lost.query(trade)).rejects.toMatchObject({ code: 'network', retryable: true });
    const broken = { ...bench.keys, merchant: { serial: SERIAL, privateKey: '-----BEGIN PRIVATE KEY-----' } };
    await expect(bench.adapter({ keys: () => broken }).query(trade)).rejects.toMatchObject({
      code: 'unusable_keys',
      retryable: true,
    });
  });
});
