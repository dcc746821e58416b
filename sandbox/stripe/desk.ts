import { Refusal } from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books } from './books.ts';
import { AUTHENTICATION_FAILED, cardOf, type DeclineCode, declineBy, type TestCard } from './cards.ts';
import type { EventContent } from './events.ts';
import { Failure, failureByCode } from './failure.ts';
import type { StripeFaults } from './faults.ts';
import {
  type Card,
  type Decline,
  heldFen,
  type Intent,
  newId,
  type Refund,
  statusOf,
  tradeNameOf,
} from './intent.ts';
import { chargePaid, paymentError, paymentIntent, refundObject } from './objects.ts';

const UNEXPECTED = 'payment_intent_unexpected_state';
/** The code that the sandbox's banks send by SMS. */
const SMS_CODE = '123456';

export interface DeskSettings {
  books: Books;
  notifier: Notifier<EventContent>;
  faults: StripeFaults;
  /** The one endpoint registered with the account. */
  webhookUrl: string;
}

/** The rules of an intent's life, for the API, the cashier and the control API alike. Every event is told. */
export class Desk {
  readonly #settings: DeskSettings;

  constructor(settings: DeskSettings) {
    this.#settings = settings;
  }

  create(fields: Pick<Intent, 'amountFen' | 'description' | 'metadata'>): Intent {
    const failure = this.#settings.faults.take('failStart', fields.metadata.out_trade_no ?? '');
    if (failure) throw failureByCode(failure);
    return this.#settings.books.create(fields);
  }

  /**
   * The buyer pays. A sum other than the intent's is possible here alone, to act a provider whose books differ. Throws a
   * Refusal if the intent cannot be paid.
   */
  pay(
    intent: Intent,
    payment: { fen?: number | undefined; atMs?: number | undefined; card?: Card } = {},
  ): void {
    const { books } = this.#settings;
    this.#insistOnPayable(intent);
    const { fen = intent.amountFen, atMs = Date.now(), card = cardOf('credit') } = payment;
    books.pay(intent, { id: newId('ch'), fen, atMs, card });
    this.#tell(intent, 'payment_intent.succeeded', paymentIntent(intent), atMs);
  }

  /** The buyer's bank refuses; the intent can be paid by another try. Throws a Refusal if it cannot be paid at all. */
  decline(intent: Intent, declineCode: DeclineCode, card = cardOf('credit')): Decline {
    this.#insistOnPayable(intent);
    return this.#decline(intent, {
      ...declineBy(declineCode),
      chargeId: newId('ch'),
      card,
      atMs: Date.now(),
    });
  }

  /** What Stripe.js does with a card: pays, declines (a Failure with status 402), or leaves the intent to 3-D Secure. */
  confirm(intent: Intent, { card, outcome }: TestCard): void {
    try {
      if (outcome === 'pays') return this.pay(intent, { card });
      this.#insistOnPayable(intent);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw this.#unexpectedState(intent, error.message);
    }
    if (outcome === 'challenges') return this.#settings.books.challenge(intent, card);
    const { message, ...details } = paymentError(this.decline(intent, outcome, card));
    throw new Failure(402, message, { ...details, payment_intent: paymentIntent(intent) });
  }

  /** The payer answers the bank's 3-D Secure question, with the right code or not. */
  authenticate(intent: Intent, code: string): void {
    const { challenge } = intent;
    if (!challenge) throw new Refusal(UNEXPECTED, 'no authentication is asked for');
    if (code === SMS_CODE) return this.pay(intent, { card: challenge.card });
    this.#decline(intent, {
      ...AUTHENTICATION_FAILED,
      chargeId: null,
      card: challenge.card,
      atMs: Date.now(),
    });
  }

  /** The merchant cancels. Throws a Failure once the intent is paid or canceled. */
  cancel(intent: Intent, reason: string | null): void {
    const status = statusOf(intent);
    if (status === 'succeeded' || status === 'canceled') {
      throw this.#unexpectedState(
        intent,
        `You cannot cancel this PaymentIntent because it has a status of ${status}.`,
      );
    }
    this.#settings.books.cancel(intent, reason);
    this.#tell(intent, 'payment_intent.canceled', paymentIntent(intent));
  }

  /** Gives money back; answers the refund as it was when it was accepted. Throws a Failure on what Stripe refuses. */
  refund(intent: Intent, request: { fen: number | undefined } & Pick<Refund, 'metadata' | 'reason'>): object {
    const { books, faults } = this.#settings;
    const name = tradeNameOf(intent);
    const failure = faults.take('failRefund', name);
    if (failure) throw failureByCode(failure);
    const fen = refundableFen(intent, request.fen);
    const abnormal = faults.take('abnormalRefund', name) === true;
    const stuck = !abnormal && faults.take('stuckRefund', name) === true;
    const { metadata, reason } = request;
    const now = Date.now();
    const id = newId('re');
    books.refund(intent, {
      id,
      fen,
      metadata,
      reason,
      createdMs: now,
      status: abnormal || stuck ? 'pending' : 'succeeded',
      failureReason: null,
      movedMs: stuck ? null : now,
      failedMs: null,
    });
    const accepted = this.#tellRefund(intent, id, 'refund.created');
    if (abnormal) {
      books.failRefund(intent, id, 'expired_or_canceled_card');
      this.#tellRefund(intent, id, 'refund.failed');
    } else if (!stuck) this.#tellCharge(intent);
    return accepted;
  }

  /** Moves the money of every stuck refund, sends every held notification. */
  async release(): Promise<void> {
    const { books, notifier } = this.#settings;
    for (const intent of books.all()) {
      for (const { id } of intent.refunds.filter(({ status }) => status === 'pending')) {
        books.finishRefund(intent, id);
        this.#tellRefund(intent, id, 'refund.updated');
        this.#tellCharge(intent);
      }
    }
    await notifier.releaseHeld();
  }

  #decline(intent: Intent, decline: Decline): Decline {
    this.#settings.books.decline(intent, decline);
    this.#tell(intent, 'payment_intent.payment_failed', paymentIntent(intent));
    return decline;
  }

  /** Late money is taken only while a fault says so. */
  #insistOnPayable(intent: Intent): void {
    if (intent.paid) throw new Refusal(UNEXPECTED, 'this PaymentIntent has already succeeded');
    if (intent.canceled && !this.#settings.faults.take('payAfterClose', tradeNameOf(intent)))
      throw new Refusal(UNEXPECTED, 'this PaymentIntent was canceled');
  }

  #unexpectedState(intent: Intent, message: string): Failure {
    return new Failure(400, message, { code: UNEXPECTED, payment_intent: paymentIntent(intent) });
  }

  #tellRefund(intent: Intent, refundId: string, type: string): object {
    const refund = intent.refunds.find(({ id }) => id === refundId);
    const object = refund ? refundObject(intent, refund) : {};
    this.#tell(intent, type, object);
    return object;
  }

  #tellCharge(intent: Intent): void {
    if (intent.paid) this.#tell(intent, 'charge.refunded', chargePaid(intent, intent.paid));
  }

  #tell(intent: Intent, type: string, object: object, createdMs = Date.now()): void {
    const { notifier, webhookUrl } = this.#settings;
    void notifier.tell({
      notifyId: newId('evt'),
      outTradeNo: tradeNameOf(intent),
      url: webhookUrl,
      content: { type, createdMs, object },
    });
  }
}

/** What a refund takes of the charge: `asked`, or all that is left. */
function refundableFen(intent: Intent, asked: number | undefined): number {
  if (!intent.paid) {
    throw new Failure(400, `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      param: 'payment_intent',
    });
  }
  const leftFen = intent.paid.fen - heldFen(intent);
  if (leftFen === 0)
    throw new Failure(400, `Charge ${intent.paid.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  const fen = asked ?? leftFen;
  if (fen > leftFen)
    throw new Failure(
      400,
      `Refund amount (${fen}) is greater than unrefunded amount on charge (${leftFen})`,
      {
        code: 'amount_too_large',
        param: 'amount',
      },
    );
  return fen;
}
