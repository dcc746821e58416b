import { randomInt } from 'node:crypto';
import type { DeliveryOrder, End, Handover, Parcel, Stage } from './order.ts';
import { beijing } from './wire.ts';

/** What can happen to a delivery order. The books are the sum of these entries, replayed at start. */
export type BookEntry =
  | { e: 'created'; order: DeliveryOrder }
  | { e: 'stage'; no: string; stage: Exclude<Stage, 'handed_over'> | End; atMs: number }
  | { e: 'handed_over'; no: string; handover: Handover }
  | { e: 'warehouse'; code: string };

export type NewOrder = Pick<
  DeliveryOrder,
  'shipmentNo' | 'warehouseCode' | 'ownerCode' | 'logisticsCode' | 'receiver' | 'lines' | 'remark'
>;

/**
 * All delivery orders, and the warehouses that take them. A change is in force when its method returns; the promise says when it is on file, and an answer
 * to the outside waits for that.
 */
export class Books {
  readonly #orders = new Map<string, DeliveryOrder>();
  readonly #warehouses: Set<string>;
  readonly #append: (entry: BookEntry) => Promise<void>;

  /** `warehouses`: the codes that are known from the start. */
  constructor(warehouses: readonly string[], append: (entry: BookEntry) => Promise<void>) {
    this.#warehouses = new Set(warehouses);
    this.#append = append;
  }

  find(shipmentNo: string): DeliveryOrder | undefined {
    return this.#orders.get(shipmentNo);
  }

  /** In the order of creation. */
  all(): IterableIterator<DeliveryOrder> {
    return this.#orders.values();
  }

  get warehouses(): ReadonlySet<string> {
    return this.#warehouses;
  }

  async addWarehouse(code: string): Promise<void> {
    if (!this.#warehouses.has(code)) await this.#book({ e: 'warehouse', code });
  }

  create(fields: NewOrder): { order: DeliveryOrder; onFile: Promise<void> } {
    const now = Date.now();
    const order: DeliveryOrder = {
      ...fields,
      warehouseOrderId: newNumber('CK', now),
      stage: 'accepted',
      stageMs: now,
      handovers: [],
      createdMs: now,
      updatedMs: now,
    };
    return { order, onFile: this.#book({ e: 'created', order }) };
  }

  move({ shipmentNo }: DeliveryOrder, stage: Exclude<Stage, 'handed_over'> | End): Promise<void> {
    return this.#book({ e: 'stage', no: shipmentNo, stage, atMs: Date.now() });
  }

  /** `complete`: nothing remains, and the delivery order has ended. */
  handOver(
    { shipmentNo }: DeliveryOrder,
    parcels: Parcel[],
    complete: boolean,
  ): { handover: Handover; onFile: Promise<void> } {
    const atMs = Date.now();
    const handover = { outBizCode: newNumber('FH', atMs), parcels, complete, atMs };
    return { handover, onFile: this.#book({ e: 'handed_over', no: shipmentNo, handover }) };
  }

  #book(entry: BookEntry): Promise<void> {
    this.apply(entry);
    return this.#append(entry);
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: BookEntry): void {
    if (entry.e === 'created') {
      this.#orders.set(entry.order.shipmentNo, entry.order);
      return;
    }
    if (entry.e === 'warehouse') {
      this.#warehouses.add(entry.code);
      return;
    }
    const order = this.#orders.get(entry.no);
    if (!order) throw new Error(`The journal speaks of delivery order ${entry.no} before it was created.`);
    if (entry.e === 'stage') {
      Object.assign(order, { stage: entry.stage, stageMs: entry.atMs, updatedMs: entry.atMs });
      return;
    }
    const { handover } = entry;
    order.handovers.push(handover);
    order.updatedMs = handover.atMs;
    order.stageMs = handover.atMs;
    if (handover.complete) order.stage = 'handed_over';
  }
}

/** A prefix, the day and digits. */
function newNumber(prefix: string, atMs: number): string {
  const random = Array.from({ length: 10 }, () => randomInt(10)).join('');
  return `${prefix}${beijing(atMs).slice(0, 10).replaceAll('-', '')}${random}`;
}
