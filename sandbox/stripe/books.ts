import type { Charge, Decline, Intent, Refund } from './intent.ts';
import { newId, tradeNameOf } from './intent.ts';

/** What can happen to an intent. The books are the sum of these entries, replayed at start. */
export type BookEntry =
  | { e: 'created'; intent: Intent }
  | { e: 'challenged'; id: string; challenge: NonNullable<Intent['challenge']> }
  | { e: 'paid'; id: string; charge: Charge; bookedMs: number }
  | { e: 'declined'; id: string; decline: Decline }
  | { e: 'canceled'; id: string; reason: string | null; atMs: number }
  | { e: 'refund'; id: string; refund: Refund }
  | { e: 'refund_done'; id: string; refundId: string; atMs: number }
  | { e: 'refund_failed'; id: string; refundId: string; reason: string; atMs: number };

/**
 * All intents. A change is in force, and handed to the journal, when its method returns; who answers to the outside
 * waits until the journal has it on file.
 */
export class Books {
  readonly #intents = new Map<string, Intent>();
  readonly #bySecret = new Map<string, Intent>();
  readonly #byName = new Map<string, Intent[]>();
  readonly #byRefund = new Map<string, Intent>();
  readonly #append: (entry: BookEntry) => Promise<void>;

  constructor(append: (entry: BookEntry) => Promise<void>) {
    this.#append = append;
  }

  find(id: string): Intent | undefined {
    return this.#intents.get(id);
  }

  findBySecret(clientSecret: string): Intent | undefined {
    return this.#bySecret.get(clientSecret);
  }

  findByRefund(refundId: string): Intent | undefined {
    return this.#byRefund.get(refundId);
  }

  /** The intent of a merchant's number: the one that was paid, else the latest. */
  findByName(name: string): Intent | undefined {
    const named = this.#byName.get(name) ?? [];
    return named.find(({ paid }) => paid) ?? named.at(-1);
  }

  /** In the order of creation. */
  all(): IterableIterator<Intent> {
    return this.#intents.values();
  }

  create(fields: Pick<Intent, 'amountFen' | 'description' | 'metadata'>): Intent {
    const now = Date.now();
    const id = newId('pi');
    const intent: Intent = {
      ...fields,
      id,
      clientSecret: `${id}_${newId('secret')}`,
      createdMs: now,
      challenge: null,
      paid: null,
      canceled: null,
      declines: [],
      refunds: [],
      updatedMs: now,
    };
    this.#book({ e: 'created', intent });
    return intent;
  }

  challenge({ id }: Intent, card: Charge['card']): void {
    this.#book({ e: 'challenged', id, challenge: { card, atMs: Date.now() } });
  }

  pay({ id }: Intent, charge: Charge): void {
    this.#book({ e: 'paid', id, charge, bookedMs: Date.now() });
  }

  decline({ id }: Intent, decline: Decline): void {
    this.#book({ e: 'declined', id, decline });
  }

  cancel({ id }: Intent, reason: string | null): void {
    this.#book({ e: 'canceled', id, reason, atMs: Date.now() });
  }

  refund({ id }: Intent, refund: Refund): void {
    this.#book({ e: 'refund', id, refund });
  }

  finishRefund({ id }: Intent, refundId: string): void {
    this.#book({ e: 'refund_done', id, refundId, atMs: Date.now() });
  }

  failRefund({ id }: Intent, refundId: string, reason: string): void {
    this.#book({ e: 'refund_failed', id, refundId, reason, atMs: Date.now() });
  }

  #book(entry: BookEntry): void {
    // The journal writes text, so the entry on file does not change with the intent that it brought.
    void this.#append(entry);
    this.apply(entry);
  }

  #add(intent: Intent): void {
    this.#intents.set(intent.id, intent);
    this.#bySecret.set(intent.clientSecret, intent);
    const named = this.#byName.get(tradeNameOf(intent));
    if (named) named.push(intent);
    else this.#byName.set(tradeNameOf(intent), [intent]);
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: BookEntry): void {
    if (entry.e === 'created') return this.#add(entry.intent);
    const intent = this.#intents.get(entry.id);
    if (!intent) throw new Error(`The journal speaks of ${entry.id} before it was created.`);
    if (entry.e === 'refund') this.#byRefund.set(entry.refund.id, intent);
    intent.updatedMs = change(intent, entry);
  }
}

/** Changes the intent and returns the time of the change. */
function change(intent: Intent, entry: Exclude<BookEntry, { e: 'created' }>): number {
  switch (entry.e) {
    case 'challenged':
      intent.challenge = entry.challenge;
      return entry.challenge.atMs;
    case 'paid':
      Object.assign(intent, { paid: entry.charge, canceled: null, challenge: null });
      return entry.bookedMs;
    case 'declined':
      intent.declines.push(entry.decline);
      intent.challenge = null;
      return entry.decline.atMs;
    case 'canceled':
      intent.canceled = { atMs: entry.atMs, reason: entry.reason };
      intent.challenge = null;
      return entry.atMs;
    case 'refund':
      intent.refunds.push({ ...entry.refund });
      return entry.refund.createdMs;
    case 'refund_done':
      Object.assign(refundOf(intent, entry.refundId), { status: 'succeeded', movedMs: entry.atMs });
      return entry.atMs;
    case 'refund_failed':
      Object.assign(refundOf(intent, entry.refundId), {
        status: 'failed',
        failureReason: entry.reason,
        failedMs: entry.atMs,
      });
      return entry.atMs;
  }
}

function refundOf(intent: Intent, refundId: string): Refund {
  const refund = intent.refunds.find(({ id }) => id === refundId);
  if (!refund) throw new Error(`The journal speaks of refund ${refundId} before it was made.`);
  return refund;
}
