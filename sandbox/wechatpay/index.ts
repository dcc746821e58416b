import { join } from 'node:path';
import type { WechatpaySettings } from '../config.ts';
import { Journal } from '../shared/journal.ts';
import { isNoticeEntry, type NoticeEntry, Notifier } from '../shared/notifier.ts';
import type { ProviderSettings, SandboxProvider, TradeRow } from '../shared/provider.ts';
import { BillFiles } from './bill.ts';
import { type BookEntry, Books } from './books.ts';
import { createCashier } from './cashier.ts';
import { cashierPath, createControl } from './control.ts';
import { Desk } from './desk.ts';
import { WechatpayFaults } from './faults.ts';
import { createGateway } from './gateway.ts';
import { composeNotice, type NoticeContent } from './notices.ts';
import { stateOf, type Trade } from './trade.ts';
import { loadKeys, yuan } from './wire.ts';

/** How often unpaid trades are looked at for `time_expire`. */
const EXPIRY_INTERVAL_MS = 500;

/** Waits between the attempts at telling: 15s 15s 30s 3m 10m 20m 30m 30m 30m 60m 3h 3h 3h 6h 6h. */
const SCHEDULE_MS = [
  15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
].map((seconds) => seconds * 1000);
const ANSWER_TIMEOUT_MS = 5000;

type Entry = BookEntry | NoticeEntry<NoticeContent>;

/** Opens the provider's books and takes up its work where it ended. */
export async function openWechatpay(
  settings: WechatpaySettings & ProviderSettings,
): Promise<SandboxProvider> {
  const { appId, mchId, publicUrl, clockMultiplier } = settings;
  const keys = loadKeys(settings);
  const faults = new WechatpayFaults();
  const closing = new AbortController();
  const append = (entry: Entry): Promise<void> => journal.append(entry);
  const books = new Books(append);
  const notifier = new Notifier<NoticeContent>({
    faults,
    clockMultiplier,
    append,
    scheduleMs: SCHEDULE_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    compose: ({ notifyId, content }, atMs, forged) =>
      composeNotice(notifyId, content, keys, { atMs, forged }),
    accepts: (status) => status === 200 || status === 204,
  });
  const journal = await Journal.open<Entry>(join(settings.dataDir, 'wechatpay.jsonl'), (entry) => {
    if (isNoticeEntry(entry)) notifier.apply(entry as NoticeEntry<NoticeContent>);
    else books.apply(entry as BookEntry);
  });
  const app = { appId, mchId };
  const desk = new Desk({ books, notifier, faults, app, clockMultiplier });
  const bills = new BillFiles();
  const context = { books, bills, desk, faults, notifier, keys, app, publicUrl, closing: closing.signal };
  await notifier.resume();
  desk.resume();
  await desk.release();
  const expiry = setInterval(() => void desk.closeExpired(), EXPIRY_INTERVAL_MS).unref();
  return {
    title: '微信支付 WeChat Pay',
    pages: createCashier(context),
    root: createGateway(context),
    control: createControl(context),
    recent: (count) => [...books.all()].slice(-count).reverse().map(row),
    close: async () => {
      clearInterval(expiry);
      closing.abort();
      desk.end();
      notifier.close();
      await journal.close();
    },
  };
}

function row(trade: Trade): TradeRow {
  return {
    outTradeNo: trade.outTradeNo,
    subject: trade.description,
    amount: yuan(trade.totalFen),
    status: stateOf(trade),
    path: cashierPath(trade),
    createdMs: trade.createdMs,
  };
}
