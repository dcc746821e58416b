import { randomBytes, randomInt } from 'node:crypto';
import { type DeclineReason, type Refund, stateOf, type Trade } from './trade.ts';
import { beijing } from './wire.ts';

/** What can happen to a trade. The books are the sum of these entries, replayed at start. */
export type BookEntry =
  | { e: 'created'; trade: Trade }
  | { e: 'opened'; no: string; tradeNo: string; atMs: number }
  | { e: 'paid'; no: string; fen: number; atMs: number; bookedMs: number }
  | { e: 'declined'; no: string; reason: DeclineReason; atMs: number }
  | { e: 'closed'; no: string; by: 'timeout' | 'merchant'; atMs: number }
  | { e: 'refund'; no: string; refund: Refund }
  | { e: 'refund_done'; no: string; outRequestNo: string; atMs: number };

export interface NewTrade {
  outTradeNo: string;
  kind: Trade['kind'];
  subject: string;
  totalFen: number;
  notifyUrl: string | null;
  returnUrl: string | null;
  expiresMs: number | null;
}

/**
 * All trades. A change is in force when its method returns; the promise says when it is on file, and an answer to the
 * outside waits for that.
 */
export class Books {
  readonly #trades = new Map<string, Trade>();
  readonly #byToken = new Map<string, Trade>();
  readonly #byTradeNo = new Map<string, Trade>();
  /** Trades that `time_expire` can still close. */
  readonly #waiting = new Set<Trade>();
  readonly #append: (entry: BookEntry) => Promise<void>;

  constructor(append: (entry: BookEntry) => Promise<void>) {
    this.#append = append;
  }

  find(outTradeNo: string): Trade | undefined {
    return this.#trades.get(outTradeNo);
  }

  findByToken(token: string): Trade | undefined {
    return this.#byToken.get(token);
  }

  findByTradeNo(tradeNo: string): Trade | undefined {
    return this.#byTradeNo.get(tradeNo);
  }

  /** In the order of creation. */
  all(): IterableIterator<Trade> {
    return this.#trades.values();
  }

  get size(): number {
    return this.#trades.size;
  }

  /** Opened, unpaid trades whose time is over. */
  expired(nowMs: number): Trade[] {
    return [...this.#waiting].filter((trade) => trade.expiresMs !== null && trade.expiresMs <= nowMs);
  }

  create(fields: NewTrade): { trade: Trade; onFile: Promise<void> } {
    const now = Date.now();
    const trade: Trade = {
      ...fields,
      token: randomBytes(16).toString('base64url'),
      createdMs: now,
      opened: null,
      paid: null,
      closed: null,
      declines: [],
      refunds: [],
      updatedMs: now,
    };
    return { trade, onFile: this.#book({ e: 'created', trade }) };
  }

  open(trade: Trade): Promise<void> {
    if (trade.opened) return Promise.resolve();
    const now = Date.now();
    return this.#book({ e: 'opened', no: trade.outTradeNo, tradeNo: newTradeNo(now), atMs: now });
  }

  pay(trade: Trade, payment: { fen: number; atMs: number }): Promise<void> {
    return this.#book({ e: 'paid', no: trade.outTradeNo, ...payment, bookedMs: Date.now() });
  }

  decline(trade: Trade, reason: DeclineReason): Promise<void> {
    return this.#book({ e: 'declined', no: trade.outTradeNo, reason, atMs: Date.now() });
  }

  close(trade: Trade, by: 'timeout' | 'merchant'): Promise<void> {
    return this.#book({ e: 'closed', no: trade.outTradeNo, by, atMs: Date.now() });
  }

  refund(trade: Trade, request: { outRequestNo: string; fen: number; stuck: boolean }): Promise<void> {
    const now = Date.now();
    const { outRequestNo, fen, stuck } = request;
    const refund: Refund = { outRequestNo, fen, requestedMs: now, doneMs: stuck ? null : now };
    return this.#book({ e: 'refund', no: trade.outTradeNo, refund });
  }

  finishRefund(trade: Trade, outRequestNo: string): Promise<void> {
    return this.#book({ e: 'refund_done', no: trade.outTradeNo, outRequestNo, atMs: Date.now() });
  }

  #book(entry: BookEntry): Promise<void> {
    this.apply(entry);
    return this.#append(entry);
  }

  #add(trade: Trade): void {
    this.#trades.set(trade.outTradeNo, trade);
    this.#byToken.set(trade.token, trade);
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: BookEntry): void {
    if (entry.e === 'created') return this.#add(entry.trade);
    const trade = this.#trades.get(entry.no);
    if (!trade) throw new Error(`The journal speaks of trade ${entry.no} before it was created.`);
    trade.updatedMs = change(trade, entry);
    if (trade.opened) this.#byTradeNo.set(trade.opened.tradeNo, trade);
    if (stateOf(trade) === 'WAIT_BUYER_PAY') this.#waiting.add(trade);
    else this.#waiting.delete(trade);
  }
}

/** Changes the trade and returns the time of the change. */
function change(trade: Trade, entry: Exclude<BookEntry, { e: 'created' }>): number {
  switch (entry.e) {
    case 'opened':
      trade.opened = { tradeNo: entry.tradeNo, atMs: entry.atMs };
      return entry.atMs;
    case 'paid':
      trade.paid = { fen: entry.fen, atMs: entry.atMs };
      trade.closed = null;
      return entry.bookedMs;
    case 'declined':
      trade.declines.push({ reason: entry.reason, atMs: entry.atMs });
      return entry.atMs;
    case 'closed':
      trade.closed = { by: entry.by, atMs: entry.atMs };
      return entry.atMs;
    case 'refund':
      trade.refunds.push({ ...entry.refund });
      return entry.refund.doneMs ?? entry.refund.requestedMs;
    case 'refund_done': {
      const refund = trade.refunds.find((one) => one.outRequestNo === entry.outRequestNo);
      if (refund) refund.doneMs = entry.atMs;
      return entry.atMs;
    }
  }
}

/** Date and twenty digits, like the provider's own numbers. */
function newTradeNo(atMs: number): string {
  const digits = Array.from({ length: 4 }, () => String(randomInt(100_000)).padStart(5, '0')).join('');
  return `${beijing(atMs).slice(0, 10).replaceAll('-', '')}${digits}`;
}
