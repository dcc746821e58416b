import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import iconv from 'iconv-lite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import type { BillLine } from '../../providers/payments/port.ts';
import { Bench, beijing, refundOf, tradeRef } from './alipay-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

const DAY = '2026-01-05';
const DAY_MS = 24 * 3600_000;
const today = (): string => beijing(Date.now()).slice(0, 10);

/** Pays a new trade at a time of the past, for a sum of its own. */
async function paidAt(at: string, amountFen = 13500n): Promise<string> {
  const payment = bench.payment({ amountFen });
  await bench.provider.start(payment);
  await bench.control('POST', `/trades/${payment.outTradeNo}/pay`, { at });
  return payment.outTradeNo;
}

const linesOf = async (day: string): Promise<BillLine[]> => (await bench.provider.fetchBill(day)).lines;

describe('PY-9 the bill of a day', () => {
  it('has every payment and every refund of the Beijing day with its fee, and nothing else', async () => {
    await paidAt('2026-01-04T15:59:59Z');
    const first = await paidAt('2026-01-04T16:00:00Z');
    const last = await paidAt('2026-01-05T15:59:59Z', 83n);
    await paidAt('2026-01-05T16:00:00Z');
    expect(await linesOf(DAY)).toEqual([
      {
        kind: 'payment',
        outTradeNo: first,
        providerTradeNo: expect.stringMatching(/^\d{28}$/),
        refundNo: null,
        amountFen: 13500n,
        feeFen: 81n,
        at: new Date('2026-01-04T16:00:00Z'),
      },
      // 0.60 % of 0.83 yuan is 0.498 fen: rounded to none.
      expect.objectContaining({ outTradeNo: last, amountFen: 83n, feeFen: 0n }),
    ]);
  });

  it('names refunds by our number; together they give back the whole fee, to the fen', async () => {
    const outTradeNo = await paidAt('2026-01-05T00:00:00Z', 10000n);
    for (const [refundNo, amountFen] of [
      ['R1', 3333n],
      ['R2', 3333n],
      ['R3', 3334n],
    ] as const)
      await bench.provider.refund(refundOf(outTradeNo, refundNo, amountFen));
    const [day, before] = [today(), beijing(Date.now() - DAY_MS).slice(0, 10)];
    const lines = [...(await linesOf(before)), ...(await linesOf(day))];
    const refunds = lines.filter((line) => line.kind === 'refund');
    expect(refunds.map(({ refundNo, amountFen, feeFen }) => [refundNo, amountFen, feeFen])).toEqual([
      ['R1', 3333n, -19n],
      ['R2', 3333n, -20n],
      ['R3', 3334n, -21n],
    ]);
    expect((await linesOf(DAY)).map(({ feeFen }) => feeFen)).toEqual([60n]);
    const status = await bench.provider.query(tradeRef(outTradeNo));
    expect(status).toMatchObject({ state: 'paid', providerTradeNo: refunds[0]?.providerTradeNo });
  });

  it('leaves out what was not done: unpaid trades, stuck refunds', async () => {
    await bench.provider.start(bench.payment());
    const outTradeNo = await paidAt('2026-01-05T00:00:00Z');
    await bench.control('POST', '/faults', { stuckRefund: true });
    await bench.provider.refund(refundOf(outTradeNo, 'R1', 100n));
    expect(await linesOf(today())).toEqual([]);
    expect(await linesOf(DAY)).toHaveLength(1);
  });

  it('of a day that has not come is not ready yet', async () => {
    const tomorrow = beijing(Date.now() + DAY_MS).slice(0, 10);
    await expect(bench.provider.fetchBill(tomorrow)).rejects.toMatchObject({
      code: 'bill_not_ready',
      retryable: true,
    });
  });

  it('of a day that is none is refused', async () => {
    await expect(bench.provider.fetchBill('2026-02-30')).rejects.toMatchObject({
      code: 'isv.invalid-arguments',
      retryable: false,
    });
  });

  it('shows each discrepancy in its lines, at every fetch, until the fault is lifted', async () => {
    const [a, b, c] = [
      await paidAt('2026-01-05T01:00:00Z'),
      await paidAt('2026-01-05T02:00:00Z'),
      await paidAt('2026-01-05T03:00:00Z'),
    ];
    const shown = async () => (await linesOf(DAY)).map((line) => [line.outTradeNo, line.amountFen]);
    const truth = [a, b, c].map((outTradeNo) => [outTradeNo, 13500n]);
    expect(await shown()).toEqual(truth);
    await bench.control('POST', '/faults', { billDiscrepancy: 'missing', onlyOutTradeNo: a });
    expect(await shown()).toEqual(truth.slice(1));
    await bench.control('POST', '/faults', { billDiscrepancy: 'extra', onlyOutTradeNo: b });
    await bench.control('POST', '/faults', { billDiscrepancy: 'amount', onlyOutTradeNo: c });
    const altered = [
      [b, 13500n],
      [`${b}X`, 13500n],
      [c, 13501n],
    ];
    expect(await shown()).toEqual(altered);
    expect(await shown()).toEqual(altered);
    await bench.control('DELETE', '/faults');
    expect(await shown()).toEqual(truth);
  });

  it('bears names of goods with commas, quotation marks, a tab and what GBK cannot write', async () => {
    const payment = bench.payment({ subject: '"M", 袜子\t2 双 🧦' });
    await bench.provider.start(payment);
    await bench.control('POST', `/trades/${payment.outTradeNo}/pay`, { at: '2026-01-05T00:00:00Z' });
    expect(await linesOf(DAY)).toMatchObject([{ outTradeNo: payment.outTradeNo, amountFen: 13500n }]);
  });

  it('that is no zip is unreadable; an address that is over is asked for anew', async () => {
    const answers = [
      { status: 200, body: 'not a zip' },
      { status: 404, body: 'over' },
    ];
    const server = createServer((_request, response) => {
      const { status, body } = answers.shift() ?? { status: 500, body: '' };
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    bench.publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await expect(bench.provider.fetchBill(DAY)).rejects.toMatchObject({
        code: 'bill_unreadable',
        retryable: false,
      });
      await expect(bench.provider.fetchBill(DAY)).rejects.toMatchObject({ retryable: true });
    } finally {
      server.close();
    }
  });

  it('comes as a zip of two files in GBK, the detail and the summary', async () => {
    const outTradeNo = await paidAt('2026-01-05T00:00:00Z');
    const answer = await bench.rawCall({
      method: 'alipay.data.dataservice.bill.downloadurl.query',
      biz_content: JSON.stringify({ bill_type: 'trade', bill_date: DAY }),
    });
    const address = answer.alipay_data_dataservice_bill_downloadurl_query_response.bill_download_url;
    const zip = await fromBufferPromise(Buffer.from(await (await fetch(address)).arrayBuffer()), {
      lazyEntries: true,
    });
    const files: Record<string, string[]> = {};
    for await (const entry of zip.eachEntry()) {
      const text = iconv.decode(await buffer(await zip.openReadStreamPromise(entry)), 'gbk');
      files[entry.fileName] = text.split('\r\n');
    }
    const account = '20880000000000010156';
    const [header, line] = files[`${account}_20260105_业务明细.csv`]?.slice(4) ?? [];
    expect(header).toBe(
      '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额(元),商家实收(元),支付宝红包(元),集分宝(元),支付宝优惠(元),商家优惠(元),券核销金额(元),券名称,商家红包消费金额(元),卡消费金额(元),退款批次号/请求号,服务费(元),分润(元),备注',
    );
    expect(line?.split(',')).toHaveLength(header?.split(',').length ?? 0);
    expect(line).toContain(`\t,${outTradeNo}\t,交易\t,"100% 纯棉 T恤`);
    expect(files[`${account}_20260105_业务明细(汇总).csv`]?.[5]).toBe(
      '合计,,1,0,135.00,135.00,0.00,0.00,0.00,-0.81,0.00,134.19',
    );
  });

  it('is handed out at a known address only', async () => {
    expect((await fetch(`${bench.sandbox.url}/alipay/bill?token=guessed`)).status).toBe(404);
  });
});
