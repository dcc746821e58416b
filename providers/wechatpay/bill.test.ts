import { describe, expect, it } from 'vitest';
import { parseTradeBill } from './bill.ts';

const HEADER =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const PAID =
  '`2026-11-11 08:00:00,`wx1,`1900007291,`0,`,`4200,`T1,`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,`135.00,`0.00,`0,`0,`0.00,`0.00,`,`,`龙井, 50g, "特级",`,`0.81000,`0.60%,`135.00,`0.00,`';
const REFUNDED =
  '`2026-11-11 23:59:59,`wx1,`1900007291,`0,`,`4200,`T1,`o1,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030,`R1,`35.00,`0.00,`ORIGINAL,`SUCCESS,`龙井,`,`-0.21000,`0.60%,`0.00,`35.00,`';
const SUMMARY_HEADER =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const SUMMARY = '`2,`135.00,`35.00,`0.00,`0.60000,`135.00,`35.00';

const file = (...lines: string[]): string => `\uFEFF${lines.join('\r\n')}\r\n`;
const bill = (
  changes: { header?: string; paid?: string; refunded?: string; summary?: string } = {},
): string =>
  file(
    changes.header ?? HEADER,
    changes.paid ?? PAID,
    changes.refunded ?? REFUNDED,
    SUMMARY_HEADER,
    changes.summary ?? SUMMARY,
  );
const read = (text: string) => parseTradeBill(text, '1900007291');

const PAYMENT_LINE = {
  kind: 'payment',
  outTradeNo: 'T1',
  providerTradeNo: '4200',
  refundNo: null,
  amountFen: 13500n,
  feeFen: 81n,
  at: new Date('2026-11-11T00:00:00Z'),
};
const REFUND_LINE = {
  ...PAYMENT_LINE,
  kind: 'refund',
  refundNo: 'R1',
  amountFen: 3500n,
  feeFen: -21n,
  at: new Date('2026-11-11T15:59:59Z'),
};

describe('PY-9 a trade bill', () => {
  it.each([
    ['a payment and a refund, names with commas and quotes', bill(), [PAYMENT_LINE, REFUND_LINE]],
    ['line feeds only, no mark', bill().replaceAll('\r\n', '\n').slice(1), [PAYMENT_LINE, REFUND_LINE]],
    ['an empty day', file(HEADER, SUMMARY_HEADER, '`0,`0.00,`0.00,`0.00,`0.00000,`0.00,`0.00'), []],
    [
      'a refund under way',
      bill({ refunded: REFUNDED.replace('ORIGINAL,`SUCCESS', 'ORIGINAL,`PROCESSING') }),
      [PAYMENT_LINE, REFUND_LINE],
    ],
    [
      'a refund that failed moved nothing',
      bill({ refunded: REFUNDED.replace('ORIGINAL,`SUCCESS', 'ORIGINAL,`FAIL') }),
      [PAYMENT_LINE],
    ],
    [
      'columns in another order',
      bill({
        header: HEADER.replace('微信订单号,商户订单号', '商户订单号,微信订单号'),
        paid: PAID.replace('`4200,`T1', '`T1,`4200'),
        refunded: REFUNDED.replace('`4200,`T1', '`T1,`4200'),
      }),
      [PAYMENT_LINE, REFUND_LINE],
    ],
  ])('reads %s', (_, text, lines) => {
    expect(read(text)).toEqual(lines);
  });

  it.each([
    ['nothing', ''],
    ['a page', '<html>Not found</html>'],
    ['no summary: the file was cut', file(HEADER, PAID, REFUNDED)],
    ['no sums under the summary’s heading', file(HEADER, PAID, REFUNDED, SUMMARY_HEADER)],
    ['something after the summary', `${bill()}${PAID}\r\n`],
    ['a missing column', bill({ header: HEADER.replace('手续费,', '费,') })],
    ['a line too short', bill({ paid: PAID.replace(',`CNY', '') })],
    ['a line without its backtick', bill({ paid: PAID.slice(1) })],
    ['a missing line', file(HEADER, PAID, SUMMARY_HEADER, SUMMARY)],
    ['a changed amount', bill({ paid: PAID.replaceAll('135.00', '135.01') })],
    ['a changed fee', bill({ paid: PAID.replace('0.81', '0.82') })],
    ['a changed sum', bill({ summary: SUMMARY.replace('35.00,`0.00', '35.01,`0.00') })],
    ['money that is none', bill({ paid: PAID.replace('0.81000', '0.81001') })],
    ['a time that is none', bill({ paid: PAID.replace('2026-11-11 08', '2026-11-11T08') })],
    ['another merchant’s line', bill({ paid: PAID.replace('1900007291', '1900007292') })],
    ['another currency', bill({ paid: PAID.replace('CNY', 'USD') })],
    ['a state nobody knows', bill({ paid: PAID.replace('`SUCCESS', '`REVOKED') })],
    [
      'a refund’s state nobody knows',
      bill({ refunded: REFUNDED.replace('ORIGINAL,`SUCCESS', 'ORIGINAL,`') }),
    ],
  ])('is unreadable with %s', (_, text) => {
    expect(() => read(text)).toThrowError(
      expect.objectContaining({ name: 'ProviderError', code: 'bill_unreadable', retryable: false }),
    );
  });
});
