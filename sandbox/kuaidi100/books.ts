import {
  type Carrier,
  type Course,
  isOver,
  keyOf,
  type Parcel,
  type ParcelEvent,
  type Subscription,
} from './parcel.ts';

/** What can happen to a parcel. The books are the sum of these entries, replayed at start. */
export type BookEntry =
  | { e: 'parcel'; carrier: Carrier; no: string; atMs: number }
  | { e: 'subscribed'; key: string; subscription: Subscription; phone: string | null; atMs: number }
  | { e: 'event'; key: string; event: ParcelEvent }
  | { e: 'course'; key: string; course: Course; atMs: number }
  | { e: 'stalled'; key: string; stalled: boolean; atMs: number }
  | { e: 'settings'; settings: CarrierSettings };

/** How the carrier moves parcels by itself. */
export interface CarrierSettings {
  /** Without it parcels move by control only. */
  autoAdvance: boolean;
  /** Between two events of a parcel. */
  stepMs: number;
}

/**
 * All parcels. A change is in force when its method returns; the promise says when it is on file, and an answer to the
 * outside waits for that.
 */
export class Books {
  settings: CarrierSettings;
  readonly #parcels = new Map<string, Parcel>();
  readonly #append: (entry: BookEntry) => Promise<void>;

  constructor(settings: CarrierSettings, append: (entry: BookEntry) => Promise<void>) {
    this.settings = settings;
    this.#append = append;
  }

  find(carrier: string, trackingNo: string): Parcel | undefined {
    return this.#parcels.get(`${carrier}/${trackingNo}`);
  }

  /** In the order of creation. */
  all(): IterableIterator<Parcel> {
    return this.#parcels.values();
  }

  /** The parcel, handed to the carrier now if it was not yet. */
  async at(carrier: Carrier, trackingNo: string): Promise<Parcel> {
    if (!this.find(carrier, trackingNo))
      await this.#book({ e: 'parcel', carrier, no: trackingNo, atMs: Date.now() });
    return this.#existing(keyOf({ carrier, trackingNo }));
  }

  subscribe(parcel: Parcel, subscription: Omit<Subscription, 'ended'>, phone: string | null): Promise<void> {
    const booked = { ...subscription, ended: false };
    return this.#book({
      e: 'subscribed',
      key: keyOf(parcel),
      subscription: booked,
      phone: parcel.phone ?? phone,
      atMs: Date.now(),
    });
  }

  addEvent(parcel: Parcel, event: Omit<ParcelEvent, 'bookedMs'>): Promise<void> {
    return this.#book({ e: 'event', key: keyOf(parcel), event: { ...event, bookedMs: Date.now() } });
  }

  setCourse(parcel: Parcel, course: Course): Promise<void> {
    return this.#book({ e: 'course', key: keyOf(parcel), course, atMs: Date.now() });
  }

  setStalled(parcel: Parcel, stalled: boolean): Promise<void> {
    return this.#book({ e: 'stalled', key: keyOf(parcel), stalled, atMs: Date.now() });
  }

  setSettings(settings: CarrierSettings): Promise<void> {
    return this.#book({ e: 'settings', settings });
  }

  #book(entry: BookEntry): Promise<void> {
    this.apply(entry);
    return this.#append(entry);
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: BookEntry): void {
    switch (entry.e) {
      case 'settings':
        this.settings = entry.settings;
        return;
      case 'parcel': {
        const parcel = newParcel(entry.carrier, entry.no, entry.atMs);
        this.#parcels.set(keyOf(parcel), parcel);
        return;
      }
      default: {
        const parcel = this.#existing(entry.key);
        parcel.updatedMs = change(parcel, entry);
      }
    }
  }

  #existing(key: string): Parcel {
    const parcel = this.#parcels.get(key);
    if (!parcel) throw new Error(`The journal speaks of parcel ${key} before it was made.`);
    return parcel;
  }
}

function newParcel(carrier: Carrier, trackingNo: string, atMs: number): Parcel {
  return {
    carrier,
    trackingNo,
    phone: null,
    course: 'signed',
    stalled: false,
    events: [],
    subscription: null,
    createdMs: atMs,
    updatedMs: atMs,
  };
}

/** Changes the parcel and returns the time of the change. */
function change(parcel: Parcel, entry: Exclude<BookEntry, { e: 'parcel' | 'settings' }>): number {
  switch (entry.e) {
    case 'subscribed':
      // A parcel that has come to its end is told once, and not watched.
      parcel.subscription = { ...entry.subscription, ended: isOver(parcel) };
      parcel.phone = entry.phone;
      return entry.atMs;
    case 'event':
      parcel.events.push(entry.event);
      parcel.events.sort((a, b) => a.atMs - b.atMs);
      if (parcel.subscription && isOver(parcel)) parcel.subscription.ended = true;
      return entry.event.bookedMs;
    case 'course':
      parcel.course = entry.course;
      return entry.atMs;
    case 'stalled':
      parcel.stalled = entry.stalled;
      return entry.atMs;
  }
}
