import { randomInt } from 'node:crypto';
import { type Carrier, keyOf } from './parcel.ts';

/** Who sends or receives. */
export interface Person {
  name: string;
  phone: string;
  address: string;
}

/** An electronic waybill that a carrier gave out. Times are milliseconds since 1970. */
export interface Waybill {
  /** The customer's number. */
  orderId: string;
  carrier: Carrier;
  partnerId: string;
  trackingNo: string;
  /** The carrier's own number of the order, where it has one. */
  carrierOrderNo: string | null;
  /** Cannot be guessed: whoever knows it reads the label. */
  labelId: string;
  sender: Person;
  receiver: Person;
  goods: string;
  weightKg: number | null;
  createdMs: number;
  updatedMs: number;
  cancelledMs: number | null;
  cancelReason: string | null;
}

/** The one of the entries of the journal that speak of waybills. */
export type WaybillEntry =
  | { e: 'waybill'; waybill: Waybill }
  | { e: 'waybill_cancelled'; key: string; reason: string; atMs: number };

export function isWaybillEntry(entry: { e: string }): entry is WaybillEntry {
  return entry.e === 'waybill' || entry.e === 'waybill_cancelled';
}

/** What a number of each carrier begins with, and how many digits follow. */
const FORMS: Record<Carrier, readonly [prefix: string, digits: number]> = {
  shunfeng: ['SF', 13],
  zhongtong: ['7', 13],
  yuantong: ['YT', 13],
  shentong: ['77', 13],
  yunda: ['4', 14],
  ems: ['1', 12],
  jd: ['JDVA', 11],
  debangkuaidi: ['DPK', 12],
  jtexpress: ['JT', 13],
};

/** Carriers with a number of their own for the order, without which they do not cancel it. */
const WITH_ORDER_NUMBER: ReadonlySet<Carrier> = new Set<Carrier>(['shunfeng', 'jd']);

/** All waybills; what is told outside waits for the journal, as with the parcels. */
export class WaybillBooks {
  readonly #waybills = new Map<string, Waybill>();
  /** The latest of each order number. */
  readonly #byOrder = new Map<string, Waybill>();
  readonly #byLabel = new Map<string, Waybill>();
  readonly #append: (entry: WaybillEntry) => Promise<void>;

  constructor(append: (entry: WaybillEntry) => Promise<void>) {
    this.#append = append;
  }

  find(carrier: string, trackingNo: string): Waybill | undefined {
    return this.#waybills.get(`${carrier}/${trackingNo}`);
  }

  byOrder(orderId: string): Waybill | undefined {
    return this.#byOrder.get(orderId);
  }

  byLabel(labelId: string): Waybill | undefined {
    return this.#byLabel.get(labelId);
  }

  /** In the order of creation. */
  all(): IterableIterator<Waybill> {
    return this.#waybills.values();
  }

  /** A number in the carrier's form that `taken` does not know either. */
  numberOf(carrier: Carrier, taken: (trackingNo: string) => boolean): string {
    const [prefix, digits] = FORMS[carrier];
    for (;;) {
      const trackingNo = prefix + someDigits(digits);
      if (!this.find(carrier, trackingNo) && !taken(trackingNo)) return trackingNo;
    }
  }

  async add(waybill: Omit<Waybill, 'carrierOrderNo' | 'updatedMs' | 'cancelledMs' | 'cancelReason'>) {
    const carrierOrderNo = WITH_ORDER_NUMBER.has(waybill.carrier) ? `O${someDigits(12)}` : null;
    const whole = { carrierOrderNo, updatedMs: waybill.createdMs, cancelledMs: null, cancelReason: null };
    const booked: Waybill = { ...waybill, ...whole };
    await this.#book({ e: 'waybill', waybill: booked });
    return booked;
  }

  cancel(waybill: Waybill, reason: string): Promise<void> {
    return this.#book({ e: 'waybill_cancelled', key: keyOf(waybill), reason, atMs: Date.now() });
  }

  #book(entry: WaybillEntry): Promise<void> {
    this.apply(entry);
    return this.#append(entry);
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: WaybillEntry): void {
    if (entry.e === 'waybill') {
      const { waybill } = entry;
      this.#waybills.set(keyOf(waybill), waybill);
      this.#byOrder.set(waybill.orderId, waybill);
      this.#byLabel.set(waybill.labelId, waybill);
      return;
    }
    const waybill = this.#waybills.get(entry.key);
    if (!waybill) throw new Error(`The journal speaks of waybill ${entry.key} before it was made.`);
    Object.assign(waybill, {
      cancelledMs: entry.atMs,
      cancelReason: entry.reason,
      updatedMs: entry.atMs,
    });
  }
}

/** Where the label is. */
export function labelPath({ labelId }: Waybill): string {
  return `/kuaidi100/label/${labelId}`;
}

function someDigits(count: number): string {
  const half = (digits: number) => String(randomInt(10 ** digits)).padStart(digits, '0');
  return half(Math.ceil(count / 2)) + half(Math.floor(count / 2));
}
