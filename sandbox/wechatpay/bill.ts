import { createHash, randomUUID } from 'node:crypto';
import type { Books } from './books.ts';
import type { WechatpayFaults } from './faults.ts';
import type { App } from './fields.ts';
import { BUYER_OPENID, FEE_RATE_TEXT, feeOf, type Refund, type Trade } from './trade.ts';
import { beijing, beijingDay, yuan } from './wire.ts';

const HEADER =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const SUMMARY_HEADER =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

/** A line of the bill: a payment, or a refund that reached the buyer. */
interface Line {
  outTradeNo: string;
  tradeNo: string;
  trade: Trade;
  refund: Refund | null;
  atMs: number;
  fen: number;
  feeFen: number;
}

/** How long a download address is good, as at WeChat Pay. */
const ADDRESS_LASTS_MS = 5 * 60_000;

/** The files of bills that were asked for, by the token of their address. */
export class BillFiles {
  readonly #files = new Map<string, { text: string; madeMs: number }>();

  /** Makes the bill of a Beijing day; answers the token of its address and the SHA-1 of the file. */
  make(
    day: string,
    { books, faults, app }: { books: Books; faults: WechatpayFaults; app: App },
  ): { token: string; sha1: string } {
    for (const [token, { madeMs }] of this.#files)
      if (madeMs < Date.now() - ADDRESS_LASTS_MS) this.#files.delete(token);
    const lines = discrepant(linesOf(day, books), faults);
    const text = `\uFEFF${[HEADER, ...lines.map((line) => row(line, app)), SUMMARY_HEADER, summary(lines)].join('\r\n')}\r\n`;
    const token = randomUUID();
    this.#files.set(token, { text, madeMs: Date.now() });
    return { token, sha1: createHash('sha1').update(text, 'utf8').digest('hex') };
  }

  read(token: string): string | undefined {
    return this.#files.get(token)?.text;
  }
}

/** What was paid and what reached the buyer on that day, by time. */
function linesOf(day: string, books: Books): Line[] {
  const lines: Line[] = [];
  for (const trade of books.all()) {
    if (!trade.paid) continue;
    const { tradeNo, fen, atMs } = trade.paid;
    const common = { outTradeNo: trade.outTradeNo, tradeNo, trade };
    lines.push({ ...common, refund: null, atMs, fen, feeFen: feeOf(fen) });
    for (const refund of trade.refunds) {
      if (refund.done?.status !== 'SUCCESS') continue;
      lines.push({ ...common, refund, atMs: refund.done.atMs, fen: refund.fen, feeFen: -refund.feeFen });
    }
  }
  return lines.filter(({ atMs }) => beijingDay(atMs) === day).sort((a, b) => a.atMs - b.atMs);
}

/** The lines with the first one that a fault strikes left out, doubled as a stranger's, or of another sum. */
function discrepant(lines: readonly Line[], faults: WechatpayFaults): Line[] {
  for (const [index, line] of lines.entries()) {
    const kind = faults.take('billDiscrepancy', line.outTradeNo);
    if (!kind) continue;
    const stranger = { ...line, outTradeNo: `EXTRA${line.outTradeNo}`.slice(0, 32) };
    const altered = { missing: [], extra: [line, stranger], amount: [{ ...line, fen: line.fen + 1 }] };
    return lines.toSpliced(index, 1, ...altered[kind]);
  }
  return [...lines];
}

/** Fees have five decimals in the provider's files. */
const fee = (fen: number): string => `${yuan(fen)}000`;

const cells = (values: readonly string[]): string => values.map((value) => `\`${value}`).join(',');

function row(line: Line, { appId, mchId }: App): string {
  const { trade, refund } = line;
  const paidYuan = yuan(refund ? 0 : line.fen);
  const refundYuan = yuan(refund ? line.fen : 0);
  return cells([
    beijing(line.atMs),
    appId,
    mchId,
    '0',
    '',
    line.tradeNo,
    line.outTradeNo,
    trade.openid ?? BUYER_OPENID,
    trade.kind.toUpperCase(),
    refund ? 'REFUND' : 'SUCCESS',
    'OTHERS',
    'CNY',
    paidYuan,
    '0.00',
    refund?.refundId ?? '0',
    refund?.refundNo ?? '0',
    refundYuan,
    '0.00',
    refund ? 'ORIGINAL' : '',
    refund ? 'SUCCESS' : '',
    // The file knows no escape: what would end a cell or a line is left out.
    trade.description.replace(/[`\r\n]/g, ' '),
    '',
    fee(line.feeFen),
    FEE_RATE_TEXT,
    paidYuan,
    refundYuan,
    '',
  ]);
}

function summary(lines: readonly Line[]): string {
  const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0);
  const paid = yuan(sum(({ refund, fen }) => (refund ? 0 : fen)));
  const refunded = yuan(sum(({ refund, fen }) => (refund ? fen : 0)));
  return cells([
    String(lines.length),
    paid,
    refunded,
    '0.00',
    fee(sum(({ feeFen }) => feeFen)),
    paid,
    refunded,
  ]);
}
