import { parse } from 'csv-parse/sync';
import { type Fen, parseYuan, sumFen } from '../../domain/money.ts';
import { type BillLine, ProviderError } from '../payments/port.ts';
import { parseBeijing } from './times.ts';

/** A bill that is there and cannot be trusted to its last line: for a person, not for a retry. */
export function unreadable(problem: string, cause?: unknown): ProviderError {
  return new ProviderError({
    provider: 'alipay',
    code: 'bill_unreadable',
    message: `the bill cannot be read: ${problem}`,
    retryable: false,
    cause,
  });
}

/** The columns in use, named as Alipay does; it writes the brackets in either width. */
const COLUMN = {
  providerTradeNo: '支付宝交易号',
  outTradeNo: '商户订单号',
  kind: '业务类型',
  finishedAt: '完成时间',
  orderAmount: '订单金额(元)',
  merchantReceived: '商家实收(元)',
  refundNo: '退款批次号/请求号',
  fee: '服务费(元)',
} as const;

type Cells = Record<keyof typeof COLUMN, string>;

const KINDS = new Map<string, BillLine['kind']>([
  ['交易', 'payment'],
  ['退款', 'refund'],
]);

/**
 * The detail file of a trade bill (`…_业务明细.csv`, decoded) as lines in our words. Alipay writes refunds and taken
 * fees with a minus. What it sums up in the comments at the end must be what was read, or part of the file is missing.
 * Throws a ProviderError `bill_unreadable`.
 */
export function parseBill(text: string, day: string): BillLine[] {
  const comments = text.split(/\r?\n/).filter((line) => line.startsWith('#'));
  insistOnDay(comments, day);
  const rows = cellsOf(text).map((cells, index) => readLine(cells, index + 1));
  for (const kind of ['payment', 'refund'] as const) {
    const ofKind = rows.filter(({ line }) => line.kind === kind);
    const stated = statedTotal(comments, kind);
    const receivedFen = sumFen(ofKind.map((row) => row.receivedFen));
    if (ofKind.length !== stated.count || receivedFen !== stated.receivedFen)
      throw unreadable(
        `it states ${stated.count} lines of ${kind} with ${stated.receivedFen} fen and has ${ofKind.length} with ${receivedFen}`,
      );
  }
  return rows.map(({ line }) => line);
}

function cellsOf(text: string): Cells[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, {
      columns: (names: string[]) => names.map((name) => name.trim().replace('（', '(').replace('）', ')')),
      comment: '#',
      comment_no_infix: true,
      // A name of goods may begin with a quotation mark that is its own.
      relax_quotes: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw unreadable((error as Error).message, error);
  }
  return rows.map((row, index) => {
    const cells = Object.entries(COLUMN).map(([name, column]) => {
      const cell = row[column];
      if (cell === undefined) throw unreadable(`line ${index + 1} has no ${column}`);
      return [name, cell.trim()] as const;
    });
    return Object.fromEntries(cells) as Cells;
  });
}

/** A line, and with its sign what the merchant received by it, which is what Alipay sums up. */
function readLine(cells: Cells, lineNo: number): { line: BillLine; receivedFen: Fen } {
  try {
    const kind = KINDS.get(cells.kind);
    if (!kind) throw new RangeError(`not a kind of business: ${cells.kind}`);
    const sign = kind === 'payment' ? 1n : -1n;
    const amountFen = sign * parseYuan(cells.orderAmount);
    const at = parseBeijing(cells.finishedAt);
    if (amountFen < 0n) throw new RangeError(`the sign of ${cells.orderAmount} is not that of a ${kind}`);
    if (!at || cells.outTradeNo === '' || cells.providerTradeNo === '')
      throw new RangeError('a cell is empty');
    const line: BillLine = {
      kind,
      outTradeNo: cells.outTradeNo,
      providerTradeNo: cells.providerTradeNo,
      refundNo: kind === 'refund' && cells.refundNo !== '' ? cells.refundNo : null,
      amountFen,
      feeFen: -parseYuan(cells.fee),
      at,
    };
    return { line, receivedFen: parseYuan(cells.merchantReceived) };
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(`line ${lineNo}: ${error.message}`, error);
    throw error;
  }
}

const TOTALS: Record<BillLine['kind'], RegExp> = {
  payment: /^#交易合计：(\d+)笔，商家实收共(-?\d+\.\d\d)元/,
  refund: /^#退款合计：(\d+)笔，商家实收退款共(-?\d+\.\d\d)元/,
};

function statedTotal(
  comments: readonly string[],
  kind: BillLine['kind'],
): { count: number; receivedFen: Fen } {
  // The last one: a name of goods with a line break could make another.
  const match = comments.map((comment) => TOTALS[kind].exec(comment)).findLast((found) => found !== null);
  if (match) return { count: Number(match[1]), receivedFen: parseYuan(match[2] as string) };
  throw unreadable(`the total of ${kind} lines is missing at its end`);
}

/** `#起始日期：[2026年11月11日 00:00:00]   终止日期：[…]` */
function insistOnDay(comments: readonly string[], day: string): void {
  const begin = comments.find((comment) => comment.startsWith('#起始日期'));
  const [year, month, date] = day.split('-');
  if (!begin?.includes(`[${year}年${month}月${date}日 `)) throw unreadable(`it is not the bill of ${day}`);
}
