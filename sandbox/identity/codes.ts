import { randomInt } from 'node:crypto';

/** A message in the local stack's SMS inbox. */
export interface Sms {
  readonly text: string;
  readonly code: string;
  readonly sentAt: string;
}

export type SendResult =
  | { readonly sent: true; readonly expiresInSeconds: number }
  | { readonly sent: false; readonly retryAfterSeconds: number };

export type RedeemResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'no_code' | 'expired' | 'too_many_tries' }
  | { readonly ok: false; readonly reason: 'wrong_code'; readonly triesLeft: number };

interface LiveCode {
  readonly code: string;
  readonly expiresAtMs: number;
  triesLeft: number;
}

const CODE_TTL_MS = 5 * 60_000;
const MAX_TRIES = 5;
const RATE_WINDOW_MS = 60_000;
const INBOX_SIZE = 5;

/** One-time login codes by phone (手机号验证码) and the inbox they are "sent" to, as there is no real SMS here. */
export class PhoneCodes {
  readonly #now: () => number;
  readonly #codesPerMinute: number;
  readonly #live = new Map<string, LiveCode>();
  readonly #sentAtMs = new Map<string, number[]>();
  readonly #inbox = new Map<string, Sms[]>();

  constructor(now: () => number, codesPerMinute: number) {
    this.#now = now;
    this.#codesPerMinute = codesPerMinute;
  }

  /** Sends a new code, which replaces the one before, unless the phone has asked too often. */
  send(phone: string): SendResult {
    const now = this.#now();
    const recent = (this.#sentAtMs.get(phone) ?? []).filter((at) => at > now - RATE_WINDOW_MS);
    const oldest = recent[0];
    if (oldest !== undefined && recent.length >= this.#codesPerMinute) {
      return { sent: false, retryAfterSeconds: Math.ceil((oldest + RATE_WINDOW_MS - now) / 1000) };
    }
    this.#sentAtMs.set(phone, [...recent, now]);
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    this.#live.set(phone, { code, expiresAtMs: now + CODE_TTL_MS, triesLeft: MAX_TRIES });
    this.#deliver(phone, code, now);
    return { sent: true, expiresInSeconds: CODE_TTL_MS / 1000 };
  }

  /** Checks a code and, when right, uses it up. After five wrong tries the right one is refused too. */
  redeem(phone: string, code: string): RedeemResult {
    const live = this.#live.get(phone);
    if (!live) return { ok: false, reason: 'no_code' };
    if (live.expiresAtMs <= this.#now()) return { ok: false, reason: 'expired' };
    if (live.triesLeft === 0) return { ok: false, reason: 'too_many_tries' };
    if (live.code !== code) {
      live.triesLeft -= 1;
      return { ok: false, reason: 'wrong_code', triesLeft: live.triesLeft };
    }
    this.#live.delete(phone);
    return { ok: true };
  }

  /** The latest messages of a phone, newest first. */
  inbox(phone: string): readonly Sms[] {
    return this.#inbox.get(phone) ?? [];
  }

  #deliver(phone: string, code: string, now: number): void {
    const minutes = CODE_TTL_MS / 60_000;
    const text = `【订单】验证码 ${code}，${minutes} 分钟内有效。Your code is ${code}, valid for ${minutes} minutes.`;
    const sms = { text, code, sentAt: new Date(now).toISOString() };
    this.#inbox.set(phone, [sms, ...this.inbox(phone)].slice(0, INBOX_SIZE));
  }
}
