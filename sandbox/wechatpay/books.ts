import { randomBytes, randomInt } from 'node:crypto';
import { type DeclineReason, feeBack, type Refund, stateOf, type Trade } from './trade.ts';
import { beijing } from './wire.ts';

/** What can happen to a trade. The books are the sum of these entries, replayed at start. */
export type BookEntry =
  | { e: 'created'; trade: Trade }
  | { e: 'placed_again'; no: string; token: string; atMs: number }
  | { e: 'paid'; no: string; tradeNo: string; fen: number; atMs: number; bookedMs: number }
  | { e: 'declined'; no: string; reason: DeclineReason; atMs: number }
  | { e: 'closed'; no: string; by: 'timeout' | 'merchant'; atMs: number }
  | { e: 'refund'; no: string; refund: Refund }
  | { e: 'refund_done'; no: string; refundNo: string; status: 'SUCCESS' | 'ABNORMAL'; atMs: number };

export type NewTrade = Pick<
  Trade,
  'outTradeNo' | 'kind' | 'description' | 'totalFen' | 'notifyUrl' | 'openid' | 'expiresMs'
>;

/**
 * All trades. A change is in force when its method returns; the promise says when it is on file, and an answer to the
 * outside waits for that.
 */
export class Books {
  readonly #trades = new Map<string, Trade>();
  readonly #byToken = new Map<string, Trade>();
  readonly #byTradeNo = new Map<string, Trade>();
  readonly #byRefundNo = new Map<string, Trade>();
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

  /** Refund numbers are unique for the merchant. */
  findRefund(refundNo: string): { trade: Trade; refund: Refund } | undefined {
    const trade = this.#byRefundNo.get(refundNo);
    const refund = trade?.refunds.find((one) => one.refundNo === refundNo);
    return trade && refund && { trade, refund };
  }

  /** In the order of creation. */
  all(): IterableIterator<Trade> {
    return this.#trades.values();
  }

  /** Unpaid trades whose time is over. */
  expired(nowMs: number): Trade[] {
    return [...this.#waiting].filter((trade) => trade.expiresMs <= nowMs);
  }

  create(fields: NewTrade): { token: string; onFile: Promise<void> } {
    const now = Date.now();
    const token = newToken(fields.kind, now);
    const trade: Trade = {
      ...fields,
      tokens: [token],
      createdMs: now,
      paid: null,
      closed: null,
      declines: [],
      refunds: [],
      updatedMs: now,
    };
    return { token, onFile: this.#book({ e: 'created', trade }) };
  }

  /** The merchant places the same trade again and gets another code for it. */
  placeAgain(trade: Trade): { token: string; onFile: Promise<void> } {
    const now = Date.now();
    const token = newToken(trade.kind, now);
    return { token, onFile: this.#book({ e: 'placed_again', no: trade.outTradeNo, token, atMs: now }) };
  }

  pay(trade: Trade, payment: { fen: number; atMs: number }): Promise<void> {
    const bookedMs = Date.now();
    const tradeNo = newNumber('42000', 10, bookedMs);
    return this.#book({ e: 'paid', no: trade.outTradeNo, tradeNo, ...payment, bookedMs });
  }

  decline(trade: Trade, reason: DeclineReason): Promise<void> {
    return this.#book({ e: 'declined', no: trade.outTradeNo, reason, atMs: Date.now() });
  }

  close(trade: Trade, by: 'timeout' | 'merchant'): Promise<void> {
    return this.#book({ e: 'closed', no: trade.outTradeNo, by, atMs: Date.now() });
  }

  refund(
    trade: Trade,
    request: Pick<Refund, 'refundNo' | 'fen' | 'notifyUrl' | 'fate'>,
  ): { refund: Refund; onFile: Promise<void> } {
    const now = Date.now();
    const refundId = newNumber('50300', 15, now);
    const refund: Refund = { ...request, refundId, requestedMs: now, done: null, feeFen: 0 };
    return { refund, onFile: this.#book({ e: 'refund', no: trade.outTradeNo, refund }) };
  }

  finishRefund(trade: Trade, refundNo: string, status: 'SUCCESS' | 'ABNORMAL'): Promise<void> {
    return this.#book({ e: 'refund_done', no: trade.outTradeNo, refundNo, status, atMs: Date.now() });
  }

  #book(entry: BookEntry): Promise<void> {
    this.apply(entry);
    return this.#append(entry);
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: BookEntry): void {
    const trade = entry.e === 'created' ? this.#add(entry.trade) : this.#trades.get(entry.no);
    if (!trade) throw new Error('The journal speaks of a trade before it was created.');
    if (entry.e !== 'created') trade.updatedMs = change(trade, entry);
    if (entry.e === 'placed_again') this.#byToken.set(entry.token, trade);
    if (entry.e === 'paid') this.#byTradeNo.set(entry.tradeNo, trade);
    if (entry.e === 'refund') this.#byRefundNo.set(entry.refund.refundNo, trade);
    if (stateOf(trade) === 'NOTPAY') this.#waiting.add(trade);
    else this.#waiting.delete(trade);
  }

  #add(trade: Trade): Trade {
    this.#trades.set(trade.outTradeNo, trade);
    for (const token of trade.tokens) this.#byToken.set(token, trade);
    return trade;
  }
}

/** Changes the trade and returns the time of the change. */
function change(trade: Trade, entry: Exclude<BookEntry, { e: 'created' }>): number {
  switch (entry.e) {
    case 'placed_again':
      trade.tokens.push(entry.token);
      return entry.atMs;
    case 'paid':
      trade.paid = { tradeNo: entry.tradeNo, fen: entry.fen, atMs: entry.atMs };
      trade.closed = null;
      return entry.bookedMs;
    case 'declined':
      trade.declines.push({ reason: entry.reason, atMs: entry.atMs });
      return entry.atMs;
    case 'closed':
      trade.closed = { by: entry.by, atMs: entry.atMs };
      return entry.atMs;
    case 'refund':
      trade.refunds.push(entry.refund);
      return entry.refund.requestedMs;
    case 'refund_done': {
      const refund = trade.refunds.find((one) => one.refundNo === entry.refundNo);
      if (!refund) throw new Error(`The journal ends refund ${entry.refundNo} before it was asked for.`);
      if (entry.status === 'SUCCESS') refund.feeFen = feeBack(trade, refund.fen);
      refund.done = { status: entry.status, atMs: entry.atMs };
      return entry.atMs;
    }
  }
}

/** A prepay id has the provider's form; a code's token needs none. */
function newToken(kind: Trade['kind'], atMs: number): string {
  const random = randomBytes(11).toString('hex');
  return kind === 'jsapi' ? `wx${beijing(atMs).replace(/\D/g, '')}${random}` : random;
}

/** A prefix, the day and digits, like the provider's own numbers. */
function newNumber(prefix: string, digits: number, atMs: number): string {
  const random = Array.from({ length: digits }, () => randomInt(10)).join('');
  return `${prefix}${beijing(atMs).slice(0, 10).replaceAll('-', '')}${random}`;
}
