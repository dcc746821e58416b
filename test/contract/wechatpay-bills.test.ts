import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TradeRef } from '../../providers/payments/port.ts';
import { normalised, Recorder } from './recorder.ts';
import { Bench, OPENID } from './wechatpay-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

const today = (): string => dayOf(Date.now());
const dayOf = (atMs: number): string => new Date(atMs + 8 * 3600_000).toISOString().slice(0, 10);

async function refunded(trade: TradeRef, refundNo: string, amountFen: bigint): Promise<void> {
  const seen = bench.merchant.deliveries.length;
  await bench.provider.refund({ trade, refundNo, amountFen, totalFen: trade.amountFen, reason: '不想要了' });
  await bench.merchant.received(seen + 1);
}

describe('the bill of a day', () => {
  it('PY-9 has every payment and refund with the provider’s fee, given back in proportion', async () => {
    const trade = await bench.paid({ subject: '明前龙井, 50g\n`特级`, 礼盒' });
    await bench.merchant.received(1);
    await refunded(trade, 'R1', 3333n);
    await refunded(trade, 'R2', 10167n);
    const day = today();
    const { lines, ...bill } = await bench.provider.fetchBill(day);
    expect(bill).toEqual({ day });
    const { outTradeNo } = trade;
    const { tradeNo: providerTradeNo, paidAt } = await bench.trade(outTradeNo);
    const common = { outTradeNo, providerTradeNo, at: expect.any(Date) };
    expect(lines).toEqual([
      { kind: 'payment', ...common, refundNo: null, amountFen: 13500n, feeFen: 81n },
      { kind: 'refund', ...common, refundNo: 'R1', amountFen: 3333n, feeFen: -20n },
      { kind: 'refund', ...common, refundNo: 'R2', amountFen: 10167n, feeFen: -61n },
    ]);
    expect(lines[0]?.at).toEqual(new Date(Math.floor(Date.parse(paidAt) / 1000) * 1000));
  });

  it('PY-9 is a Beijing day, by the time of the payment; a day without trades is empty', async () => {
    const noon = new Date('2026-03-01T15:59:59Z');
    const { outTradeNo } = await bench.started();
    await bench.control('POST', `/trades/${outTradeNo}/pay`, { at: noon.toISOString() });
    const lines = async (day: string) =>
      (await bench.provider.fetchBill(day)).lines.map((line) => line.outTradeNo);
    expect(await lines('2026-03-01')).toEqual([outTradeNo]);
    expect(await lines('2026-03-02')).toEqual([]);
  });

  it('PY-9 that the provider has not made yet can be asked for again', async () => {
    await expect(bench.provider.fetchBill(dayOf(Date.now() + 48 * 3600_000))).rejects.toMatchObject({
      code: 'bill_not_ready',
      retryable: true,
    });
  });

  it.each([
    ['missing', []],
    ['extra', [13500n, 13500n]],
    ['amount', [13501n]],
  ])('PY-9 differs from our books under the fault %s, and is read all the same', async (kind, amounts) => {
    await bench.paid();
    await bench.control('POST', '/faults', { billDiscrepancy: kind, times: 1 });
    const read = async () => (await bench.provider.fetchBill(today())).lines.map((line) => line.amountFen);
    expect(await read()).toEqual(amounts);
    expect(await read()).toEqual([13500n]);
  });

  it('PY-9 is served to nobody without a signature, nor under an unknown token', async () => {
    const { status } = await fetch(`${bench.url}/v3/billdownload/file?token=x`);
    expect(status).toBe(401);
    expect((await bench.raw({ path: '/v3/billdownload/file?token=x' })).status).toBe(404);
  });
});

/** Everything that differs between two runs, in the order in which it is replaced. */
const DIFFERS = [
  [/http:\/\/127\.0\.0\.1:\d+/g, '<origin>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00/g, '<time>'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<beijing time>'],
  [/bill_date=\d{4}-\d\d-\d\d/g, 'bill_date=<day>'],
  [/(timestamp=\\")\d+/g, '$1<timestamp>'],
  [/("wechatpay-timestamp":")\d+/g, '$1<timestamp>'],
  [/(nonce_str=\\")\w+/g, '$1<nonce>'],
  [/("wechatpay-nonce":")\w+/g, '$1<nonce>'],
  [/(signature=\\")[\w+/=]+/g, '$1<signature>'],
  [/("wechatpay-signature":")[\w+/=]+/g, '$1<signature>'],
  [/\/qr\/\w+/g, '/qr/<token>'],
  [/wx\d{14}\w+/g, '<prepay id>'],
  [/token=[\w-]+/g, 'token=<token>'],
  [/(hash_value\\":\\")\w+/g, '$1<sha1>'],
  [/42000\d{18}/g, '<transaction id>'],
  [/50300\d{23}/g, '<refund id>'],
] as const;

const HEADERS = [
  'authorization',
  'content-type',
  'wechatpay-timestamp',
  'wechatpay-nonce',
  'wechatpay-serial',
  'wechatpay-signature',
];

it('PY-1 the SDK and the sandbox speak the recorded wire format', async () => {
  const recorder = new Recorder(() => bench.url, HEADERS);
  const provider = bench.adapter({ baseUrl: await recorder.listen() });
  const payment = (outTradeNo: string) =>
    bench.payment({ outTradeNo, subject: '明前龙井', amountFen: 13500n });
  const trade = (outTradeNo: string): TradeRef => ({ outTradeNo, providerRef: null, amountFen: 13500n });
  const [paid, closed] = [trade('CONTRACT0001'), trade('CONTRACT0002')];
  const refund = {
    trade: paid,
    refundNo: 'REFUND0001',
    amountFen: 500n,
    totalFen: 13500n,
    reason: '不想要了',
  };
  try {
    await provider.start(payment(paid.outTradeNo));
    await provider.query(paid);
    await bench.control('POST', `/trades/${paid.outTradeNo}/pay`);
    await bench.merchant.received(1);
    await provider.query(paid);
    await provider.close(paid);
    await provider.start({ ...payment(closed.outTradeNo), method: 'wechat_jsapi', payerId: OPENID });
    await provider.close(closed);
    await provider.query(closed);
    await provider.query(trade('CONTRACT0003'));
    await provider.refund(refund);
    await bench.merchant.received(2);
    await provider.queryRefund(paid, refund.refundNo);
    await provider.refund({ ...refund, refundNo: 'REFUND0002', amountFen: 13500n });
    await provider.fetchBill(today());
  } finally {
    await recorder.close();
  }
  const recorded = `${JSON.stringify(normalised(recorder.pairs, DIFFERS), null, 2)}\n`;
  await expect(recorded).toMatchFileSnapshot('fixtures/wechatpay.json');
});
