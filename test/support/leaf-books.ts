import { type AfterSale, isCaseOver } from '../../domain/after-sale/case.ts';
import type { Voucher } from '../../domain/ledger/voucher.ts';
import { refundVoucher } from '../../domain/ledger/vouchers.ts';
import { sumFen } from '../../domain/money.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import type {
  CouponChange,
  Effects,
  NewRefund,
  NewSettlementLine,
  PointsChange,
} from '../../domain/order/effects.ts';
import type { LineReversal } from '../../domain/order/fulfilment-effects.ts';
import { freightTwice } from '../../domain/order/kept-money.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { same } from './same.ts';

/** A case as its row is, with the hold that it placed and the parcel that it is about. */
export type CaseRow = AfterSale & { holdId: string; merchantId: string; shipmentNo?: string };

/** What a step wrote about one order, without what it wrote about one that it made. */
export function ownOf(effects: Effects, orderNo: string): Effects {
  if (effects.made.length === 0) return effects;
  const own = <One extends { orderNo: string }>(all: One[]) => all.filter((one) => one.orderNo === orderNo);
  const { stock, points, vouchers, notices } = effects;
  return {
    ...effects,
    ...{ stock: own(stock), points: own(points), vouchers: own(vouchers), notices: own(notices) },
  };
}

/** The money of one paid leaf and its cases in memory: what steps wrote about them. */
export class LeafBooks {
  leaf: OrderNode;
  protected readonly clock: { readonly at: Date };
  readonly cases = new Map<string, CaseRow>();
  /** Holds that are open, by id. */
  readonly holds = new Set<string>();
  /** Troubles of parcels that stop the clock, by the id of their hold. */
  readonly alarms = new Set<string>();
  readonly settlementLines: NewSettlementLine[] = [];
  /** Of the pieces taken back those that had left, by line. */
  readonly returned = new Map<number, number>();
  readonly refunds: NewRefund[] = [];
  readonly reversals: LineReversal[] = [];
  readonly points: PointsChange[] = [];
  readonly coupons: CouponChange[] = [];
  readonly vouchers: Voucher[] = [];
  /** What the steps so far should have given back, or moved to a replacement. */
  dueBackFen = 0n;
  /** What went over to replacements (RT-8), and the lines whose pieces did. */
  readonly movedOut = { creditFen: 0n, points: 0, pointsFen: 0n };
  readonly exchanged = new Set<number>();
  /** Freight given back alone and with pieces, and what was held back of the latter (RF-8). */
  readonly freight = { aloneFen: 0n, withPiecesFen: 0n, heldBackFen: 0n };
  /** What the platform gave of its own (RF-8). */
  platformGivenFen = 0n;

  constructor(leaf: OrderNode, clock: { readonly at: Date }) {
    this.leaf = leaf;
    this.clock = clock;
  }

  get at(): Date {
    return this.clock.at;
  }

  protected get header() {
    const { orderNo, rootNo } = this.leaf;
    return { orderNo, rootNo, operator: 'system', at: this.at };
  }

  /** Pieces of the leaf in cases that are open. */
  get inCases(): LineQuantity[] {
    return this.openCases.flatMap(({ pieces }) => pieces);
  }

  get openCases(): CaseRow[] {
    return [...this.cases.values()].filter(({ state }) => !isCaseOver(state));
  }

  get givenFen(): bigint {
    return sumFen(this.refunds.map(({ amountFen }) => amountFen));
  }

  /** What it earned its buyer, less what was taken back of that. */
  get earnedPoints(): number {
    return this.points.reduce(
      (sum, { cause, balanceDelta }) => sum + (cause === 'earn' || cause === 'unearn' ? balanceDelta : 0),
      0,
    );
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

  protected takeCases(effects: Effects): void {
    for (const { sealedWords: _, ...row } of effects.cases) {
      same(this.cases.has(row.caseNo), false);
      this.cases.set(row.caseNo, {
        ...row,
        version: 1,
        offerFen: null,
        returnTo: null,
        outbound: null,
        parcels: [],
      });
    }
    for (const { caseNo, shipmentNo, carrier, trackingNo } of effects.sentBack) {
      const row = this.cases.get(caseNo) as CaseRow;
      const parcels = [...row.parcels, { shipmentNo, carrier, trackingNo, lastEventAt: null }];
      this.cases.set(caseNo, { ...row, parcels });
    }
    for (const { shipmentNo, from, to } of effects.corrections) {
      const row = [...this.cases.values()].find(({ parcels }) => parcels.at(-1)?.shipmentNo === shipmentNo);
      const wrong = row?.parcels.at(-1);
      same(wrong, { shipmentNo, ...from, lastEventAt: null });
      if (row && wrong)
        this.cases.set(row.caseNo, { ...row, parcels: [...row.parcels.slice(0, -1), { ...wrong, ...to }] });
    }
    for (const { caseNo, expectedVersion, to, dueAt, set } of effects.caseChanges) {
      const row = this.cases.get(caseNo) as CaseRow;
      same([row.version, isCaseOver(row.state)], [expectedVersion, false]);
      const { offerFen = row.offerFen, returnTo = row.returnTo } = set;
      this.cases.set(caseNo, { ...row, state: to, dueAt, offerFen, returnTo, version: row.version + 1 });
    }
    for (const { holdId, placed } of effects.holds) {
      same(this.holds.has(holdId), !placed);
      if (placed) this.holds.add(holdId);
      else this.holds.delete(holdId);
    }
  }

  protected countReturned({ reversals }: Effects, before: OrderNode, all: boolean): void {
    for (const { lineNo, quantity, cause } of reversals) {
      const counted = this.returned.get(lineNo) ?? 0;
      const hadLeft = (before.progress[lineNo]?.shipped ?? 0) - counted;
      const count = all ? hadLeft : this.cases.has(cause) ? quantity : 0;
      this.returned.set(lineNo, counted + count);
    }
  }

  protected takeMoney(effects: Effects, before: OrderNode, all: boolean): void {
    const { refunds, reversals, vouchers, settlementLines } = effects;
    const cashFen = sumFen(refunds.map(({ amountFen }) => amountFen)) + this.#takeMade(effects);
    const leftFen = before.payableFen - before.givenBackFen;
    const freightFen = this.#freightOf(effects, before);
    const shareFen = sumFen(reversals.map((reversal) => reversal.cashFen)) - freightTwice(before, freightFen);
    // Pieces bring their own share of what is left; an amount beside pieces is what was asked for (RF-4).
    if (all) this.dueBackFen += leftFen;
    else if (reversals.length > 0) this.dueBackFen += shareFen < leftFen ? shareFen : leftFen;
    else this.dueBackFen += cashFen;
    this.freight.withPiecesFen += freightFen;
    if (reversals.length > 0) {
      const heldBackFen = sumFen(reversals.map((reversal) => reversal.cashFen)) - cashFen;
      this.freight.heldBackFen += heldBackFen > 0n ? heldBackFen : 0n;
    }
    this.refunds.push(...refunds);
    this.reversals.push(...reversals);
    this.vouchers.push(...vouchers);
    this.settlementLines.push(...settlementLines);
    for (const refund of refunds)
      this.vouchers.push(refundVoucher(this.header, { ...refund, paidFrom: 'channel:alipay' }));
    const numbers = [
      ...this.vouchers.map((v) => v.voucherNo),
      ...this.refunds.map((r) => r.refundNo),
      ...this.settlementLines.map(({ lineNo, seq }) => `${lineNo} ${seq}`),
    ];
    same(new Set(numbers).size, numbers.length);
  }

  /** What goes over to the replacement that a step makes: all that came back is with it or with its buyer (RT-8). */
  #takeMade({ made, reversals, refunds, points }: Effects): bigint {
    same(made.length <= 1, true);
    const [order] = made;
    if (!order) return 0n;
    const { creditFen, payableFen, pointsFen, lines, state } = order;
    for (const { lineNo } of reversals) this.exchanged.add(lineNo);
    this.movedOut.creditFen += creditFen;
    this.movedOut.points += order.points;
    this.movedOut.pointsFen += pointsFen;
    const total = (of: (reversal: LineReversal) => number) =>
      reversals.reduce((sum, reversal) => sum + of(reversal), 0);
    const back = points.reduce(
      (sum, { cause, balanceDelta }) => sum + (cause === 'return' ? balanceDelta : 0),
      0,
    );
    same(
      order.points + back,
      total((reversal) => reversal.points),
    );
    same(sumFen(lines.map((line) => line.payableFen)), payableFen);
    same(
      lines.map((line) => line.goodsFen - line.discountFen + line.freightFen - line.pointsFen),
      lines.map((line) => line.payableFen),
    );
    // Nothing goes back to whoever has still to pay.
    same(state, creditFen < payableFen ? 'awaiting_payment' : 'awaiting_shipment');
    same(creditFen < payableFen && refunds.length > 0, false);
    return creditFen;
  }

  /** The freight in the money of pieces that a step takes back: none where their buyer bears it. */
  #freightOf({ reversals }: Effects, { lines, progress }: OrderNode): bigint {
    return sumFen(
      reversals.map(({ lineNo, quantity, cashFen }) => {
        const line = lines.find((one) => one.lineNo === lineNo) as OrderNode['lines'][number];
        const before = BigInt(progress[lineNo]?.reversed ?? 0);
        const share = (total: bigint) =>
          (total * (before + BigInt(quantity))) / BigInt(line.quantity) -
          (total * before) / BigInt(line.quantity);
        const [wholeFen, freightFen] = [share(line.payableFen), share(line.freightFen)];
        const withinFen = freightFen < wholeFen ? freightFen : wholeFen;
        return cashFen === wholeFen ? withinFen : 0n;
      }),
    );
  }
}
