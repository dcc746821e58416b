import { join } from 'node:path';
import { Hono } from 'hono';
import type { AlipaySettings } from '../config.ts';
import { Journal } from '../shared/journal.ts';
import { isNoticeEntry, type NoticeEntry, Notifier } from '../shared/notifier.ts';
import type { ProviderSettings, SandboxProvider, TradeRow } from '../shared/provider.ts';
import { BillDesk } from './bill-desk.ts';
import { type BookEntry, Books } from './books.ts';
import { createCashier } from './cashier.ts';
import { createControl } from './control.ts';
import { Desk } from './desk.ts';
import { AlipayFaults } from './faults.ts';
import { createGateway } from './gateway.ts';
import { accepts, composer, type NoticeParams, RETRIES } from './notices.ts';
import { stateOf, type Trade } from './trade.ts';
import { loadKeys, yuan } from './wire.ts';

/** How often unpaid trades are looked at for `time_expire`. */
const EXPIRY_INTERVAL_MS = 500;

type Entry = BookEntry | NoticeEntry<NoticeParams>;

/** Opens the provider's books and takes up its work where it ended. */
export async function openAlipay(settings: AlipaySettings & ProviderSettings): Promise<SandboxProvider> {
  const { appId, sellerId, publicUrl, clockMultiplier } = settings;
  const app = { appId, sellerId };
  const keys = loadKeys(settings);
  const faults = new AlipayFaults();
  const closing = new AbortController();
  const append = (entry: Entry): Promise<void> => journal.append(entry);
  const books = new Books(append);
  const notifier = new Notifier<NoticeParams>({
    ...RETRIES,
    faults,
    clockMultiplier,
    append,
    compose: composer(keys),
    accepts,
  });
  const journal = await Journal.open<Entry>(join(settings.dataDir, 'alipay.jsonl'), (entry) => {
    if (isNoticeEntry(entry)) notifier.apply(entry as NoticeEntry<NoticeParams>);
    else books.apply(entry as BookEntry);
  });
  const desk = new Desk({ books, notifier, faults, app });
  const bills = new BillDesk({ books, faults, app });
  const context = { books, desk, bills, faults, notifier, keys, app, publicUrl, closing: closing.signal };
  await notifier.resume();
  await desk.release();
  const expiry = setInterval(() => void desk.closeExpired(), EXPIRY_INTERVAL_MS).unref();
  return {
    title: '支付宝 Alipay',
    pages: new Hono().route('/', createGateway(context)).route('/', createCashier(context)),
    control: createControl(context),
    recent: (count) => [...books.all()].slice(-count).map(row),
    close: async () => {
      clearInterval(expiry);
      closing.abort();
      notifier.close();
      await journal.close();
    },
  };
}

function row(trade: Trade): TradeRow {
  return {
    outTradeNo: trade.outTradeNo,
    subject: trade.subject,
    amount: yuan(trade.totalFen),
    status: stateOf(trade),
    path: `/alipay/cashier/${trade.token}`,
    createdMs: trade.createdMs,
  };
}
