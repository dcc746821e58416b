import { randomUUID } from 'node:crypto';
import { Refusal } from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books, CarrierSettings } from './books.ts';
import { type Step, stepsLeft } from './course.ts';
import { COURSE_FAULTS, type Kuaidi100Faults } from './faults.ts';
import { lastResult, type MonitorStatus, type PushContent } from './notices.ts';
import {
  type Carrier,
  type Course,
  isOver,
  keyOf,
  type Parcel,
  type ParcelEvent,
  type State,
  stateOf,
} from './parcel.ts';
import { refused } from './refusal.ts';
import type { WaybillBooks } from './waybill.ts';

export interface DeskSettings {
  books: Books;
  waybills: WaybillBooks;
  notifier: Notifier<PushContent>;
  faults: Kuaidi100Faults;
}

export interface SubscribeRequest {
  carrier: Carrier;
  trackingNo: string;
  callbackUrl: string;
  salt: string;
  resultv2: string;
  phone: string | null;
}

/** How long after a newer report the older one of `outOfOrder` follows. */
const OLDER_FOLLOWS_MS = 300;

/** The carrier, which moves parcels by their courses, and Kuaidi100, which tells every event to who subscribed. */
export class Desk {
  readonly #settings: DeskSettings;
  readonly #steps = new Map<string, NodeJS.Timeout>();
  readonly #olderReports = new Set<NodeJS.Timeout>();
  #ended = false;

  constructor(settings: DeskSettings) {
    this.#settings = settings;
  }

  /** Watches a parcel; the carrier has it from now on, even where the watching is refused. Throws a Refusal. */
  async subscribe(request: SubscribeRequest): Promise<void> {
    const { books, faults } = this.#settings;
    const { carrier, trackingNo, phone, ...subscription } = request;
    const parcel = await this.parcel(carrier, trackingNo);
    const refusal = faults.take('refuseSubscribe', trackingNo);
    if (refusal) throw refused(refusal);
    if (parcel.subscription && !parcel.subscription.ended) throw refused('501');
    const booked = books.subscribe(parcel, subscription, phone);
    const told = parcel.events.length > 0 && this.#tell(parcel, isOver(parcel) ? 'shutdown' : 'polling');
    await Promise.all([booked, told]);
  }

  /** The parcel; one that the carrier has not got yet is handed to it. */
  async parcel(carrier: Carrier, trackingNo: string): Promise<Parcel> {
    const parcel = await this.#settings.books.at(carrier, trackingNo);
    this.#schedule(parcel);
    return parcel;
  }

  /** Something happens to the parcel, and is told. What happens after its end is told as a correction. */
  async addEvent(parcel: Parcel, event: Omit<ParcelEvent, 'bookedMs'>): Promise<void> {
    const { books, faults } = this.#settings;
    const before = [...parcel.events];
    const corrects = parcel.subscription?.ended === true;
    // Nobody delivers what is refused: the course goes on from there.
    const turns = event.state === 'refused' || event.state === 'returning';
    const turned = turns && parcel.course !== 'refused' && books.setCourse(parcel, 'refused');
    const booked = books.addEvent(parcel, event);
    const status = isOver(parcel) ? 'shutdown' : 'polling';
    const told = this.#tell(parcel, corrects ? 'updateall' : status);
    if (parcel.subscription && before.length > 0 && faults.take('outOfOrder', parcel.trackingNo))
      this.#tellLater(parcel, before);
    this.#schedule(parcel);
    await Promise.all([turned, booked, told]);
  }

  /** The next step of the course, or all steps up to a state. Throws a Refusal where the course does not lead there. */
  async advance(parcel: Parcel, to?: State): Promise<void> {
    if (this.#isVoid(parcel)) throw new Refusal('WAYBILL_CANCELLED', 'its waybill is cancelled');
    await this.#meetCourseFault(parcel);
    if (to !== undefined && stateOf(parcel) === to) return;
    const left = stepsLeft(parcel);
    const last = to === undefined ? 0 : left.findIndex(({ state }) => state === to);
    if (!left[last]) throw new Refusal('COURSE_OVER', `the course ${parcel.course} does not lead there`);
    await Promise.all(left.slice(0, last + 1).map((step) => this.#take(parcel, step)));
  }

  async setCourse(parcel: Parcel, course: Course): Promise<void> {
    const booked = this.#settings.books.setCourse(parcel, course);
    this.#schedule(parcel);
    await booked;
  }

  async setSettings(settings: CarrierSettings): Promise<void> {
    const booked = this.#settings.books.setSettings(settings);
    this.resume();
    await booked;
  }

  /** Moves every stalled parcel on, sends every held notification. */
  async release(): Promise<void> {
    const { books, notifier } = this.#settings;
    const stalled = [...books.all()].filter((parcel) => parcel.stalled);
    const booked = stalled.map((parcel) => books.setStalled(parcel, false));
    for (const parcel of stalled) this.#schedule(parcel);
    await Promise.all([...booked, notifier.releaseHeld()]);
  }

  /** Takes up the courses that were under way when the process ended. */
  resume(): void {
    for (const parcel of this.#settings.books.all()) this.#schedule(parcel);
  }

  /** Lets go of the parcels under way: `resume` takes them up again. */
  end(): void {
    this.#ended = true;
    for (const timer of [...this.#steps.values(), ...this.#olderReports]) clearTimeout(timer);
  }

  #schedule(parcel: Parcel): void {
    const key = keyOf(parcel);
    clearTimeout(this.#steps.get(key));
    this.#steps.delete(key);
    const { autoAdvance, stepMs } = this.#settings.books.settings;
    if (!autoAdvance || parcel.stalled || this.#ended) return;
    if (stepsLeft(parcel).length === 0) return;
    const waitMs = Math.max(0, parcel.updatedMs + stepMs - Date.now());
    const timer = setTimeout(() => void this.#moveOn(parcel), waitMs);
    this.#steps.set(key, timer);
  }

  /** Nobody collects a parcel whose waybill is cancelled. */
  #isVoid({ carrier, trackingNo }: Parcel): boolean {
    const waybill = this.#settings.waybills.find(carrier, trackingNo);
    return waybill !== undefined && waybill.cancelledMs !== null;
  }

  async #moveOn(parcel: Parcel): Promise<void> {
    const { books, faults } = this.#settings;
    if (this.#isVoid(parcel)) return;
    if (faults.take('stall', parcel.trackingNo)) return books.setStalled(parcel, true);
    await this.#meetCourseFault(parcel);
    const [next] = stepsLeft(parcel);
    if (next) await this.#take(parcel, next);
  }

  #take(parcel: Parcel, step: Step): Promise<void> {
    return this.addEvent(parcel, { ...step, atMs: Date.now() });
  }

  /** Puts a parcel that would arrive on another course, where a fault says so. */
  async #meetCourseFault(parcel: Parcel): Promise<void> {
    const { books, faults } = this.#settings;
    for (const [fault, course] of COURSE_FAULTS)
      if (parcel.course === 'signed' && faults.take(fault, parcel.trackingNo))
        await books.setCourse(parcel, course);
  }

  async #tell(parcel: Parcel, status: MonitorStatus, events = parcel.events): Promise<void> {
    const content = this.#content(parcel, status, events);
    if (content) await this.#send(parcel, content);
  }

  #tellLater(parcel: Parcel, events: ParcelEvent[]): void {
    const content = this.#content(parcel, 'polling', events);
    const timer = setTimeout(() => {
      this.#olderReports.delete(timer);
      if (content) void this.#send(parcel, content);
    }, OLDER_FOLLOWS_MS);
    this.#olderReports.add(timer);
  }

  /** Null where nobody asked to be told. */
  #content(
    parcel: Parcel,
    status: MonitorStatus,
    events: ParcelEvent[],
  ): (PushContent & { url: string }) | null {
    const { subscription, carrier } = parcel;
    if (!subscription) return null;
    const { callbackUrl, salt, resultv2 } = subscription;
    const result = lastResult({ ...parcel, events }, resultv2);
    return { url: callbackUrl, carrier, salt, status, message: '', lastResult: result };
  }

  #send(parcel: Parcel, { url, ...content }: PushContent & { url: string }): Promise<void> {
    const { trackingNo: outTradeNo } = parcel;
    return this.#settings.notifier.tell({ notifyId: randomUUID(), outTradeNo, url, content });
  }
}
