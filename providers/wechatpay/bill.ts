import { parse } from 'csv-parse/sync';
import { type Fen, parseYuan, sumFen } from '../../domain/money.ts';
import { type BillLine, ProviderError } from '../payments/port.ts';
import { parseBeijing } from './times.ts';

/** The columns of a trade bill (`bill_type=ALL`) that are read; it may have others. */
const COLUMNS = [
  '交易时间',
  '商户号',
  '微信订单号',
  '商户订单号',
  '交易状态',
  '货币种类',
  '应结订单金额',
  '商户退款单号',
  '退款金额',
  '充值券退款金额',
  '退款状态',
  '手续费',
  '订单金额',
  '申请退款金额',
] as const;

/** Each sum of the summary and the column it is the sum of. */
const SUMS = [
  ['应结订单总金额', '应结订单金额'],
  ['退款总金额', '退款金额'],
  ['充值券退款总金额', '充值券退款金额'],
  ['手续费总金额', '手续费'],
  ['订单总金额', '订单金额'],
  ['申请退款总金额', '申请退款金额'],
] as const;
const COUNT = '总交易单数';

type Row = Map<string, string>;

export function unreadable(problem: string): ProviderError {
  return new ProviderError({
    provider: 'wechatpay',
    code: 'bill_unreadable',
    message: problem,
    retryable: false,
  });
}

/**
 * Reads a trade bill to its end: UTF-8 with a mark, a header, lines, a second header, a summary. Cells begin with a
 * backtick and are split where comma and backtick meet, because names contain commas. Throws `bill_unreadable` when
 * anything is not understood or the summary disagrees with the lines.
 */
export function parseTradeBill(text: string, mchId: string): BillLine[] {
  const [header, ...records] = cellsOf(text);
  const summaryAt = records.findIndex((record) => record[0]?.startsWith(COUNT));
  if (header === undefined || summaryAt < 0 || records.length !== summaryAt + 2)
    throw unreadable('the bill has no summary at its end');
  const names = header.join().split(',');
  for (const column of COLUMNS) if (!names.includes(column)) throw unreadable(`no column ${column}`);
  const rows = records.slice(0, summaryAt).map((record) => rowOf(names, record));
  const summary = rowOf((records[summaryAt] ?? []).join().split(','), records[summaryAt + 1] ?? []);
  checkSummary(rows, summary);
  return rows.flatMap((row) => lineOf(row, mchId));
}

function cellsOf(text: string): string[][] {
  try {
    const records: string[][] = parse(text, {
      bom: true,
      delimiter: ',`',
      quote: false,
      relaxColumnCount: true,
      skipEmptyLines: true,
    });
    return records;
  } catch (error) {
    throw unreadable((error as Error).message);
  }
}

function rowOf(names: readonly string[], [first = '', ...others]: readonly string[]): Row {
  if (!first.startsWith('`') || others.length + 1 !== names.length)
    throw unreadable(`a line of ${others.length + 1} cells under ${names.length} headings`);
  return new Map([first.slice(1), ...others].map((cell, index) => [names[index] ?? '', cell]));
}

function cell(row: Row, name: string): string {
  const value = row.get(name);
  if (value === undefined) throw unreadable(`no ${name}`);
  return value;
}

/** Fees have five decimals, of which WeChat Pay uses two; a column that does not apply is empty. */
function money(row: Row, name: string): Fen {
  const value = cell(row, name);
  try {
    return value === '' ? 0n : parseYuan(value.replace(/(\.\d\d)0+$/, '$1'));
  } catch {
    throw unreadable(`${name} is ${value}`);
  }
}

function checkSummary(rows: readonly Row[], summary: Row): void {
  if (cell(summary, COUNT) !== String(rows.length))
    throw unreadable(`${rows.length} lines, and the summary says ${cell(summary, COUNT)}`);
  for (const [total, column] of SUMS) {
    const sum = sumFen(rows.map((row) => money(row, column)));
    if (sum !== money(summary, total))
      throw unreadable(`${column} adds up to ${sum} fen, and ${total} is ${cell(summary, total)} yuan`);
  }
}

/** One line in our words; none for a refund that failed, which moved nothing. */
function lineOf(row: Row, mchId: string): BillLine[] {
  const at = parseBeijing(cell(row, '交易时间'));
  const state = cell(row, '交易状态');
  if (!at) throw unreadable(`交易时间 is ${cell(row, '交易时间')}`);
  if (cell(row, '商户号') !== mchId) throw unreadable(`a line of merchant ${cell(row, '商户号')}`);
  if (cell(row, '货币种类') !== 'CNY') throw unreadable(`a line in ${cell(row, '货币种类')}`);
  const common = {
    outTradeNo: cell(row, '商户订单号'),
    providerTradeNo: cell(row, '微信订单号'),
    feeFen: money(row, '手续费'),
    at,
  };
  if (state === 'SUCCESS')
    return [{ kind: 'payment', ...common, refundNo: null, amountFen: money(row, '订单金额') }];
  if (state !== 'REFUND') throw unreadable(`交易状态 is ${state}`);
  const status = cell(row, '退款状态');
  if (status === 'FAIL') return [];
  if (status !== 'SUCCESS' && status !== 'PROCESSING') throw unreadable(`退款状态 is ${status}`);
  const refundNo = cell(row, '商户退款单号');
  return [{ kind: 'refund', ...common, refundNo, amountFen: money(row, '申请退款金额') }];
}
