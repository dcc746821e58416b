import type { Faults } from './faults.ts';

export interface Attempt {
  atMs: number;
  /** HTTP status, or null when nobody answered. */
  status: number | null;
  body: string;
  accepted: boolean;
}

/** One event told to the merchant, with every attempt at telling it: the delivery log. */
export interface Notice<Content> {
  /** The provider's id of the event, the same at every attempt. */
  notifyId: string;
  outTradeNo: string;
  url: string;
  content: Content;
  createdMs: number;
  state: 'pending' | 'held' | 'dropped' | 'delivered' | 'exhausted';
  attempts: Attempt[];
  /** Attempts that count for the retry schedule; duplicates and manual ones do not. */
  scheduledAttempts: number;
  nextMs: number | null;
}

export type NoticeEntry<Content> =
  | { e: 'notice'; notice: Notice<Content> }
  | { e: 'attempt'; notifyId: string; attempt: Attempt }
  | {
      e: 'notice_state';
      notifyId: string;
      state: Notice<Content>['state'];
      scheduledAttempts: number;
      nextMs: number | null;
    };

export function isNoticeEntry(entry: { e: string }): boolean {
  return entry.e === 'notice' || entry.e === 'attempt' || entry.e === 'notice_state';
}

interface NotifierSettings<Content> {
  faults: Pick<Faults, 'take'>;
  clockMultiplier: number;
  append: (entry: NoticeEntry<Content>) => Promise<void>;
  /** Waits between the scheduled attempts, before the clock multiplier. */
  scheduleMs: readonly number[];
  /** How long the provider waits for the merchant's answer. */
  answerTimeoutMs: number;
  /** One delivery as it goes over the wire, signed now (where the signature is in the address, with that); `forged` asks for a well-formed signature over something else. */
  compose: (
    notice: Notice<Content>,
    atMs: number,
    forged: boolean,
  ) => { url?: string; headers: Record<string, string>; body: string };
  /** Whether the merchant's answer ends the telling. */
  accepts: (status: number, body: string) => boolean;
}

/**
 * Tells the merchant until it accepts: at once, then by the provider's schedule, always under the same id. What is due
 * survives a restart.
 */
export class Notifier<Content> {
  readonly #notices = new Map<string, Notice<Content>>();
  readonly #byTrade = new Map<string, Notice<Content>[]>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #closing = new AbortController();
  readonly #settings: NotifierSettings<Content>;

  constructor(settings: NotifierSettings<Content>) {
    this.#settings = settings;
  }

  /** The delivery log of a trade, oldest first. */
  of(outTradeNo: string): readonly Notice<Content>[] {
    return this.#byTrade.get(outTradeNo) ?? [];
  }

  apply(entry: NoticeEntry<Content>): void {
    if (entry.e === 'notice') {
      this.#notices.set(entry.notice.notifyId, entry.notice);
      const ofTrade = this.#byTrade.get(entry.notice.outTradeNo);
      if (ofTrade) ofTrade.push(entry.notice);
      else this.#byTrade.set(entry.notice.outTradeNo, [entry.notice]);
      return;
    }
    const notice = this.#notices.get(entry.notifyId);
    if (!notice) throw new Error(`The journal speaks of notification ${entry.notifyId} before it was made.`);
    if (entry.e === 'attempt') notice.attempts.push(entry.attempt);
    else
      Object.assign(notice, {
        state: entry.state,
        scheduledAttempts: entry.scheduledAttempts,
        nextMs: entry.nextMs,
      });
  }

  /** Books a notification; once it is on file it is sent in its own time. */
  tell(event: { notifyId: string; outTradeNo: string; url: string; content: Content }): Promise<void> {
    const { faults } = this.#settings;
    const now = Date.now();
    const notice: Notice<Content> = {
      ...event,
      createdMs: now,
      state: 'pending',
      attempts: [],
      scheduledAttempts: 0,
      nextMs: now,
    };
    if (faults.take('dropNotify', event.outTradeNo))
      Object.assign(notice, { state: 'dropped', nextMs: null });
    else if (faults.take('holdNotify', event.outTradeNo))
      Object.assign(notice, { state: 'held', nextMs: null });
    else notice.nextMs = now + (faults.take('delayNotifyMs', event.outTradeNo) ?? 0);
    return this.#book({ e: 'notice', notice }).then(() => this.#schedule(notice));
  }

  /** Takes up what was due when the process ended; what was held is released. */
  resume(): Promise<void> {
    for (const notice of this.#notices.values()) this.#schedule(notice);
    return this.releaseHeld();
  }

  async releaseHeld(): Promise<void> {
    const held = [...this.#notices.values()].filter((notice) => notice.state === 'held');
    await Promise.all(held.map((notice) => this.#setState(notice, 'pending', Date.now())));
    for (const notice of held) this.#schedule(notice);
  }

  /** Sends the trade's latest notification once more, outside the schedule. Null if there is none. */
  async sendAgain(outTradeNo: string): Promise<Attempt | null> {
    const notice = this.of(outTradeNo).at(-1);
    if (!notice) return null;
    const attempt = await this.#attempt(notice);
    if (attempt.accepted && notice.state !== 'delivered') {
      this.#cancelTimer(notice);
      await this.#setState(notice, 'delivered', null);
    }
    return attempt;
  }

  close(): void {
    this.#closing.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(notice: Notice<Content>): void {
    if (notice.state !== 'pending' || notice.nextMs === null || this.#closing.signal.aborted) return;
    const timer = setTimeout(() => void this.#run(notice), Math.max(0, notice.nextMs - Date.now()));
    this.#cancelTimer(notice);
    this.#timers.set(notice.notifyId, timer);
  }

  #cancelTimer(notice: Notice<Content>): void {
    clearTimeout(this.#timers.get(notice.notifyId));
    this.#timers.delete(notice.notifyId);
  }

  async #run(notice: Notice<Content>): Promise<void> {
    const { faults, scheduleMs, clockMultiplier } = this.#settings;
    this.#timers.delete(notice.notifyId);
    const first = notice.scheduledAttempts === 0;
    const copies = first ? (faults.take('duplicateNotify', notice.outTradeNo) ?? 0) : 0;
    const attempts = await Promise.all(Array.from({ length: 1 + copies }, () => this.#attempt(notice)));
    if (this.#closing.signal.aborted || notice.state !== 'pending') return;
    notice.scheduledAttempts += 1;
    if (attempts.some((attempt) => attempt.accepted)) return this.#setState(notice, 'delivered', null);
    const waitMs = scheduleMs[notice.scheduledAttempts - 1];
    if (waitMs === undefined) return this.#setState(notice, 'exhausted', null);
    await this.#setState(notice, 'pending', Date.now() + waitMs / clockMultiplier);
    this.#schedule(notice);
  }

  async #attempt(notice: Notice<Content>): Promise<Attempt> {
    const attempt = await this.#post(notice);
    if (!this.#closing.signal.aborted) await this.#book({ e: 'attempt', notifyId: notice.notifyId, attempt });
    return attempt;
  }

  async #post(notice: Notice<Content>): Promise<Attempt> {
    const { compose, accepts, faults, answerTimeoutMs } = this.#settings;
    const atMs = Date.now();
    const forged = faults.take('badSignatureNotify', notice.outTradeNo) !== undefined;
    try {
      const { url = notice.url, ...sent } = compose(notice, atMs, forged);
      const response = await fetch(url, {
        method: 'POST',
        ...sent,
        redirect: 'manual',
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      const body = await response.text();
      const { status } = response;
      return { atMs, status, body: body.slice(0, 200), accepted: accepts(status, body) };
    } catch (error) {
      const body = error instanceof Error ? error.message : String(error);
      return { atMs, status: null, body, accepted: false };
    }
  }

  #setState(notice: Notice<Content>, state: Notice<Content>['state'], nextMs: number | null): Promise<void> {
    const { notifyId, scheduledAttempts } = notice;
    return this.#book({ e: 'notice_state', notifyId, state, scheduledAttempts, nextMs });
  }

  #book(entry: NoticeEntry<Content>): Promise<void> {
    this.apply(entry);
    return this.#settings.append(entry);
  }
}
