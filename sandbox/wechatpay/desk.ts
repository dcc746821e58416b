import { randomUUID } from 'node:crypto';
import { Refusal } from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books, NewTrade } from './books.ts';
import type { WechatpayFaults } from './faults.ts';
import type { App } from './fields.ts';
import { type NoticeContent, paymentContent, refundContent } from './notices.ts';
import { type DeclineReason, overdue, type Refund, refundableFen, stateOf, type Trade } from './trade.ts';

export interface DeskSettings {
  books: Books;
  notifier: Notifier<NoticeContent>;
  faults: WechatpayFaults;
  app: App;
  clockMultiplier: number;
}

/** How long an accepted refund takes, before the clock multiplier. */
const REFUND_TAKES_MS = 200;
/** WeChat Pay's limits of refunds: parts of a trade, and days after the payment. */
const MOST_PARTS = 50;
const REFUNDABLE_FOR_MS = 365 * 24 * 3600_000;

/** The rules of a trade's life, for the API, the cashier and the control API alike. Payments and refunds are told. */
export class Desk {
  readonly #settings: DeskSettings;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(settings: DeskSettings) {
    this.#settings = settings;
  }

  /** Places a trade, or finds it again when the request is the same; answers the token of the code or prepay id. */
  async place(request: NewTrade): Promise<string> {
    const { books, faults } = this.#settings;
    const failure = faults.take('failStart', request.outTradeNo);
    if (failure) throw new Refusal(failure, '下单失败');
    const known = books.find(request.outTradeNo);
    if (known) {
      await this.expire(known);
      if (known.paid) throw new Refusal('ORDER_PAID', '该订单已支付');
      if (known.closed) throw new Refusal('ORDER_CLOSED', '该订单已关闭');
      const same = (['kind', 'description', 'totalFen', 'notifyUrl', 'openid'] as const).every(
        (field) => known[field] === request[field],
      );
      if (!same) throw new Refusal('OUT_TRADE_NO_USED', '商户订单号重复');
    }
    const { token, onFile } = known ? books.placeAgain(known) : books.create(request);
    await onFile;
    return token;
  }

  /** Closes whatever `time_expire` has ended. */
  async closeExpired(): Promise<void> {
    const { books } = this.#settings;
    await Promise.all(books.expired(Date.now()).map((trade) => books.close(trade, 'timeout')));
  }

  /** Closes the trade if it waits and `time_expire` is over. */
  async expire(trade: Trade, atMs = Date.now()): Promise<void> {
    if (stateOf(trade) === 'NOTPAY' && overdue(trade, atMs))
      await this.#settings.books.close(trade, 'timeout');
  }

  /**
   * The buyer pays. A sum other than the trade's is possible here alone, to act a provider whose books differ. Throws a
   * Refusal if the trade cannot be paid.
   */
  async pay(
    trade: Trade,
    payment: { fen?: number | undefined; atMs?: number | undefined } = {},
  ): Promise<void> {
    const { books, faults, app } = this.#settings;
    const atMs = payment.atMs ?? Date.now();
    if (trade.paid) throw new Refusal('ORDER_PAID', '该订单已支付');
    await this.expire(trade, atMs);
    if (trade.closed && !faults.take('payAfterClose', trade.outTradeNo))
      throw new Refusal('ORDER_CLOSED', '该订单已关闭');
    const booked = books.pay(trade, { fen: payment.fen ?? trade.totalFen, atMs });
    await Promise.all([booked, this.#tell(trade, trade.notifyUrl, paymentContent(trade, app))]);
  }

  /** The buyer's payment fails in the cashier; the trade waits on, and nobody is told. */
  async decline(trade: Trade, reason: DeclineReason): Promise<void> {
    await this.expire(trade);
    this.#insistOnWaiting(trade);
    await this.#settings.books.decline(trade, reason);
  }

  /** The merchant closes the trade. Throws a Refusal unless it waits for payment. Nobody is told. */
  async close(trade: Trade): Promise<void> {
    await this.expire(trade);
    this.#insistOnWaiting(trade);
    await this.#settings.books.close(trade, 'merchant');
  }

  #insistOnWaiting(trade: Trade): void {
    if (trade.paid) throw new Refusal('ORDER_PAID', '该订单已支付');
    if (trade.closed) throw new Refusal('ORDER_CLOSED', '该订单已关闭');
  }

  /** Accepts a refund; its money moves later. The same number, trade and sums again find it as it stands. */
  async refund(
    trade: Trade,
    request: { refundNo: string; fen: number; totalFen: number; notifyUrl: string | null },
  ): Promise<Refund> {
    const { books, faults } = this.#settings;
    const { refundNo, fen, totalFen, notifyUrl } = request;
    const differs = new Refusal('INVALID_REQUEST', '订单金额或退款金额与之前请求不一致');
    const earlier = books.findRefund(refundNo);
    if (earlier) {
      if (earlier.trade !== trade || earlier.refund.fen !== fen) throw differs;
      return earlier.refund;
    }
    const failure = faults.take('failRefund', trade.outTradeNo);
    if (failure) throw new Refusal(failure, '退款失败');
    if (!trade.paid) throw new Refusal('INVALID_REQUEST', '订单未支付，无法退款');
    if (totalFen !== trade.paid.fen) throw differs;
    if (trade.paid.atMs < Date.now() - REFUNDABLE_FOR_MS)
      throw new Refusal('INVALID_REQUEST', '订单已超过可退款的最大期限');
    if (trade.refunds.length >= MOST_PARTS) throw new Refusal('INVALID_REQUEST', '部分退款次数超限');
    if (fen > refundableFen(trade)) throw new Refusal('INVALID_REQUEST', '退款金额大于可退金额');
    const fate = this.#fate(trade.outTradeNo);
    const { refund, onFile } = books.refund(trade, { refundNo, fen, notifyUrl, fate });
    await onFile;
    this.#schedule(trade, refund);
    return refund;
  }

  #fate(outTradeNo: string): Refund['fate'] {
    const { faults } = this.#settings;
    if (faults.take('stuckRefund', outTradeNo)) return 'stuck';
    return faults.take('abnormalRefund', outTradeNo) ? 'abnormal' : 'success';
  }

  #schedule(trade: Trade, refund: Refund): void {
    if (refund.fate === 'stuck' || refund.done) return;
    const dueMs = refund.requestedMs + REFUND_TAKES_MS / this.#settings.clockMultiplier;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        void this.#finish(trade, refund);
      },
      Math.max(0, dueMs - Date.now()),
    );
    this.#timers.add(timer);
  }

  /** Takes up the refunds that were under way when the process ended. */
  resume(): void {
    for (const trade of this.#settings.books.all())
      for (const refund of trade.refunds) this.#schedule(trade, refund);
  }

  /** Completes every stuck refund, sends every held notification. */
  async release(): Promise<void> {
    const work: Promise<void>[] = [];
    for (const trade of this.#settings.books.all())
      for (const refund of trade.refunds)
        if (refund.fate === 'stuck' && !refund.done) work.push(this.#finish(trade, refund));
    await Promise.all([...work, this.#settings.notifier.releaseHeld()]);
  }

  async #finish(trade: Trade, refund: Refund): Promise<void> {
    const { books, app } = this.#settings;
    const status = refund.fate === 'abnormal' ? 'ABNORMAL' : 'SUCCESS';
    const booked = books.finishRefund(trade, refund.refundNo, status);
    const content = refundContent(trade, refund, app);
    await Promise.all([booked, this.#tell(trade, refund.notifyUrl ?? trade.notifyUrl, content)]);
  }

  #tell({ outTradeNo }: Trade, url: string, content: NoticeContent): Promise<void> {
    return this.#settings.notifier.tell({ notifyId: randomUUID(), outTradeNo, url, content });
  }

  /** Lets go of the refunds under way: `resume` takes them up again. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
