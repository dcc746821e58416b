import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, beijing, delivery, KEYS, STRANGER, tradeRef } from './alipay-fixture.ts';

const NOBODY = tradeRef('NOBODY');
let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

describe('the gateway verifies us as Alipay would', () => {
  it('PY-1 a stranger’s key is refused with isv.invalid-signature, in a signed answer', async () => {
    const stranger = bench.adapter({ keys: () => ({ ...KEYS, privateKey: STRANGER.privateKey }) });
    // Retryable: nothing was done, and our key may just be changing.
    await expect(stranger.query(NOBODY)).rejects.toMatchObject({
      code: 'isv.invalid-signature',
      retryable: true,
    });
  });

  it('PY-1 another application is refused with isv.invalid-app-id', async () => {
    const other = bench.adapter({ appId: '2021999999999999' });
    await expect(other.query(NOBODY)).rejects.toMatchObject({
      code: 'isv.invalid-app-id',
      retryable: false,
    });
  });

  it('PY-7 an answer signed by someone else is an unknown result', async () => {
    const deceived = bench.adapter({ keys: () => ({ ...KEYS, alipayPublicKeys: [STRANGER.publicKey] }) });
    await expect(deceived.query(NOBODY)).rejects.toMatchObject({
      code: 'unverified_answer',
      retryable: true,
    });
  });

  it('PY-7 an address where nobody listens is an unknown result', async () => {
    const lost = bench.adapter({ gateway: 'http://127.0.0.1:9/gateway.do' });
    await expect(lost.query(NOBODY)).rejects.toMatchObject({ code: 'network', retryable: true });
  });

  const wrong: [string, Record<string, string | null>][] = [
    ['isv.invalid-signature', { sign: 'AAAA' }],
    ['isv.missing-signature', { sign: null }],
    ['isv.invalid-signature-type', { sign_type: 'RSA' }],
    ['isv.missing-app-id', { app_id: null }],
    ['isv.invalid-method', { method: 'constructor' }],
    ['isv.missing-timestamp', { timestamp: null }],
    ['isv.invalid-timestamp', { timestamp: '2026-11-11T00:00:00Z' }],
    ['isv.invalid-timestamp', { timestamp: beijing(Date.now() - 8 * 3600_000) }],
    ['isv.invalid-charset', { charset: 'gbk' }],
    ['isv.missing-version', { version: null }],
    ['ACQ.INVALID_PARAMETER', { method: 'alipay.trade.precreate', biz_content: '{"out_trade_no":"A-1"}' }],
    ['ACQ.TRADE_NOT_EXIST', {}],
  ];
  it.each(wrong)('PY-1 %s for %o', async (subCode, changes) => {
    const answer = await bench.rawCall(changes);
    const inner = Object.entries(answer).find(([name]) => name.endsWith('_response'))?.[1];
    expect(inner).toMatchObject({ sub_code: subCode });
  });

  it('PY-2 a rotated key of Alipay’s is believed as soon as it is among the public keys', async () => {
    let keys = KEYS;
    const rotating = bench.adapter({ keys: () => keys });
    expect(await rotating.query(NOBODY)).toEqual({ state: 'unknown_to_provider' });
    keys = { ...KEYS, alipayPublicKeys: [...KEYS.alipayPublicKeys, STRANGER.publicKey] };
    expect(await rotating.query(NOBODY)).toEqual({ state: 'unknown_to_provider' });
    expect((await bench.control('POST', '/keys', { privateKey: STRANGER.privateKey })).status).toBe(204);
    expect(await rotating.query(NOBODY)).toEqual({ state: 'unknown_to_provider' });
    const old = await bench.provider.query(NOBODY).catch((error: unknown) => error);
    expect(old).toMatchObject({ code: 'unverified_answer', retryable: true });

    const payment = bench.payment();
    await rotating.start(payment);
    await bench.control('POST', `/trades/${payment.outTradeNo}/pay`);
    const [body = ''] = await bench.merchant.received(1);
    expect(rotating.verify(delivery(body))).toMatchObject({ ok: true, notice: { outcome: 'paid' } });
    expect(bench.provider.verify(delivery(body))).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('PY-1 our own key is the one in force at the moment of the call', async () => {
    let keys = { ...KEYS, privateKey: STRANGER.privateKey };
    const mending = bench.adapter({ keys: () => keys });
    await expect(mending.query(NOBODY)).rejects.toMatchObject({ retryable: true });
    keys = KEYS;
    expect(await mending.query(NOBODY)).toEqual({ state: 'unknown_to_provider' });
  });

  it('a new key of the provider must be one', async () => {
    expect(await bench.control('POST', '/keys', { privateKey: 'nonsense' })).toMatchObject({
      status: 400,
      json: { error: 'invalid' },
    });
  });
});
