import type { Faults } from './faults.ts';
import { type Attempt, type Notice, newNotice, RETRY_MINUTES } from './notices.ts';
import type { Trade } from './trade.ts';
import { beijing, type Keys, signedForm } from './wire.ts';

export type NoticeEntry =
  | { e: 'notice'; notice: Notice }
  | { e: 'attempt'; notifyId: string; attempt: Attempt }
  | {
      e: 'notice_state';
      notifyId: string;
      state: Notice['state'];
      scheduledAttempts: number;
      nextMs: number | null;
    };

/** The longest that the provider waits for the merchant's answer. */
const ANSWER_TIMEOUT_MS = 5000;

interface NotifierSettings {
  keys: Keys;
  faults: Faults;
  clockMultiplier: number;
  append: (entry: NoticeEntry) => Promise<void>;
}

/**
 * Tells the merchant until it answers exactly `success`: at once, then by the schedule, always under the same
 * `notify_id`. What is due survives a restart.
 */
export class Notifier {
  readonly #notices = new Map<string, Notice>();
  readonly #byTrade = new Map<string, Notice[]>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #closing = new AbortController();
  readonly #settings: NotifierSettings;

  constructor(settings: NotifierSettings) {
    this.#settings = settings;
  }

  /** The delivery log of a trade, oldest first. */
  of(outTradeNo: string): readonly Notice[] {
    return this.#byTrade.get(outTradeNo) ?? [];
  }

  apply(entry: NoticeEntry): void {
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
  tell(trade: Trade, params: Record<string, string>): Promise<void> {
    if (!trade.notifyUrl) return Promise.resolve();
    const { faults } = this.#settings;
    const notice = newNotice(trade, trade.notifyUrl, params);
    if (faults.take('dropNotify', trade.outTradeNo))
      Object.assign(notice, { state: 'dropped', nextMs: null });
    else if (faults.take('holdNotify', trade.outTradeNo))
      Object.assign(notice, { state: 'held', nextMs: null });
    else notice.nextMs = notice.createdMs + (faults.take('delayNotifyMs', trade.outTradeNo) ?? 0);
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

  #schedule(notice: Notice): void {
    if (notice.state !== 'pending' || notice.nextMs === null || this.#closing.signal.aborted) return;
    const timer = setTimeout(() => void this.#run(notice), Math.max(0, notice.nextMs - Date.now()));
    this.#cancelTimer(notice);
    this.#timers.set(notice.notifyId, timer);
  }

  #cancelTimer(notice: Notice): void {
    clearTimeout(this.#timers.get(notice.notifyId));
    this.#timers.delete(notice.notifyId);
  }

  async #run(notice: Notice): Promise<void> {
    this.#timers.delete(notice.notifyId);
    const first = notice.scheduledAttempts === 0;
    const copies = first ? (this.#settings.faults.take('duplicateNotify', notice.outTradeNo) ?? 0) : 0;
    const attempts = await Promise.all(Array.from({ length: 1 + copies }, () => this.#attempt(notice)));
    if (this.#closing.signal.aborted || notice.state !== 'pending') return;
    notice.scheduledAttempts += 1;
    if (attempts.some((attempt) => attempt.accepted)) return this.#setState(notice, 'delivered', null);
    const wait = RETRY_MINUTES[notice.scheduledAttempts - 1];
    if (wait === undefined) return this.#setState(notice, 'exhausted', null);
    await this.#setState(notice, 'pending', Date.now() + (wait * 60_000) / this.#settings.clockMultiplier);
    this.#schedule(notice);
  }

  async #attempt(notice: Notice): Promise<Attempt> {
    const attempt = await this.#post(notice);
    if (!this.#closing.signal.aborted) await this.#book({ e: 'attempt', notifyId: notice.notifyId, attempt });
    return attempt;
  }

  async #post(notice: Notice): Promise<Attempt> {
    const atMs = Date.now();
    try {
      const response = await fetch(notice.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: this.#body(notice, atMs),
        redirect: 'manual',
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
      });
      const body = await response.text();
      return {
        atMs,
        status: response.status,
        body: body.slice(0, 200),
        accepted: response.ok && body === 'success',
      };
    } catch (error) {
      return {
        atMs,
        status: null,
        body: error instanceof Error ? error.message : String(error),
        accepted: false,
      };
    }
  }

  #body(notice: Notice, atMs: number): string {
    const params = { ...notice.params, notify_id: notice.notifyId, notify_time: beijing(atMs) };
    const body = signedForm(params, this.#settings.keys.own);
    if (!this.#settings.faults.take('badSignatureNotify', notice.outTradeNo)) return body;
    const forged = new URLSearchParams(body);
    forged.set(
      'sign',
      signedFormSignature({ ...params, notify_time: '1970-01-01 00:00:00' }, this.#settings.keys),
    );
    return forged.toString();
  }

  #setState(notice: Notice, state: Notice['state'], nextMs: number | null): Promise<void> {
    const { notifyId, scheduledAttempts } = notice;
    return this.#book({ e: 'notice_state', notifyId, state, scheduledAttempts, nextMs });
  }

  #book(entry: NoticeEntry): Promise<void> {
    this.apply(entry);
    return this.#settings.append(entry);
  }
}

/** A well-formed signature over something else. */
function signedFormSignature(params: Record<string, string>, keys: Keys): string {
  return new URLSearchParams(signedForm(params, keys.own)).get('sign') ?? '';
}
