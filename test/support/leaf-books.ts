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
import type { OrderNode } from '../../domain/order/node.ts';
import { same } from './same.ts';

/** A case as its row is, with the hold that it placed. */
export type CaseRow = AfterSale & { holdId: string; merchantId: string };

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
  /** What the steps so far should have given back. */
  dueBackFen = 0n;

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
    for (const { caseNo, expectedVersion, to, dueAt, set } of effects.caseChanges) {
      const row = this.cases.get(caseNo) as CaseRow;
      same([row.version, isCaseOver(row.state)], [expectedVersion, false]);
      const { offerFen = row.offerFen } = set;
      this.cases.set(caseNo, { ...row, state: to, dueAt, offerFen, version: row.version + 1 });
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
    const cashFen = sumFen(refunds.map(({ amountFen }) => amountFen));
    const leftFen = before.payableFen - before.givenBackFen;
    const shareFen = sumFen(reversals.map((reversal) => reversal.cashFen));
    // Pieces bring their own share of what is left; an amount beside pieces is what was asked for (RF-4).
    if (all) this.dueBackFen += leftFen;
    else if (reversals.length > 0) this.dueBackFen += shareFen < leftFen ? shareFen : leftFen;
    else this.dueBackFen += cashFen;
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
}
