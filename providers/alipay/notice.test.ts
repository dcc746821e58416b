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

const provider = createAlipay({
  gateway: 'http://127.0.0.1:9/gateway.do',
  appId: '2021000000000001',
  sellerId: '2088000000000001',
  privateKey: ours.privateKey,
  alipayPublicKey: alipays.publicKey,
  notifyUrl: 'http://127.0.0.1:9/notify',
});

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
    expect(provider.verify(post(paid))).toMatchObject({
      ok: true,
      notice: {
        eventKey: '2026111100222000009',
        outTradeNo: 'P2026111100001',
        providerTradeNo: '2026111122001400001',
        outcome: 'paid',
        amountFen: 13500n,
        occurredAt: new Date('2026-11-10T16:00:08Z'),
      },
    });
  });

  it('is accepted however late it comes', () => {
    const late = { ...paid, notify_time: '2016-01-01 00:00:00', gmt_payment: '2016-01-01 00:00:00' };
    expect(provider.verify(post(late))).toMatchObject({ ok: true, notice: { outcome: 'paid' } });
  });

  const refund = { refund_fee: '35.00', gmt_refund: '2026-11-12 00:00:00.500' };
  it.each([
    [{ trade_status: 'TRADE_FINISHED' }, 'paid', 13500n],
    [{ trade_status: 'TRADE_SUCCESS', ...refund }, 'refunded', 3500n],
    [{ trade_status: 'TRADE_FINISHED', ...refund }, 'refunded', 3500n],
    [{ trade_status: 'TRADE_CLOSED', ...refund, refund_fee: '135.00' }, 'refunded', 13500n],
    [{ trade_status: 'TRADE_SUCCESS', refund_fee: '0.00' }, 'paid', 13500n],
    [{ trade_status: 'TRADE_CLOSED', gmt_close: '2026-11-11 01:00:00' }, 'closed', 13500n],
    [{ trade_status: 'WAIT_BUYER_PAY' }, 'waiting', 13500n],
  ])('%o is %s', (fields, outcome, amountFen) => {
    expect(provider.verify(post({ ...paid, ...fields }))).toMatchObject({
      ok: true,
      notice: { outcome, amountFen },
    });
  });

  it('ignores an empty value, which Alipay does not sign', () => {
    expect(provider.verify(`${post(paid)}&body=`)).toMatchObject({ ok: true });
  });
});

describe('PY-2 a forged notification changes nothing', () => {
  it.each(['total_amount', 'out_trade_no', 'trade_status', 'app_id', 'seller_id', 'notify_id'])(
    'a tampered %s is a bad signature',
    (field) => {
      const form = new URLSearchParams(post(paid));
      form.set(field, `${form.get(field)}0`);
      expect(provider.verify(form.toString())).toEqual({ ok: false, reason: 'bad_signature' });
    },
  );

  it('a signature by anyone else is refused', () => {
    expect(provider.verify(post(paid, 'RSA2', ours.privateKey))).toEqual({
      ok: false,
      reason: 'bad_signature',
    });
  });

  it('RSA with SHA-1 is refused though the key is right', () => {
    expect(provider.verify(post(paid, 'RSA'))).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it.each(['', 'sign=', 'a=b', 'sign_type=RSA2', '%', '{"json":true}'])('the body %o is refused', (body) => {
    expect(provider.verify(body)).toMatchObject({ ok: false });
  });

  it('no sign at all is a bad signature', () => {
    const form = new URLSearchParams(post(paid));
    form.delete('sign');
    expect(provider.verify(form.toString())).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('another application or seller is refused though the signature is right', () => {
    expect(provider.verify(post({ ...paid, app_id: '1' }))).toEqual({ ok: false, reason: 'wrong_app' });
    expect(provider.verify(post({ ...paid, seller_id: '1' }))).toEqual({ ok: false, reason: 'wrong_seller' });
    const { seller_id: _, ...anonymous } = paid;
    expect(provider.verify(post(anonymous))).toEqual({ ok: false, reason: 'wrong_seller' });
  });

  it.each([
    { total_amount: '1e3' },
    { total_amount: '' },
    { trade_status: 'TRADE_PENDING' },
    { notify_id: '' },
    { gmt_payment: 'yesterday' },
  ])('%o is malformed', (fields) => {
    expect(provider.verify(post({ ...paid, ...fields } as Record<string, string>))).toEqual({
      ok: false,
      reason: 'malformed',
    });
  });

  it('a parameter that comes twice is malformed', () => {
    expect(provider.verify(`${post(paid)}&total_amount=0.01`)).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('PY-2 what Alipay reads in answer', () => {
  it('is exactly `success` when we took it', () => {
    expect(provider.acknowledgement(true)).toEqual({ body: 'success', contentType: 'text/plain' });
    expect(provider.acknowledgement(false).body).not.toBe('success');
  });
});
