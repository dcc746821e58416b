import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bench, refundOf, tradeRef } from './alipay-fixture.ts';
import { normalised, Recorder } from './recorder.ts';

let bench: Bench;
let recorder: Recorder;
beforeEach(async () => {
  bench = await new Bench().open();
  recorder = new Recorder(() => bench.sandbox.url, ['content-type']);
});
afterEach(async () => {
  await recorder.close();
  await bench.close();
});

/** What differs between two runs: keys, clocks, numbers of the provider's making, ports. */
const DIFFERING: readonly (readonly [RegExp, string])[] = [
  [/(sign=)[\w%.~-]+/g, '$1<signature>'],
  [/(\\"sign\\":\\")[^"\\]+/g, '$1<signature>'],
  [/20\d\d-\d\d-\d\d(%20|\+| )\d\d(%3A|:)\d\d\2\d\d/g, '<time>'],
  [/http(%3A%2F%2F|:\/\/)127\.0\.0\.1(%3A|:)\d+/g, '<origin>'],
  [/(trade_no\\":\\")\d{28}/g, '$1<trade number>'],
  [/(alipay\/qr\/|alipay\/cashier\/|bill\?token=)[\w-]{22}/g, '$1<token>'],
];

it('PY-1 PY-7 PY-8 PY-9 requests and answers keep the wire format that is on file', async () => {
  const url = await recorder.listen();
  const adapter = bench.adapter({ gateway: `${url}/alipay/gateway.do` });
  const qr = { ...bench.payment(), outTradeNo: 'QR1', subject: '100% 纯棉 T恤' };
  const page = {
    ...qr,
    method: 'alipay_page' as const,
    outTradeNo: 'PAGE1',
    returnUrl: 'http://127.0.0.1:9/orders/1',
  };

  const { action } = await adapter.start(qr);
  await adapter.query(tradeRef('QR1'));
  await fetch((action as { qrCode: string }).qrCode);
  await adapter.query(tradeRef('QR1'));
  await bench.control('POST', '/trades/QR1/pay', {});
  await adapter.query(tradeRef('QR1'));
  await adapter.close(tradeRef('QR1'));
  await adapter.refund(refundOf('QR1', 'QR1R1', 3500n));
  await adapter.refund(refundOf('QR1', 'QR1R2', 99900n));

  const opened = await adapter.start(page);
  await fetch((opened.action as { url: string }).url, { redirect: 'manual' });
  await adapter.close(tradeRef('PAGE1'));

  await bench.control('POST', '/faults', { failPrecreate: 'ACQ.BUYER_BALANCE_NOT_ENOUGH' });
  await expect(adapter.start({ ...qr, outTradeNo: 'QR2' })).rejects.toThrow('ACQ.BUYER_BALANCE_NOT_ENOUGH');
  await adapter.fetchBill('2026-01-05');
  await expect(adapter.fetchBill('2999-01-01')).rejects.toMatchObject({ code: 'bill_not_ready' });
  const unknownApp = bench.adapter({ gateway: `${url}/alipay/gateway.do`, appId: '2021999999999999' });
  await expect(unknownApp.query(tradeRef('QR1'))).rejects.toMatchObject({ code: 'isv.invalid-app-id' });

  const wire = JSON.stringify(normalised(recorder.pairs, DIFFERING), null, 2);
  await expect(`${wire}\n`).toMatchFileSnapshot('./fixtures/alipay.json');
});
