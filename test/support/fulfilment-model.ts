import type { Disposition } from '../../domain/after-sale/case.ts';
import type { Voucher } from '../../domain/ledger/voucher.ts';
import { paymentVoucher } from '../../domain/ledger/vouchers.ts';
import { type CancellationChoice, isDecided, type LineQuantity } from '../../domain/order/cancellation.ts';
import { type Decision, type Effects, noEffects, type StockChange } from '../../domain/order/effects.ts';
import type { OrderNode, PaymentScope } from '../../domain/order/node.ts';
import type { RefundablePayment } from '../../domain/order/refund-plan.ts';
import { TRANSITIONS } from '../../domain/order/states.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import { sellStock, warehouseOf } from '../../domain/order/steps/stock.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import { LeafBooks, ownOf } from './leaf-books.ts';
import { AT, CONTRACT, paidAlone } from './leaves.ts';
import { same } from './same.ts';

/** What a leaf shares with others: the time, its payment, the tree's other rows. */
export interface Surroundings {
  readonly clock: { readonly at: Date };
  /** What was paid, with all that was given back of it. */
  money: () => { scope: PaymentScope; payments: readonly RefundablePayment[] };
  /** Whether rows beyond the leaf are not any more as a step saw them. */
  isStale: (effects: Effects) => boolean;
  /** Takes what a step does beyond its leaf. */
  take: (effects: Effects) => void;
}

/**
 * The rows of one paid leaf in memory: takes what steps decide as the database would. What must hold between them is in
 * `fulfilment-checks.ts`.
 */
export class FulfilmentModel extends LeafBooks {
  receivedAt: Date | null = null;
  /** Pieces that an inspection counted, by SKU and warehouse, and how many of them cannot be sold. */
  readonly inspected = new Map<string, number>();
  spoiled = 0;
  readonly shipments = new Map<string, ShipmentRow>();
  readonly cancellations = new Map<string, Cancellation>();
  /** What its buyer chose after a refused request (CN-6). */
  readonly choices = new Map<string, CancellationChoice>();
  readonly stock: StockChange[] = [];
  readonly workItems = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #told = new Set<string>();
  /** Pieces that left a warehouse, by SKU and warehouse. */
  readonly left = new Map<string, number>();
  readonly #around: Surroundings;

  /**
   * The leaf as its payment leaves it: sold, paid alone with payment `T` unless something else surrounds it; a replacement
   * with what was written about it so far.
   */
  constructor(
    leaf: OrderNode,
    around?: Surroundings,
    made?: { stock: readonly StockChange[]; vouchers: readonly Voucher[] },
  ) {
    super(leaf, around?.clock ?? { at: AT });
    this.#around = around ?? this.#alone();
    this.stock.push(...(made?.stock ?? sellStock(leaf)));
    this.vouchers.push(
      ...(made?.vouchers ?? [paymentVoucher(this.header, leaf, { provider: 'alipay', outTradeNo: 'T' })]),
    );
  }

  #alone(): Surroundings {
    const money = () => {
      const { scope, payments } = paidAlone(this.leaf);
      return { scope, payments: payments.map((payment) => ({ ...payment, refunds: this.refunds })) };
    };
    return { clock: this.clock, money, isStale: () => false, take: () => {} };
  }

  get rows(): ShipmentRow[] {
    return [...this.shipments.values()];
  }

  get openCancellation(): Cancellation | undefined {
    return this.cancellations.get(this.leaf.cancellationNo ?? '');
  }

  /** The requests to stop it, oldest first, with what its buyer chose after them. */
  get requests(): (Cancellation & { choice: CancellationChoice | null })[] {
    return [...this.cancellations.values()].map((row) => ({
      ...row,
      choice: this.choices.get(row.cancellationNo) ?? null,
    }));
  }

  /** What a step that moves money is given. */
  get facts() {
    const { scope, payments } = this.#around.money();
    return {
      ...{ leaf: this.leaf, shipments: this.rows, scope, payments },
      ...{ contract: CONTRACT, at: this.at },
    };
  }

  /** Whether a step was decided on rows that are not so any more: the database would refuse to write it. */
  isStale({ effects }: Decision): boolean {
    return (
      effects.nodes.some((node) => this.#isMine(node) && node.expectedVersion !== this.leaf.version) ||
      effects.caseChanges.some((one) => this.cases.get(one.caseNo)?.version !== one.expectedVersion) ||
      this.#around.isStale(effects)
    );
  }

  readonly #isMine = ({ orderNo }: { orderNo: string }): boolean => orderNo === this.leaf.orderNo;

  /** Writes what a step decided; whether it was accepted. With `all`, all money that is left is to go back. */
  take({ verdict, effects: written }: Decision, all = false): boolean {
    if (verdict.result === 'refused') {
      same(written, noEffects());
      return false;
    }
    const effects = ownOf(written, this.leaf.orderNo);
    const before = this.leaf;
    this.#takeShipments(effects, before);
    this.#takeCancellations(effects);
    this.stock.push(...effects.stock);
    this.points.push(...effects.points);
    this.coupons.push(...effects.coupons);
    this.takeMoney(effects, before, all);
    this.countReturned(effects, before, all);
    this.takeCases(effects);
    for (const { event, recipient } of effects.notices) {
      const key = `${event} ${recipient}`;
      same(this.#told.has(key) && key, false);
      this.#told.add(key);
    }
    for (const { workItemId } of effects.workItems) {
      same(this.#asked.has(workItemId) && workItemId, false);
      this.#asked.add(workItemId);
      this.workItems.add(workItemId);
    }
    for (const { workItemId } of effects.workItemsDone) this.workItems.delete(workItemId);
    this.#takeNodes(effects, before);
    this.#around.take(written);
    return true;
  }

  #takeNodes(effects: Effects, before: OrderNode): void {
    const mine = effects.nodes.filter(this.#isMine);
    same(mine.length <= 1, true);
    for (const { expectedVersion, from, to, set } of mine) {
      same([expectedVersion, from], [before.version, before.state]);
      if (from !== to)
        same(
          TRANSITIONS.some((known) => known.from === from && known.to === to),
          true,
        );
      // Nothing is received under a hold (ST-4, RT-7).
      if (to === 'completed' && from !== to) {
        same([before.holds, this.holds.size], [0, 0]);
        this.receivedAt = this.at;
      }
      const cancellationNo =
        set.cancellationNo === undefined ? before.cancellationNo : set.cancellationNo || null;
      this.leaf = { ...before, ...set, cancellationNo, state: to, version: before.version + 1 };
    }
  }

  /** An inspection counted what came back of a case (IN-6). */
  inspect(dispositions: readonly Disposition[]): void {
    for (const { lineNo, sellable, damaged, lost } of dispositions) {
      const line = this.line(lineNo);
      const key = `${line.skuId} ${warehouseOf(this.leaf, line)}`;
      this.inspected.set(key, (this.inspected.get(key) ?? 0) + sellable + damaged + lost);
      this.spoiled += damaged + lost;
    }
  }

  #takeShipments(effects: Decision['effects'], before: OrderNode): void {
    for (const { shipmentNo, lines, how } of effects.shipments) {
      same(this.shipments.has(shipmentNo), false);
      const parcel = how.stage === 'handed_over' ? how : { carrier: null, trackingNo: null };
      const { carrier, trackingNo } = parcel;
      const { stage, warehouseId } = how;
      const partOf = how.stage === 'handed_over' ? how.partOf : null;
      this.shipments.set(shipmentNo, { shipmentNo, stage, warehouseId, partOf, carrier, trackingNo, lines });
      if (stage === 'handed_over') this.#leave(before, lines, warehouseId);
    }
    for (const { shipmentNo, from, to, parcel, without = [] } of effects.shipmentChanges) {
      const row = this.shipments.get(shipmentNo) as ShipmentRow;
      same(from.includes(row.stage), true);
      const lines = row.lines.map(({ lineNo, quantity }) => ({
        lineNo,
        quantity: quantity - (without.find((piece) => piece.lineNo === lineNo)?.quantity ?? 0),
      }));
      same(
        lines.every(({ quantity }) => quantity >= 0),
        true,
      );
      const { carrier, trackingNo } = parcel ?? row;
      this.shipments.set(shipmentNo, { ...row, stage: to, lines, carrier, trackingNo });
      if (to === 'handed_over' && row.stage !== to) this.#leave(before, lines, row.warehouseId);
    }
  }

  #leave(before: OrderNode, lines: readonly LineQuantity[], warehouseId: string | null): void {
    for (const { lineNo, quantity } of lines) {
      const line = this.line(lineNo);
      const key = `${line.skuId} ${warehouseId ?? warehouseOf(before, line)}`;
      this.left.set(key, (this.left.get(key) ?? 0) + quantity);
    }
  }

  #takeCancellations(effects: Decision['effects']): void {
    for (const { answerDueAt, orderNo, ...row } of effects.cancellations) {
      same([orderNo, this.cancellations.has(row.cancellationNo)], [this.leaf.orderNo, false]);
      // A merchant has a time to answer; a warehouse is asked, and nobody is waited for once it is decided.
      same(answerDueAt !== null, row.state === 'asking' && row.shipmentNos.length === 0);
      this.cancellations.set(row.cancellationNo, row);
    }
    for (const { cancellationNo, state } of effects.cancellationsDecided) {
      const row = this.cancellations.get(cancellationNo) as Cancellation;
      same(isDecided(row.state), false);
      this.cancellations.set(cancellationNo, { ...row, state });
    }
    for (const { cancellationNo, choice } of effects.cancellationsChosen) {
      const row = this.cancellations.get(cancellationNo) as Cancellation;
      same([row.state, this.choices.has(cancellationNo)], ['refused', false]);
      this.choices.set(cancellationNo, choice);
    }
  }

  line(lineNo: number): OrderNode['lines'][number] {
    return this.leaf.lines.find((line) => line.lineNo === lineNo) as OrderNode['lines'][number];
  }
}
