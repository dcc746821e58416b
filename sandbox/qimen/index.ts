import { join } from 'node:path';
import { Journal } from '../shared/journal.ts';
import { isNoticeEntry, type NoticeEntry, Notifier } from '../shared/notifier.ts';
import type { ProviderSettings, SandboxProvider } from '../shared/provider.ts';
import { type BookEntry, Books } from './books.ts';
import { Clock } from './clock.ts';
import { createControl } from './control.ts';
import { Desk } from './desk.ts';
import { QimenFaults } from './faults.ts';
import { createGateway } from './gateway.ts';
import { type NoticeContent, sendable } from './notices.ts';
import { createPages } from './pages.ts';
import { readXml } from './xml.ts';

export interface QimenSettings {
  appKey: string;
  customerId: string;
  /** Signs what either side says. */
  secret: string;
  /** Where the owner's system is told. */
  notifyUrl: string;
  /** The codes that the warehouse system knows; the control API adds warehouses. */
  owners: string[];
  warehouses: string[];
  /** Whether delivery orders move by themselves, and how long each stage lasts, before the clock multiplier. */
  autoAdvance?: boolean;
  stageMs?: number;
}

const DEFAULT_STAGE_MS = 2000;

/** Waits between the attempts at telling: 1m 5m 15m 1h 6h. */
const SCHEDULE_MS = [1, 5, 15, 60, 360].map((minutes) => minutes * 60_000);
const ANSWER_TIMEOUT_MS = 8000;

type Entry = BookEntry | NoticeEntry<NoticeContent>;

/** Opens the warehouse's books and takes up its work where it ended. */
export async function openQimen(settings: QimenSettings & ProviderSettings): Promise<SandboxProvider> {
  const { appKey, customerId, secret, notifyUrl, owners, warehouses, clockMultiplier } = settings;
  const { autoAdvance = true, stageMs = DEFAULT_STAGE_MS } = settings;
  const connection = { appKey, customerId, secret };
  const faults = new QimenFaults();
  const closing = new AbortController();
  const append = (entry: Entry): Promise<void> => journal.append(entry);
  const books = new Books(warehouses, append);
  const notifier = new Notifier<NoticeContent>({
    faults,
    clockMultiplier,
    append,
    scheduleMs: SCHEDULE_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    compose: (notice, atMs, forged) => sendable(notice, connection, atMs, forged),
    accepts: (status, body) => status === 200 && saysSuccess(body),
  });
  const journal = await Journal.open<Entry>(join(settings.dataDir, 'qimen.jsonl'), (entry) => {
    if (!isNoticeEntry(entry)) books.apply(entry as BookEntry);
    else notifier.apply(entry as NoticeEntry<NoticeContent>);
  });
  const desk = new Desk({ books, faults, notifier, notifyUrl });
  const clock = new Clock({ books, desk, faults, clockMultiplier, pace: { autoAdvance, stageMs } });
  desk.onChange = (order) => clock.schedule(order);
  const context = { books, desk, clock, faults, notifier, connection, owners };
  await notifier.resume();
  clock.resume();
  return {
    title: '仓库 WMS · Qimen',
    pages: createPages(context).route('/', createGateway({ ...context, closing: closing.signal })),
    control: createControl(context),
    close: async () => {
      closing.abort();
      clock.end();
      notifier.close();
      await journal.close();
    },
  };
}

function saysSuccess(body: string): boolean {
  try {
    const response = readXml(body, 'response');
    return typeof response === 'object' && response.flag === 'success';
  } catch {
    return false;
  }
}
