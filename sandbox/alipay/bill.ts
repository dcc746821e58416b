import iconv from 'iconv-lite';
import { BUYER, type Trade } from './trade.ts';
import { beijing, yuan } from './wire.ts';

/** A line of the bill. Amounts are fen, with the signs that Alipay gives them: refunds and taken fees are negative. */
export interface BillRow {
  tradeNo: string;
  outTradeNo: string;
  kind: '交易' | '退款';
  subject: string;
  createdMs: number;
  finishedMs: number;
  fen: number;
  outRequestNo: string;
  feeFen: number;
}

/** What Alipay keeps of a payment: 0.60 %, rounded half up. */
const FEE_BASIS_POINTS = 60;

function feeOf(fen: number): number {
  return Math.floor((fen * FEE_BASIS_POINTS + 5_000) / 10_000);
}

/** The rows of all trades that a Beijing day, `2026-11-11`, has: by the times of payment and of refund. */
export function rowsOf(trades: Iterable<Trade>, day: string): BillRow[] {
  const ofDay = [...trades].flatMap(rowsOfTrade).filter((row) => beijing(row.finishedMs).startsWith(day));
  return ofDay.sort((a, b) => a.finishedMs - b.finishedMs);
}

/** A trade's payment and its refunds, in the order in which they were done; together they return the whole fee at most. */
function rowsOfTrade({ paid, opened, outTradeNo, subject, createdMs, refunds }: Trade): BillRow[] {
  if (!paid) return [];
  const common = {
    tradeNo: opened?.tradeNo ?? '',
    outTradeNo,
    subject,
    createdMs: opened?.atMs ?? createdMs,
  };
  const feeFen = feeOf(paid.fen);
  const rows: BillRow[] = [
    { ...common, kind: '交易', finishedMs: paid.atMs, fen: paid.fen, outRequestNo: '', feeFen: -feeFen },
  ];
  const done = refunds.flatMap((refund) =>
    refund.doneMs === null ? [] : [{ ...refund, doneMs: refund.doneMs }],
  );
  let refundedFen = 0;
  for (const { fen, doneMs, outRequestNo } of done.sort((a, b) => a.doneMs - b.doneMs)) {
    const before = share(feeFen, refundedFen, paid.fen);
    refundedFen += fen;
    const returnedFen = share(feeFen, refundedFen, paid.fen) - before;
    rows.push({ ...common, kind: '退款', finishedMs: doneMs, fen: -fen, outRequestNo, feeFen: returnedFen });
  }
  return rows;
}

/** `wholeFen` · `partFen` / `totalFen`, rounded down; the product passes what a number holds exactly. */
function share(wholeFen: number, partFen: number, totalFen: number): number {
  return Number((BigInt(wholeFen) * BigInt(partFen)) / BigInt(totalFen));
}

/** Alters one row: the bill lacks it, has another beside it that nobody knows, or states one fen more. */
export function discrepant(
  rows: readonly BillRow[],
  index: number,
  kind: 'missing' | 'extra' | 'amount',
): BillRow[] {
  const row = rows[index];
  if (!row) return [...rows];
  const unknown = { ...row, outTradeNo: `${row.outTradeNo}X`, tradeNo: [...row.tradeNo].reverse().join('') };
  const altered = {
    missing: [],
    extra: [row, unknown],
    amount: [{ ...row, fen: row.fen + Math.sign(row.fen) }],
  };
  return rows.toSpliced(index, 1, ...altered[kind]);
}

const HEADER =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额(元),商家实收(元),支付宝红包(元),集分宝(元),支付宝优惠(元),商家优惠(元),券核销金额(元),券名称,商家红包消费金额(元),卡消费金额(元),退款批次号/请求号,服务费(元),分润(元),备注';
const SUMMARY_HEADER =
  '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额(元),商家实收(元),支付宝优惠(元),商家优惠(元),卡消费金额(元),服务费(元),分润(元),实收净额(元)';

/** `…_业务明细.csv`: the rows, and in the comments at its end what they add up to. GBK, with CRLF. */
export function detailFile(rows: readonly BillRow[], account: string, day: string): Buffer {
  const totals = (['交易', '退款'] as const).map((kind) => {
    const ofKind = rows.filter((row) => row.kind === kind);
    const word = kind === '退款' ? '退款' : '';
    return `#${kind}合计：${ofKind.length}笔，商家实收${word}共${signed(sum(ofKind, 'fen'))}元，商家优惠${word}共0.00元`;
  });
  const list = [HEADER, ...rows.map(rowText)];
  return file('业务明细', account, day, list, totals);
}

/** `…_业务明细(汇总).csv`: one row, for there are no branches. */
export function summaryFile(rows: readonly BillRow[], account: string, day: string): Buffer {
  const paid = rows.filter((row) => row.kind === '交易').length;
  const [fen, feeFen] = [signed(sum(rows, 'fen')), signed(sum(rows, 'feeFen'))];
  const net = signed(sum(rows, 'fen') + sum(rows, 'feeFen'));
  const total = `合计,,${paid},${rows.length - paid},${fen},${fen},0.00,0.00,0.00,${feeFen},0.00,${net}`;
  return file('业务汇总', account, day, [SUMMARY_HEADER, total], []);
}

function file(title: string, account: string, day: string, list: string[], totals: string[]): Buffer {
  const dayMs = Date.parse(`${day}T00:00:00+08:00`);
  const line = '-----------------------------------------';
  const lines = [
    `#支付宝${title}查询`,
    `#账号：[${account}]`,
    `#起始日期：[${long(dayMs)}]   终止日期：[${long(dayMs + 24 * 3600_000)}]`,
    `#${line}${title}列表${line}`,
    ...list,
    `#${line}${title}列表结束${line}`,
    ...totals,
    `#导出时间：[${long(Date.now())}]`,
  ];
  return iconv.encode(`${lines.join('\r\n')}\r\n`, 'gbk');
}

/** Long numbers end with a tab, so that spreadsheets leave them alone. */
function rowText(row: BillRow): string {
  const [amount, nothing] = [signed(row.fen), '0.00'];
  const cells = [
    ...[`${row.tradeNo}\t`, `${row.outTradeNo}\t`, `${row.kind}\t`, quoted(row.subject)],
    ...[beijing(row.createdMs), beijing(row.finishedMs), '\t', '\t', '\t', '\t', BUYER.logonId],
    ...[amount, amount, nothing, nothing, nothing, nothing, nothing, '', `${nothing}\t`, nothing],
    ...[`${row.outRequestNo}\t`, signed(row.feeFen), nothing, ''],
  ];
  return cells.join(',');
}

function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}

function sum(rows: readonly BillRow[], field: 'fen' | 'feeFen'): number {
  return rows.reduce((total, row) => total + row[field], 0);
}

function signed(fen: number): string {
  return `${fen < 0 ? '-' : ''}${yuan(Math.abs(fen))}`;
}

/** `2026年11月11日 00:00:00`, in Beijing. */
function long(atMs: number): string {
  return beijing(atMs).replace(/^(\d+)-(\d+)-(\d+)/, '$1年$2月$3日');
}
