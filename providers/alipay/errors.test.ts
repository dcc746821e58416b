import { AlipayRequestError } from 'alipay-sdk';
import { describe, expect, it } from 'vitest';
import { failedCall, refusal } from './errors.ts';

describe('PY-4 a coded refusal becomes words for the buyer', () => {
  it.each([
    ['ACQ.BUYER_BALANCE_NOT_ENOUGH', 'insufficient_balance'],
    ['ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH', 'insufficient_balance'],
    ['ACQ.ERROR_BALANCE_PAYMENT_DISABLE', 'balance_disabled'],
    ['ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR', 'limit'],
    ['ACQ.TOTAL_FEE_EXCEED', 'limit'],
    ['ACQ.PAYMENT_FAIL', 'payment_failed'],
    ['ACQ.PAYMENT_REQUEST_HAS_RISK', 'risk'],
    ['ACQ.BUYER_SELLER_EQUAL', 'own_shop'],
  ])('%s: %s, final', (subCode, reason) => {
    const error = refusal('alipay.trade.precreate', { code: '40004', subCode });
    expect(error).toMatchObject({ code: subCode, retryable: false, buyerReason: { code: reason } });
    expect(error.buyerReason?.zh).toMatch(/。$/);
  });

  it.each([
    'ACQ.TRADE_HAS_SUCCESS',
    'ACQ.TRADE_HAS_CLOSE',
    'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL',
    'ACQ.NEVER_HEARD_OF',
  ])('%s is for us: final, without words for the buyer', (subCode) => {
    const error = refusal('alipay.trade.refund', { code: '40004', subCode });
    expect(error).toMatchObject({ retryable: false, buyerReason: null });
  });
});

describe('PY-7 an unknown result may be asked again', () => {
  it.each([
    { code: '40004', subCode: 'ACQ.SYSTEM_ERROR' },
    { code: '20000', subCode: 'isp.unknow-error' },
    { code: '20000' },
    { code: '40002', subCode: 'isv.invalid-signature' },
  ])('$code $subCode', (answer) => {
    expect(refusal('alipay.trade.refund', answer).retryable).toBe(true);
  });

  it('silence is `network`, a broken or unsigned answer `unverified_answer`', () => {
    const silence = failedCall('m', new AlipayRequestError('HttpClient Request error: timeout'));
    expect(silence).toMatchObject({ code: 'network', retryable: true });
    const broken = failedCall('m', new AlipayRequestError('HTTP 502', { responseDataRaw: '<html>' }));
    expect(broken).toMatchObject({ code: 'unverified_answer', retryable: true });
  });

  it('an error_response shows its own code instead of the SDK complaint about its signature', () => {
    const responseDataRaw = JSON.stringify({
      error_response: {
        code: '40002',
        msg: 'Invalid Arguments',
        sub_code: 'isv.invalid-app-id',
        sub_msg: '无效',
      },
    });
    const error = failedCall('m', new AlipayRequestError('bad signature', { responseDataRaw }));
    expect(error).toMatchObject({ code: 'isv.invalid-app-id', retryable: false });
  });
});
