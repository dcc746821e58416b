import { accounts } from '../../domain/ledger/voucher.ts';
import { refundVoucher } from '../../domain/ledger/vouchers.ts';
import { sumFen } from '../../domain/money.ts';
import type { Effects } from '../../domain/order/effects.ts';
import type { OrderNode, PaymentScope } from '../../domain/order/node.ts';
import { newOrderNo } from '../../domain/order/order-no.ts';
import { endUnpaid } from '../../domain/order/steps/end-unpaid.ts';
import { submitOrder } from '../../domain/order/steps/submit.ts';
import type { PricingInput } from '../../domain/pricing/types.ts';
import { isExchanged } from './fulfilment-checks.ts';
import { FulfilmentModel, type Surroundings } from './fulfilment-model.ts';
import { CONTRACT } from './leaves.ts';
import { same } from './same.ts';
import { PAYMENT, TreeMoney } from './tree-money.ts';
import { balanceOf, checkWaiting, pointsBackOf, priced, scopeOf, type Waiting } from './tree-rows.ts';

/**
 * The rows of a paid tree in memory: a model for each of its leaves and of what replaced something of them, and what they
 * share, which is the parent's row, the payments, the buyer's coupons and points.
 */
export class PaidTree extends TreeMoney {
  /** The leaves of the tree, and after them what replaced something, once it is paid. */
  readonly leaves: FulfilmentModel[];
  /** Replacements that are dearer, until the difference is paid. */
  readonly waiting: Waiting[] = [];
  /** Those whose difference nobody paid. */
  readonly #unpaid: Waiting[] = [];
  /** Those that were cancelled when they were paid (IN-4). */
  readonly #short: OrderNode[];
  readonly #parent: { row: OrderNode } | null;

  /** Submits and pays a basket; the leaf at place `short`, if there is one, is out of stock when it is paid. */
  constructor(input: PricingInput, short: number) {
    super(input.coupons.map(({ couponId }) => couponId));
    const at = this.clock.at;
    const order = { orderNo: newOrderNo(at, () => 7), buyerId: 'B', basket: priced(input), at };
    const submission = submitOrder({ ...order, contractOf: () => CONTRACT.contractId });
    const [first, ...children] = submission.nodes as [OrderNode, ...OrderNode[]];
    let [root, leaves] = [first, children.length > 0 ? children : [first]];
    this.takeBenefits(submission.effects);
    if (root.payableFen > 0n) {
      const effects = this.pay({ root, leaves, attempts: [], coupons: [] }, leaves[short]?.orderNo);
      const paid = (node: OrderNode): OrderNode => {
        const change = effects.nodes.find(({ orderNo }) => orderNo === node.orderNo);
        if (!change) throw new Error(`the payment leaves ${node.orderNo} as it was`);
        return { ...node, ...change.set, cancellationNo: null, state: change.to, version: node.version + 1 };
      };
      root = paid(root);
      leaves = leaves.map(paid);
    }
    this.#parent = root.kind === 'parent' ? { row: root } : null;
    this.#short = leaves.filter(({ state }) => state === 'cancelled');
    const around = this.#around([PAYMENT], () => this.scope);
    this.leaves = leaves
      .filter(({ state }) => state !== 'cancelled')
      .map((leaf) => new FulfilmentModel(leaf, around));
    this.check();
  }

  #around(paidBy: readonly string[], scope: () => PaymentScope): Surroundings {
    return {
      clock: this.clock,
      money: () => ({ scope: scope(), payments: this.paymentsOf(paidBy) }),
      isStale: (effects) => this.#isStale(effects),
      take: (effects) => this.#take(effects, paidBy),
    };
  }

  /** Its buyer pays what a replacement costs more: it goes on like any leaf (RT-8). */
  payDifference(waiting: Waiting): void {
    const { row, stock, vouchers, paidBy } = this.#noLonger(waiting);
    const outTradeNo = `D-${row.orderNo}`;
    const effects = this.pay(scopeOf(row), undefined, outTradeNo);
    const [change] = effects.nodes;
    same([change?.orderNo, change?.expectedVersion], [row.orderNo, row.version]);
    const paid: OrderNode = {
      ...{
        ...row,
        ...change?.set,
        cancellationNo: null,
        state: 'awaiting_shipment',
        version: row.version + 1,
      },
    };
    this.#live({
      row: paid,
      stock: [...stock, ...effects.stock],
      vouchers: [...vouchers, ...effects.vouchers],
      paidBy: [outTradeNo, ...paidBy],
    });
    this.count('difference paid');
  }

  /** Nobody pays it: what came over goes back after all. */
  endUnpaid(waiting: Waiting, action: 'cancel_unpaid' | 'expire'): void {
    const { row, stock, vouchers, paidBy } = this.#noLonger(waiting);
    const { verdict, effects } = endUnpaid({
      ...{ scope: scopeOf(row), payments: this.paymentsOf(paidBy), action, reason: 'test' },
      ...{ byBuyer: action === 'cancel_unpaid', at: this.clock.at },
    });
    same([verdict, effects.coupons], [{ result: 'accepted' }, []]);
    this.refunds.push(...effects.refunds);
    this.takeBenefits(effects);
    const [change] = effects.nodes;
    same([effects.nodes.length, change?.to, change?.expectedVersion], [1, 'cancelled', row.version]);
    const { orderNo, rootNo } = row;
    const header = { orderNo, rootNo, operator: 'system', at: this.clock.at };
    const refunded = effects.refunds.map((refund) =>
      refundVoucher(header, { ...refund, paidFrom: 'channel:alipay' }),
    );
    this.#unpaid.push({
      row: { ...row, ...change?.set, cancellationNo: null, state: 'cancelled' },
      stock: [...stock, ...effects.stock],
      vouchers: [...vouchers, ...effects.vouchers, ...refunded],
      paidBy,
    });
    this.count('difference not paid');
  }

  #noLonger(waiting: Waiting): Waiting {
    this.waiting.splice(this.waiting.indexOf(waiting), 1);
    return waiting;
  }

  #live({ row, stock, vouchers, paidBy }: Waiting): void {
    const model: FulfilmentModel = new FulfilmentModel(
      row,
      this.#around(paidBy, () => scopeOf(model.leaf)),
      { stock, vouchers },
    );
    this.leaves.push(model);
  }

  /** What a step made lives on by itself, once nothing is to be paid for it. */
  #make({ made, nodes, stock, vouchers }: Effects, paidBy: readonly string[]): void {
    const of = this.leaves.find(({ leaf }) => leaf.orderNo === nodes[0]?.orderNo);
    const origin = of?.leaf.exchangeOf ?? null;
    for (const row of made) {
      const isOwn = ({ orderNo }: { orderNo: string | null }) => orderNo === row.orderNo;
      const born = { row, stock: stock.filter(isOwn), vouchers: vouchers.filter(isOwn), paidBy };
      this.count(row.state === 'awaiting_payment' ? 'replaced for a difference' : 'replaced');
      if (origin !== null) this.count('replaced again');
      if (row.state === 'awaiting_payment') this.waiting.push(born);
      else this.#live(born);
    }
  }

  get #first(): FulfilmentModel[] {
    return this.leaves.filter(({ leaf }) => leaf.exchangeOf === null);
  }

  get scope(): PaymentScope {
    const leaves = [...this.#first.map(({ leaf }) => leaf), ...this.#short];
    return { root: this.#parent?.row ?? (leaves[0] as OrderNode), leaves, attempts: [], coupons: [] };
  }

  #isStale({ nodes, refunds }: Effects): boolean {
    const row = this.#parent?.row;
    return (
      nodes.some((node) => node.orderNo === row?.orderNo && node.expectedVersion !== row.version) ||
      refunds.some(({ refundNo }) => this.refunds.some((known) => known.refundNo === refundNo))
    );
  }

  #take(effects: Effects, paidBy: readonly string[]): void {
    this.refunds.push(...effects.refunds);
    this.takeBenefits(effects);
    this.takeGoodwill(effects);
    this.#make(effects, paidBy);
    const leafNos = new Set(this.leaves.map(({ leaf }) => leaf.orderNo));
    for (const { orderNo, expectedVersion, from, to, set } of effects.nodes) {
      if (leafNos.has(orderNo)) continue;
      const row = this.#parent?.row as OrderNode;
      same([orderNo, expectedVersion, from, to, set], [row.orderNo, row.version, row.state, row.state, {}]);
      (this.#parent as { row: OrderNode }).row = { ...row, version: row.version + 1 };
    }
  }

  /** What the leaves share agrees with them: money, coupons and points are with one side each (I2, I3). */
  check(): void {
    const { root, leaves } = this.scope;
    const notPaid = [...this.waiting, ...this.#unpaid];
    const made = [...this.leaves.map(({ leaf }) => leaf), ...notPaid.map(({ row }) => row)].filter(
      ({ exchangeOf }) => exchangeOf !== null,
    );
    const nodes = [...leaves, ...made];
    const creditFen = sumFen(made.map((node) => node.creditFen));
    // What was paid for all that there is, and once.
    same(
      sumFen(nodes.map(({ payableFen }) => payableFen)) -
        creditFen -
        sumFen(notPaid.map(({ row }) => row.payableFen - row.creditFen)),
      this.receivedFen,
    );
    for (const { receivedFen, refunds } of this.paymentsOf([...this.payments.keys()]))
      same(sumFen(refunds.map(({ amountFen }) => amountFen)) <= receivedFen, true);
    same(
      this.refunds.every(({ amountFen }) => amountFen > 0n),
      true,
    );
    same(new Set(this.refunds.map(({ refundNo }) => refundNo)).size, this.refunds.length);
    // What went over to a replacement left one order and is the other's.
    const givenFen = sumFen(nodes.map(({ givenBackFen }) => givenBackFen)) - creditFen;
    same([givenFen, givenFen <= this.receivedFen], [this.refundedFen, true]);
    for (const one of this.waiting) checkWaiting(one, one.row.creditFen + one.row.pointsFen);
    for (const one of this.#unpaid) checkWaiting(one, 0n);
    for (const { stock } of this.leaves.filter(({ leaf }) => leaf.exchangeOf !== null))
      same(
        stock.reduce((sum, { reservedDelta }) => sum + reservedDelta, 0),
        0,
      );
    if (made.length > 0) {
      const books = [...this.leaves, ...notPaid].flatMap(({ vouchers }) => vouchers);
      same(balanceOf(books, accounts.exchangeClearing), 0n);
    }
    // A coupon is back exactly when nothing that it served is alive (decision 7).
    const isAlive = ({ state }: OrderNode) => state !== 'cancelled' && state !== 'closed';
    const served = new Set(
      leaves
        .filter(isAlive)
        .flatMap(({ lines }) => lines.flatMap(({ discounts }) => discounts.map(({ sourceId }) => sourceId))),
    );
    for (const [couponId, state] of this.coupons) {
      const isServed = served.has(couponId) || this.#first.some((model) => isExchanged(model, couponId));
      const isUsed = root.couponIds.includes(couponId) && isServed;
      same([couponId, state], [couponId, isUsed ? 'used' : 'available']);
    }
    const pointsBack = [...nodes].reduce((sum, node) => sum + pointsBackOf(node), 0);
    const pointsMoved = made.reduce((sum, { points }) => sum + points, 0);
    const pointsEarned = this.leaves.reduce((sum, model) => sum + model.earnedPoints, 0);
    same(this.points, { balance: pointsBack - pointsMoved + pointsEarned - root.points, frozen: 0 });
  }

  /** Everything is with its buyer again as if nothing had been bought (RF-4, RF-9). */
  checkAllBack(): void {
    // What was exchanged was delivered: its freight is its buyer's, and its coupons have served (RT-8).
    const keptFen = sumFen(
      this.leaves
        .filter(({ exchanged }) => exchanged.size > 0)
        .flatMap(({ leaf }) => Object.values(leaf.progress).map((one) => BigInt(one.keptFen ?? 0))),
    );
    const notBackFen = this.receivedFen - this.refundedFen;
    same(0n <= notBackFen && notBackFen <= keptFen, true);
    same(this.points, { balance: 0, frozen: 0 });
    for (const [couponId, state] of this.coupons)
      if (!this.#first.some((model) => isExchanged(model, couponId)))
        same([couponId, state], [couponId, 'available']);
  }
}
