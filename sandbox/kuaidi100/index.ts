import { join } from 'node:path';
import type { Kuaidi100Settings } from '../config.ts';
import { Journal } from '../shared/journal.ts';
import { isNoticeEntry, type NoticeEntry, Notifier } from '../shared/notifier.ts';
import type { ProviderSettings, SandboxProvider } from '../shared/provider.ts';
import { type BookEntry, Books } from './books.ts';
import { createControl } from './control.ts';
import { Desk } from './desk.ts';
import { Kuaidi100Faults } from './faults.ts';
import { createGateway } from './gateway.ts';
import { createLabelPages } from './label-page.ts';
import { createLabels } from './labels.ts';
import { composePush, isTaken, type PushContent } from './notices.ts';
import { createPages } from './page.ts';
import { isWaybillEntry, WaybillBooks, type WaybillEntry } from './waybill.ts';

/** Three more attempts at telling, 35 minutes apart. */
const SCHEDULE_MS = [35, 35, 35].map((minutes) => minutes * 60_000);
/** How long Kuaidi100 waits for an answer is not published; this is the sandbox's own limit. */
const ANSWER_TIMEOUT_MS = 5000;
/** The time between two events of a parcel, before the clock multiplier. */
const STEP_MS = 2000;

type Entry = BookEntry | WaybillEntry | NoticeEntry<PushContent>;

/** Opens the books of the carriers and of Kuaidi100 and takes up their work where it ended. */
export async function openKuaidi100(
  settings: Kuaidi100Settings & ProviderSettings,
): Promise<SandboxProvider> {
  const { key, customer, secret, accounts, clockMultiplier, publicUrl } = settings;
  const account = { key, customer, secret, accounts };
  const faults = new Kuaidi100Faults();
  const closing = new AbortController();
  const append = (entry: Entry): Promise<void> => journal.append(entry);
  const books = new Books({ autoAdvance: true, stepMs: STEP_MS / clockMultiplier }, append);
  const waybills = new WaybillBooks(append);
  const notifier = new Notifier<PushContent>({
    faults,
    clockMultiplier,
    append,
    scheduleMs: SCHEDULE_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    compose: ({ content }, _atMs, forged) => composePush(content, forged),
    accepts: isTaken,
  });
  const journal = await Journal.open<Entry>(join(settings.dataDir, 'kuaidi100.jsonl'), (entry) => {
    if (isNoticeEntry(entry)) notifier.apply(entry as NoticeEntry<PushContent>);
    else if (isWaybillEntry(entry)) waybills.apply(entry);
    else books.apply(entry as BookEntry);
  });
  const desk = new Desk({ books, waybills, notifier, faults });
  const context = { books, waybills, desk, faults, notifier, account, publicUrl, closing: closing.signal };
  await notifier.resume();
  desk.resume();
  await desk.release();
  return {
    title: '快递 Carrier · Kuaidi100',
    pages: createGateway(context)
      .route('/', createLabels(context))
      .route('/', createPages(books, waybills))
      .route('/', createLabelPages(waybills)),
    control: createControl(context),
    close: async () => {
      closing.abort();
      desk.end();
      notifier.close();
      await journal.close();
    },
  };
}
