import type { Voucher } from '../../domain/ledger/voucher.ts';
import { paymentVoucher, refundVoucher } from '../../domain/ledger/vouchers.ts';
import { sumFen } from '../../domain/money.ts';
import { isDecided, type LineQuantity } from '../../domain/order/cancellation.ts';
import {
  type CouponChange,
  type Decision,
  type NewRefund,
  noEffects,
  type PointsChange,
  type StockChange,
} from '../../domain/order/effects.ts';
import type { LineReversal } from '../../domain/order/fulfilment-effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import { sellStock, warehouseOf } from '../../domain/order/steps/stock.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import { AT, paidAlone } from './leaves.ts';
import { same } from './same.ts';

const HEADER = { orderNo: 'N', rootNo: 'N', operator: 'system', at: AT };

/**
 * The rows of one paid leaf in memory: takes what steps decide as the database would. What must hold between them is in
 * `fulfilment-checks.ts`.
 */
export class FulfilmentModel {
  leaf: OrderNode;
  readonly shipments = new Map<string, ShipmentRow>();
  readonly cancellations = new Map<string, Cancellation>();
  readonly refunds: NewRefund[] = [];
  readonly reversals: LineReversal[] = [];
  readonly stock: StockChange[] = [];
  readonly points: PointsChange[] = [];
  readonly coupons: CouponChange[] = [];
  readonly vouchers: Voucher[] = [];
  readonly workItems = new Set<string>();
  readonly #told = new Set<string>();
  /** Pieces that left a warehouse, by SKU and warehouse. */
  readonly left = new Map<string, number>();
  goodwillFen = 0n;

  /** The leaf as its payment leaves it: sold, paid with payment `T`. */
  constructor(leaf: OrderNode) {
    this.leaf = leaf;
    this.stock.push(...sellStock(leaf));
    this.vouchers.push(paymentVoucher(HEADER, leaf, { provider: 'alipay', outTradeNo: 'T' }));
  }

  get rows(): ShipmentRow[] {
    return [...this.shipments.values()];
  }

  get openCancellation(): Cancellation | undefined {
    return this.cancellations.get(this.leaf.cancellationNo ?? '');
  }

  /** What a step that moves money is given. */
  get facts() {
    const { scope, payments } = paidAlone(this.leaf);
    return {
      ...{ leaf: this.leaf, shipments: this.rows, scope, at: AT },
      payments: payments.map((payment) => ({ ...payment, refunds: this.refunds })),
    };
  }

  get givenFen(): bigint {
    return sumFen(this.refunds.map(({ amountFen }) => amountFen));
  }

  balance(account: string): bigint {
    return sumFen(
      this.vouchers
        .flatMap(({ postings }) => postings)
        .map(({ debit, credit, amountFen }) =>
          debit === account ? amountFen : credit === account ? -amountFen : 0n,
        ),
    );
  }

  /** Writes what a step decided; whether it was accepted. */
  take({ verdict, effects }: Decision): boolean {
    if (verdict.result === 'refused') {
      same(effects, noEffects());
      return false;
    }
    const before = this.leaf;
    this.#takeShipments(effects, before);
    this.#takeCancellations(effects);
    this.stock.push(...effects.stock);
    this.points.push(...effects.points);
    this.coupons.push(...effects.coupons);
    this.reversals.push(...effects.reversals);
    this.#takeMoney(effects);
    for (const { event, recipient } of effects.notices) {
      const key = `${event} ${recipient}`;
      same(this.#told.has(key) && key, false);
      this.#told.add(key);
    }
    for (const { workItemId } of effects.workItems) this.workItems.add(workItemId);
    for (const { workItemId } of effects.workItemsDone) this.workItems.delete(workItemId);
    same(effects.nodes.length <= 1, true);
    for (const { orderNo, expectedVersion, from, to, set } of effects.nodes) {
      same([orderNo, expectedVersion, from], [before.orderNo, before.version, before.state]);
      const cancellationNo =
        set.cancellationNo === undefined ? before.cancellationNo : set.cancellationNo || null;
      this.leaf = { ...before, ...set, cancellationNo, state: to, version: before.version + 1 };
    }
    return true;
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
  }

  #takeMoney({ refunds, reversals, vouchers }: Decision['effects']): void {
    this.refunds.push(...refunds);
    if (reversals.length === 0) this.goodwillFen += sumFen(refunds.map(({ amountFen }) => amountFen));
    this.vouchers.push(...vouchers);
    for (const refund of refunds)
      this.vouchers.push(refundVoucher(HEADER, { ...refund, paidFrom: 'channel:alipay' }));
    const numbers = [...this.vouchers.map((v) => v.voucherNo), ...this.refunds.map((r) => r.refundNo)];
    same(new Set(numbers).size, numbers.length);
  }

  line(lineNo: number): OrderNode['lines'][number] {
    return this.leaf.lines.find((line) => line.lineNo === lineNo) as OrderNode['lines'][number];
  }
}
