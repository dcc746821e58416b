import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import type { QimenFaults } from './faults.ts';
import { type DeliveryOrder, ended } from './order.ts';

export interface Pace {
  /** Whether delivery orders move by themselves. */
  autoAdvance: boolean;
  /** How long each stage lasts, before the clock multiplier. */
  stageMs: number;
}

/** The warehouse's staff: moves every delivery order on, a stage at a time. */
export class Clock {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Delivery orders that `neverAdvance` has struck. */
  readonly #stuck = new Set<string>();
  readonly #books: Books;
  readonly #desk: Desk;
  readonly #faults: QimenFaults;
  readonly #clockMultiplier: number;
  #pace: Pace;
  #ended = false;

  constructor(settings: {
    books: Books;
    desk: Desk;
    faults: QimenFaults;
    clockMultiplier: number;
    pace: Pace;
  }) {
    this.#books = settings.books;
    this.#desk = settings.desk;
    this.#faults = settings.faults;
    this.#clockMultiplier = settings.clockMultiplier;
    this.#pace = settings.pace;
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** Takes up every delivery order that is on its way. */
  resume(): void {
    for (const order of this.#books.all()) this.schedule(order);
  }

  /** Changes the pace from now on, for what is under way too. */
  setPace(pace: Pace): void {
    this.#pace = pace;
    this.resume();
  }

  /** Moves on what was stuck. */
  release(): void {
    this.#stuck.clear();
    this.resume();
  }

  /** Sets the time of the next step, from the order's present stage on. */
  schedule(order: DeliveryOrder): void {
    const { shipmentNo } = order;
    clearTimeout(this.#timers.get(shipmentNo));
    this.#timers.delete(shipmentNo);
    if (this.#ended || !this.#pace.autoAdvance || ended(order) || this.#stuck.has(shipmentNo)) return;
    const dueMs = order.stageMs + this.#pace.stageMs / this.#clockMultiplier;
    const timer = setTimeout(() => this.#step(order), Math.max(0, dueMs - Date.now()));
    this.#timers.set(shipmentNo, timer);
  }

  #step(order: DeliveryOrder): void {
    const { shipmentNo, stage } = order;
    this.#timers.delete(shipmentNo);
    if (ended(order)) return;
    if (stage === 'accepted' && this.#faults.take('neverAdvance', shipmentNo)) this.#stuck.add(shipmentNo);
    else void this.#desk.advance(order);
  }

  /** Lets go of what is under way: `resume` of the next process takes it up again. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
