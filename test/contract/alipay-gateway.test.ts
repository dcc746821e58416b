import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, beijing, STRANGER } from './alipay-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

describe('the gateway verifies us as Alipay would', () => {
  it('PY-1 a stranger’s key is refused with isv.invalid-signature, in a signed answer', async () => {
    const stranger = bench.adapter({ privateKey: STRANGER.privateKey });
    await expect(stranger.query('NOBODY')).rejects.toMatchObject({
      code: 'isv.invalid-signature',
      retryable: false,
    });
  });

  it('PY-1 another application is refused with isv.invalid-app-id', async () => {
    const other = bench.adapter({ appId: '2021999999999999' });
    await expect(other.query('NOBODY')).rejects.toMatchObject({
      code: 'isv.invalid-app-id',
      retryable: false,
    });
  });

  it('PY-7 an answer signed by someone else is an unknown result', async () => {
    const deceived = bench.adapter({ alipayPublicKey: STRANGER.publicKey });
    await expect(deceived.query('NOBODY')).rejects.toMatchObject({
      code: 'unverified_answer',
      retryable: true,
    });
  });

  it('PY-7 an address where nobody listens is an unknown result', async () => {
    const lost = bench.adapter({ gateway: 'http://127.0.0.1:9/gateway.do' });
    await expect(lost.query('NOBODY')).rejects.toMatchObject({ code: 'network', retryable: true });
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
});
