import { join } from 'node:path';
import type { StripeSettings } from '../config.ts';
import { Journal } from '../shared/journal.ts';
import { isNoticeEntry, type NoticeEntry, Notifier } from '../shared/notifier.ts';
import type { ProviderSettings, SandboxProvider, TradeRow } from '../shared/provider.ts';
import { createApi, type Keys } from './api.ts';
import { type BookEntry, Books } from './books.ts';
import { createCashier } from './cashier.ts';
import { createControl } from './control.ts';
import { Desk } from './desk.ts';
import { ANSWER_TIMEOUT_MS, compose, type EventContent, RETRY_MS } from './events.ts';
import { StripeFaults } from './faults.ts';
import { type AnswerEntry, Idempotency } from './idempotency.ts';
import { type Intent, statusOf, tradeNameOf } from './intent.ts';

type Entry = BookEntry | AnswerEntry | NoticeEntry<EventContent>;

/** Opens Stripe's books of one account and takes up its work where it ended. */
export async function openStripe(settings: StripeSettings & ProviderSettings): Promise<SandboxProvider> {
  const { secretKey, publishableKey, webhookSecret, webhookUrl, clockMultiplier, publicUrl } = settings;
  const keys: Keys = { secretKey, publishableKey, webhookSecret };
  const faults = new StripeFaults();
  const closing = new AbortController();
  let written: Promise<void> = Promise.resolve();
  const append = (entry: Entry): Promise<void> => {
    written = journal.append(entry);
    return written;
  };
  // The journal writes in order: when the latest entry is on file, so are all before it.
  const onFile = (): Promise<void> => written;
  const books = new Books(append);
  const idempotency = new Idempotency(append);
  const notifier = new Notifier<EventContent>({
    faults,
    clockMultiplier,
    append,
    scheduleMs: RETRY_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    compose: compose(() => keys.webhookSecret),
    accepts: (status) => status >= 200 && status < 300,
  });
  const journal = await Journal.open<Entry>(join(settings.dataDir, 'stripe.jsonl'), (entry) => {
    if (entry.e === 'answer') idempotency.apply(entry);
    else if (isNoticeEntry(entry)) notifier.apply(entry as NoticeEntry<EventContent>);
    else books.apply(entry as BookEntry);
  });
  const desk = new Desk({ books, notifier, faults, webhookUrl });
  const context = {
    books,
    desk,
    faults,
    notifier,
    keys,
    idempotency,
    onFile,
    publicUrl,
    closing: closing.signal,
  };
  await notifier.resume();
  await desk.release();
  return {
    title: '银行卡 Stripe',
    pages: createCashier(context),
    root: createApi(context),
    control: createControl(context),
    recent: (count) => [...books.all()].slice(-count).reverse().map(row),
    close: async () => {
      closing.abort();
      notifier.close();
      await journal.close();
    },
  };
}

function row(intent: Intent): TradeRow {
  return {
    outTradeNo: tradeNameOf(intent),
    subject: intent.description ?? '',
    amount: (intent.amountFen / 100).toFixed(2),
    status: statusOf(intent),
    path: `/stripe/pay/${intent.clientSecret}`,
    createdMs: intent.createdMs,
  };
}
