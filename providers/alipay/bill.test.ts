import { crc32 } from 'node:zlib';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { parseBill } from './bill.ts';
import { detailOf } from './bill-file.ts';

const DAY = '2026-11-11';
const HEADER =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注';

interface Row {
  no?: string;
  kind?: string;
  name?: string;
  at?: string;
  amount?: string;
  received?: string;
  refundNo?: string;
  fee?: string;
}

/** A line as Alipay writes it: long numbers end with a tab so that spreadsheets leave them alone. */
function row({
  no = 'P1',
  kind = '交易',
  name = '袜子',
  at = '2026-11-11 08:00:05',
  ...more
}: Row = {}): string {
  const { amount = '135.00', received = amount, refundNo = '', fee = '-0.81' } = more;
  return `2026111122001\t,${no}\t,${kind}\t,${name},2026-11-11 08:00:00,${at},\t,\t,\t,\t,*三(138****0000)\t,${amount},${received},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,${refundNo}\t,${fee},0.00,备注 `;
}

const refund = (more: Row = {}) =>
  row({ kind: '退款', amount: '-35.00', refundNo: 'P1R1', fee: '0.21', at: '2026-11-11 09:00:00', ...more });

const PAID = '#交易合计：1笔，商家实收共135.00元，商家优惠共0.00元';
const REFUNDED = '#退款合计：1笔，商家实收退款共-35.00元，商家优惠退款共0.00元';
const NONE_PAID = '#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元';
const NONE_REFUNDED = '#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元';

function bill(rows: string[], totals: string[], header = HEADER): string {
  return [
    '#支付宝业务明细查询',
    '#账号：[20880000000000010156]',
    '#起始日期：[2026年11月11日 00:00:00]   终止日期：[2026年11月12日 00:00:00]',
    '#-----------------------------------------业务明细列表----------------------------------------',
    header,
    ...rows,
    '#-----------------------------------------业务明细列表结束------------------------------------',
    ...totals,
    '#导出时间：[2026年11月12日 07:27:37]',
    '',
  ].join('\r\n');
}

describe('PY-9 the detail file of a bill', () => {
  it('becomes payments and refunds with amounts ≥ 0, fees as what Alipay keeps', () => {
    expect(parseBill(bill([row(), refund()], [PAID, REFUNDED]), DAY)).toEqual([
      {
        kind: 'payment',
        outTradeNo: 'P1',
        providerTradeNo: '2026111122001',
        refundNo: null,
        amountFen: 13500n,
        feeFen: 81n,
        at: new Date('2026-11-11T00:00:05Z'),
      },
      {
        kind: 'refund',
        outTradeNo: 'P1',
        providerTradeNo: '2026111122001',
        refundNo: 'P1R1',
        amountFen: 3500n,
        feeFen: -21n,
        at: new Date('2026-11-11T01:00:00Z'),
      },
    ]);
  });

  it('may be empty', () => {
    expect(parseBill(bill([], [NONE_PAID, NONE_REFUNDED]), DAY)).toEqual([]);
  });

  it.each(['"a, b"', '"袜子 ""M"""', '100% "棉"', '#1', '"T恤" 红'])('bears the name %s', (name) => {
    expect(parseBill(bill([row({ name })], [PAID, NONE_REFUNDED]), DAY)).toHaveLength(1);
  });

  it('counts what the buyer was charged, also where a discount leaves the merchant less', () => {
    const totals = ['#交易合计：1笔，商家实收共130.00元，商家优惠共5.00元', NONE_REFUNDED];
    const [line] = parseBill(bill([row({ received: '130.00' })], totals), DAY);
    expect(line?.amountFen).toBe(13500n);
  });

  it('is read with brackets of either width in its header', () => {
    const narrow = HEADER.replaceAll('（', '(').replaceAll('）', ')');
    expect(parseBill(bill([row()], [PAID, NONE_REFUNDED], narrow), DAY)).toHaveLength(1);
  });

  const wrong: [string, string][] = [
    ['a line missing', bill([], [PAID, NONE_REFUNDED])],
    ['a line too many', bill([row(), row()], [PAID, NONE_REFUNDED])],
    ['another sum', bill([row({ amount: '135.01' })], [PAID, NONE_REFUNDED])],
    ['the end missing', bill([row()], [])],
    ['the total of refunds missing', bill([row()], [PAID])],
    ['a row cut', bill([row().slice(0, 80)], [PAID, NONE_REFUNDED])],
    ['a column missing', bill([row()], [PAID, NONE_REFUNDED], HEADER.replace('服务费', '费'))],
    ['a kind it does not know', bill([row({ kind: '转账' })], [PAID, NONE_REFUNDED])],
    ['a refund without its sign', bill([refund({ amount: '35.00' })], [NONE_PAID, REFUNDED])],
    ['an amount that is none', bill([row({ amount: '1e2' })], [PAID, NONE_REFUNDED])],
    ['no fee', bill([row({ fee: '' })], [PAID, NONE_REFUNDED])],
    ['a time that is none', bill([row({ at: '2026/11/11' })], [PAID, NONE_REFUNDED])],
    ['no number of ours', bill([row({ no: '' })], [PAID, NONE_REFUNDED])],
    ['another day', bill([row()], [PAID, NONE_REFUNDED]).replace('2026年11月11日', '2026年11月10日')],
    ['no bill at all', '<html>'],
  ];
  it.each(wrong)('with %s is unreadable, for good', (_what, text) => {
    expect(() => parseBill(text, DAY)).toThrow(
      expect.objectContaining({ provider: 'alipay', code: 'bill_unreadable', retryable: false }),
    );
  });
});

/** A zip of stored files with names in GBK, as Alipay packs them. `stated` overrides the size of each. */
function zipOf(files: Record<string, string>, stated?: number): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [nameBytes, data] = [iconv.encode(name, 'gbk'), iconv.encode(text, 'gbk')];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(stated === undefined ? 0 : 8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(stated ?? data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, place, nameBytes]));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), end]);
}

describe('PY-9 the zip of a bill', () => {
  const SUMMARY = '2088_20261111_业务明细(汇总).csv';
  const DETAIL = '2088_20261111_业务明细.csv';

  it('gives its detail file, by a name in GBK', async () => {
    expect(await detailOf(zipOf({ [SUMMARY]: '汇总', [DETAIL]: '明细' }))).toBe('明细');
  });

  it.each([
    ['without a detail file', zipOf({ [SUMMARY]: '汇总' })],
    ['that is none', Buffer.from('PK, but not a zip')],
    ['cut off', zipOf({ [DETAIL]: '明细' }).subarray(0, 40)],
    ['that would unpack to more than 256 MB', zipOf({ [DETAIL]: '明细' }, 256 * 1024 * 1024 + 1)],
    ['whose summary alone is that large', zipOf({ [SUMMARY]: '', [DETAIL]: '' }, 200 * 1024 * 1024)],
    ['that unpacks to another size than it states', zipOf({ [DETAIL]: '明细' }, 1)],
  ])('%s is unreadable, for good', async (_what, zip) => {
    await expect(detailOf(zip)).rejects.toMatchObject({ code: 'bill_unreadable', retryable: false });
  });
});
