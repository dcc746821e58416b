import { join } from 'node:path';
import { Hono } from 'hono';
import type { AlipaySettings } from '../config.ts';
import { Journal } from '../journal.ts';
import { type BookEntry, Books } from './books.ts';
import { createCashier } from './cashier.ts';
import { createControl } from './control.ts';
import { Desk } from './desk.ts';
import { Faults } from './faults.ts';
import { createGateway } from './gateway.ts';
import { type NoticeEntry, Notifier } from './notifier.ts';
import { stateOf, type Trade } from './trade.ts';
import { loadKeys, yuan } from './wire.ts';

export interface AlipaySandbox {
  /** Mounted at `/alipay`. */
  pages: Hono;
  /** Mounted at `/control/alipay`. */
  control: Hono;
  /** The latest trades as rows of the index page. */
  recent(
    count: number,
  ): { outTradeNo: string; subject: string; amount: string; status: string; path: string }[];
  close(): Promise<void>;
}

interface Settings extends AlipaySettings {
  dataDir: string;
  clockMultiplier: number;
  publicUrl: () => string;
}

/** How often unpaid trades are looked at for `time_expire`. */
const EXPIRY_INTERVAL_MS = 500;

/** Opens the provider's books and takes up its work where it ended. */
export async function openAlipay(settings: Settings): Promise<AlipaySandbox> {
  const { appId, sellerId, publicUrl, clockMultiplier } = settings;
  const keys = loadKeys(settings);
  const faults = new Faults();
  const closing = new AbortController();
  const append = (entry: BookEntry | NoticeEntry): Promise<void> => journal.append(entry);
  const books = new Books(append);
  const notifier = new Notifier({ keys, faults, clockMultiplier, append });
  const journal = await Journal.open<BookEntry | NoticeEntry>(
    join(settings.dataDir, 'alipay.jsonl'),
    (entry) => {
      if (entry.e === 'notice' || entry.e === 'attempt' || entry.e === 'notice_state') notifier.apply(entry);
      else books.apply(entry);
    },
  );
  const app = { appId, sellerId };
  const desk = new Desk({ books, notifier, faults, app });
  const context = { books, desk, faults, notifier, keys, app, appId, publicUrl, closing: closing.signal };
  await notifier.resume();
  await desk.release();
  const expiry = setInterval(() => void desk.closeExpired(), EXPIRY_INTERVAL_MS).unref();
  return {
    pages: new Hono().route('/', createGateway(context)).route('/', createCashier(context)),
    control: createControl(context),
    recent: (count) => latest(books, count).map(row),
    close: async () => {
      clearInterval(expiry);
      closing.abort();
      notifier.close();
      await journal.close();
    },
  };
}

function latest(books: Books, count: number): Trade[] {
  return [...books.all()].slice(-count).reverse();
}

function row(trade: Trade): ReturnType<AlipaySandbox['recent']>[number] {
  return {
    outTradeNo: trade.outTradeNo,
    subject: trade.subject,
    amount: yuan(trade.totalFen),
    status: stateOf(trade),
    path: `/alipay/cashier/${trade.token}`,
  };
}
