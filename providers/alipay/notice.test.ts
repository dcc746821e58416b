import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAlipay } from './index.ts';

const PEM = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;
const ours = generateKeyPairSync('rsa', PEM);
const alipays = generateKeyPairSync('rsa', PEM);

const keys = { privateKey: ours.privateKey, alipayPublicKeys: [alipays.publicKey] };
const provider = createAlipay({
  gateway: 'http://127.0.0.1:9/gateway.do',
  appId: '2021000000000001',
  sellerId: '2088000000000001',
  keys: () => keys,
  notifyUrl: 'http://127.0.0.1:9/notify',
});

const verify = (rawBody: string) =>
  provider.verify({ rawBody, header: () => undefined, receivedAt: new Date() });

const paid: Record<string, string> = {
  notify_time: '2026-11-11 00:00:09',
  notify_type: 'trade_status_sync',
  notify_id: '2026111100222000009',
  app_id: '2021000000000001',
  charset: 'utf-8',
  version: '1.0',
  trade_no: '2026111122001400001',
  out_trade_no: 'P2026111100001',
  seller_id: '2088000000000001',
  trade_status: 'TRADE_SUCCESS',
  total_amount: '135.00',
  subject: '100% 纯棉 T-shirt + 袜子',
  gmt_payment: '2026-11-11 00:00:08',
};

/** A form as Alipay posts it, signed independently of the SDK. */
function post(
  params: Record<string, string>,
  signType: 'RSA' | 'RSA2' = 'RSA2',
  key = alipays.privateKey,
): string {
  const text = Object.keys(params)
    .filter((name) => params[name] !== '')
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
  const sign = createSign(signType === 'RSA2' ? 'RSA-SHA256' : 'RSA-SHA1')
    .update(text, 'utf8')
    .sign(key, 'base64');
  return new URLSearchParams({ ...params, sign_type: signType, sign }).toString();
}

describe('PY-2 a true notification is understood', () => {
  it('states a payment in our words, with a % and Chinese in a value', () => {
    expect(verify(post(paid))).toMatchObject({
      ok: true,
      notice: {
        eventKey: '2026111100222000009',
        outTradeNo: 'P2026111100001',
        providerTradeNo: '2026111122001400001',
        outcome: 'paid',
        amountFen: 13500n,
        paidAt: new Date('2026-11-10T16:00:08Z'),
      },
    });
  });

  it('is accepted however late it comes', () => {
    const late = { ...paid, notify_time: '2016-01-01 00:00:00', gmt_payment: '2016-01-01 00:00:00' };
    expect(verify(post(late))).toMatchObject({ ok: true, notice: { outcome: 'paid' } });
  });

  const refund = { refund_fee: '35.00', gmt_refund: '2026-11-12 00:00:00.500' };
  it.each([
    [{ trade_status: 'TRADE_FINISHED' }, { outcome: 'paid', amountFen: 13500n }],
    [
      { trade_status: 'TRADE_SUCCESS', refund_fee: '0.00' },
      { outcome: 'paid', amountFen: 13500n },
    ],
    [
      { trade_status: 'TRADE_SUCCESS', ...refund, out_biz_no: 'R1' },
      { outcome: 'refund_changed', refundNo: 'R1' },
    ],
    [
      { trade_status: 'TRADE_FINISHED', ...refund },
      { outcome: 'refund_changed', refundNo: null },
    ],
    [
      { trade_status: 'TRADE_CLOSED', ...refund, refund_fee: '135.00', out_biz_no: 'R2' },
      { outcome: 'refund_changed', refundNo: 'R2' },
    ],
    [{ trade_status: 'TRADE_CLOSED', gmt_close: '2026-11-11 01:00:00' }, { outcome: 'noted' }],
    [{ trade_status: 'WAIT_BUYER_PAY' }, { outcome: 'noted' }],
  ])('%o is %o', (fields, fact) => {
    expect(verify(post({ ...paid, ...fields }))).toMatchObject({ ok: true, notice: fact });
  });

  it('ignores an empty value, which Alipay does not sign', () => {
    expect(verify(`${post(paid)}&body=`)).toMatchObject({ ok: true });
  });
});

describe('PY-2 a forged notification changes nothing', () => {
  it.each(['total_amount', 'out_trade_no', 'trade_status', 'app_id', 'seller_id', 'notify_id'])(
    'a tampered %s is a bad signature',
    (field) => {
      const form = new URLSearchParams(post(paid));
      form.set(field, `${form.get(field)}0`);
      expect(verify(form.toString())).toEqual({ ok: false, reason: 'bad_signature' });
    },
  );

  it('a signature by anyone else is refused', () => {
    expect(verify(post(paid, 'RSA2', ours.privateKey))).toEqual({
      ok: false,
      reason: 'bad_signature',
    });
  });

  it('during a change of Alipay’s key either key proves, and a third one does not', () => {
    const next = generateKeyPairSync('rsa', PEM);
    const both = createAlipay({
      gateway: 'http://127.0.0.1:9/gateway.do',
      appId: '2021000000000001',
      sellerId: '2088000000000001',
      keys: () => rotating,
      notifyUrl: 'http://127.0.0.1:9/notify',
    });
    let rotating = { ...keys, alipayPublicKeys: [alipays.publicKey, next.publicKey] };
    const by = (key: string) =>
      both.verify({ rawBody: post(paid, 'RSA2', key), header: () => undefined, receivedAt: new Date() }).ok;
    expect([by(alipays.privateKey), by(next.privateKey), by(ours.privateKey)]).toEqual([true, true, false]);
    rotating = { ...keys, alipayPublicKeys: [next.publicKey] };
    expect([by(alipays.privateKey), by(next.privateKey)]).toEqual([false, true]);
  });

  it('RSA with SHA-1 is refused though the key is right', () => {
    expect(verify(post(paid, 'RSA'))).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it.each(['', 'sign=', 'a=b', 'sign_type=RSA2', '%', '{"json":true}'])('the body %o is refused', (body) => {
    expect(verify(body)).toMatchObject({ ok: false });
  });

  it('no sign at all is a bad signature', () => {
    const form = new URLSearchParams(post(paid));
    form.delete('sign');
    expect(verify(form.toString())).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('another application or seller is refused though the signature is right', () => {
    expect(verify(post({ ...paid, app_id: '1' }))).toEqual({ ok: false, reason: 'wrong_app' });
    expect(verify(post({ ...paid, seller_id: '1' }))).toEqual({ ok: false, reason: 'wrong_seller' });
    const { seller_id: _, ...anonymous } = paid;
    expect(verify(post(anonymous))).toEqual({ ok: false, reason: 'wrong_seller' });
  });

  it.each([
    { total_amount: '1e3' },
    { total_amount: '' },
    { trade_status: 'TRADE_PENDING' },
    { notify_id: '' },
    { gmt_payment: 'yesterday' },
  ])('%o is malformed', (fields) => {
    expect(verify(post({ ...paid, ...fields } as Record<string, string>))).toEqual({
      ok: false,
      reason: 'malformed',
    });
  });

  it('a parameter that comes twice is malformed', () => {
    expect(verify(`${post(paid)}&total_amount=0.01`)).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('PY-2 what Alipay reads in answer', () => {
  it.each([
    ['taken', 200, 'success'],
    ['refused', 401, 'fail'],
    ['unknown', 404, 'fail'],
    ['failed', 503, 'fail'],
  ] as const)('%s: %i %s', (outcome, status, body) => {
    expect(provider.acknowledgement(outcome)).toEqual({ status, contentType: 'text/plain', body });
  });
});
