import { Refusal } from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books } from './books.ts';
import type { AlipayFaults } from './faults.ts';
import { type NoticeParams, newNotifyId, noticeParams } from './notices.ts';
import { type DeclineReason, refundableFen, stateOf, type Trade } from './trade.ts';

export interface DeskSettings {
  books: Books;
  notifier: Notifier<NoticeParams>;
  faults: AlipayFaults;
  app: { appId: string; sellerId: string };
}

/**
 * The rules of a trade's life, for the gateway, the cashier and the control API alike. Every event is told. A refusal's
 * code and sentence are the `sub_code` and `sub_msg` of a business failure (40004).
 */
export class Desk {
  readonly #settings: DeskSettings;

  constructor(settings: DeskSettings) {
    this.#settings = settings;
  }

  /** Closes whatever `time_expire` has ended. */
  async closeExpired(): Promise<void> {
    await Promise.all(this.#settings.books.expired(Date.now()).map((trade) => this.#close(trade, 'timeout')));
  }

  /** Closes the trade if it waits and `time_expire` is over. */
  async expire(trade: Trade, atMs = Date.now()): Promise<void> {
    if (stateOf(trade) === 'WAIT_BUYER_PAY' && overdue(trade, atMs)) await this.#close(trade, 'timeout');
  }

  /** A buyer scans the code or opens the page: the trade comes to exist. */
  async open(trade: Trade): Promise<void> {
    if (!trade.opened && !overdue(trade)) await this.#settings.books.open(trade);
    await this.expire(trade);
  }

  /**
   * The buyer pays. A sum other than the trade's is possible here alone, to act a provider whose books differ. Throws a
   * Refusal if the trade cannot be paid.
   */
  async pay(
    trade: Trade,
    payment: { fen?: number | undefined; atMs?: number | undefined } = {},
  ): Promise<void> {
    const { books, faults } = this.#settings;
    const atMs = payment.atMs ?? Date.now();
    if (trade.paid) throw new Refusal('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    await this.expire(trade, atMs);
    const over = trade.closed !== null || overdue(trade, atMs);
    if (over && !faults.take('payAfterClose', trade.outTradeNo)) {
      throw new Refusal('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    }
    const booked = [books.open(trade), books.pay(trade, { fen: payment.fen ?? trade.totalFen, atMs })];
    await Promise.all([...booked, this.#tell(trade)]);
  }

  /** The buyer's payment fails in the cashier; the trade waits on, and nobody is told. */
  async decline(trade: Trade, reason: DeclineReason): Promise<void> {
    await this.open(trade);
    if (stateOf(trade) !== 'WAIT_BUYER_PAY') throw new Refusal('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    await this.#settings.books.decline(trade, reason);
  }

  /** The merchant closes the trade. Throws a Refusal unless it waits for payment. */
  async close(trade: Trade): Promise<void> {
    await this.expire(trade);
    if (stateOf(trade) !== 'WAIT_BUYER_PAY') throw new Refusal('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    await this.#close(trade, 'merchant');
  }

  /** Gives money back. The same number and amount again does nothing; answers whether this call moved money. */
  async refund(trade: Trade, request: { outRequestNo: string; fen: number }): Promise<boolean> {
    const { books, faults } = this.#settings;
    const earlier = trade.refunds.find((refund) => refund.outRequestNo === request.outRequestNo);
    if (earlier) {
      if (earlier.fen !== request.fen) throw new Refusal('ACQ.DISCORDANT_REPEAT_REQUEST', '请求信息不一致');
      return false;
    }
    const failure = faults.take('failRefund', trade.outTradeNo);
    if (failure) throw new Refusal(failure, '退款失败');
    if (!trade.paid) throw new Refusal('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    if (stateOf(trade) === 'TRADE_CLOSED') throw new Refusal('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    if (request.fen > refundableFen(trade))
      throw new Refusal('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限');
    const stuck = faults.take('stuckRefund', trade.outTradeNo) === true;
    const onFile = books.refund(trade, { ...request, stuck });
    await (stuck ? onFile : Promise.all([onFile, this.#tell(trade, request.outRequestNo)]));
    return !stuck;
  }

  /** Moves the money of every stuck refund, sends every held notification. */
  async release(): Promise<void> {
    const { books, notifier } = this.#settings;
    const work: Promise<void>[] = [];
    for (const trade of books.all()) {
      for (const refund of trade.refunds.filter((one) => one.doneMs === null)) {
        work.push(books.finishRefund(trade, refund.outRequestNo), this.#tell(trade, refund.outRequestNo));
      }
    }
    await Promise.all([...work, notifier.releaseHeld()]);
  }

  async #close(trade: Trade, by: 'timeout' | 'merchant'): Promise<void> {
    await Promise.all([this.#settings.books.close(trade, by), this.#tell(trade)]);
  }

  async #tell(trade: Trade, outRequestNo?: string): Promise<void> {
    const { notifier, app } = this.#settings;
    const { outTradeNo, notifyUrl: url } = trade;
    if (url === null) return;
    const content = noticeParams(trade, app, outRequestNo);
    await notifier.tell({ notifyId: newNotifyId(), outTradeNo, url, content });
  }
}

/** Whether `time_expire` is over; an unscanned code dies then too, although no trade closes. */
export function overdue(trade: Trade, atMs = Date.now()): boolean {
  return trade.expiresMs !== null && trade.expiresMs <= atMs;
}
