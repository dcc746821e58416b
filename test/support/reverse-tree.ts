import { sumFen } from '../../domain/money.ts';
import type { CouponChange, Effects, NewRefund, PointsChange } from '../../domain/order/effects.ts';
import type { OrderNode, PaymentScope } from '../../domain/order/node.ts';
import { newOrderNo } from '../../domain/order/order-no.ts';
import type { RefundablePayment } from '../../domain/order/refund-plan.ts';
import { recordPayment } from '../../domain/order/steps/record-payment.ts';
import { submitOrder } from '../../domain/order/steps/submit.ts';
import type { PricedBasket } from '../../domain/pricing/basket.ts';
import { priceBasket } from '../../domain/pricing/price.ts';
import type { PricingInput } from '../../domain/pricing/types.ts';
import { FulfilmentModel } from './fulfilment-model.ts';
import { AT, CONTRACT } from './leaves.ts';
import { same } from './same.ts';
import { WITH_SYSTEM, WITHOUT_SYSTEM } from './warehouse-walk.ts';

const PLACES = [WITHOUT_SYSTEM, 'W1', 'W2'];
const PAYMENT = 'T';

/** A basket as the order is made of it: every shop has a merchant, items lie in three places. */
function priced(input: PricingInput): PricedBasket {
  const shopIds = [...new Set(input.lines.map((line) => line.shopId))];
  return {
    ...{ addressId: 'A', region: input.region, isNewBuyer: false, warehousesWithSystem: WITH_SYSTEM },
    items: input.lines.map(({ skuId, shopId, category, quantity }, index) => ({
      ...{ skuId, shopId, category, title: skuId, spec: '', paymentTimeoutSeconds: 1800 },
      warehouseId: PLACES[(index + quantity) % PLACES.length] as string,
      inventoryMode: index % 2 === 0 ? 'reserve' : 'on_payment',
    })),
    shops: shopIds.map((shopId) => ({
      ...{ shopId, merchantId: `M-${shopId}`, name: shopId, kind: 'self_operated', reviewRules: {} },
      ...{ autoReceiptSeconds: 864_000, shipWithinSeconds: 86_400 },
    })),
    pricing: priceBasket(input),
  };
}

/**
 * The rows of a paid tree in memory: a model for each of its leaves, and what they share, which is the parent's row, one
 * payment, the buyer's coupons and points.
 */
export class PaidTree {
  readonly clock = { at: AT };
  readonly leaves: FulfilmentModel[];
  /** Those that were cancelled when they were paid (IN-4). */
  readonly #short: OrderNode[];
  readonly #parent: { row: OrderNode } | null;
  readonly receivedFen: bigint;
  readonly #refunds: NewRefund[] = [];
  readonly #coupons: Map<string, CouponChange['to']>;
  #points = { balance: 0, frozen: 0 };

  /** Submits and pays a basket; the leaf at place `short`, if there is one, is out of stock when it is paid. */
  constructor(input: PricingInput, short: number) {
    this.#coupons = new Map(input.coupons.map(({ couponId }) => [couponId, 'available']));
    const at = this.clock.at;
    const order = { orderNo: newOrderNo(at, () => 7), buyerId: 'B', basket: priced(input), at };
    const submission = submitOrder({ ...order, contractOf: () => CONTRACT.contractId });
    const [first, ...children] = submission.nodes as [OrderNode, ...OrderNode[]];
    let [root, leaves] = [first, children.length > 0 ? children : [first]];
    this.receivedFen = root.payableFen;
    this.#takeBenefits(submission.effects);
    if (this.receivedFen > 0n) {
      const effects = this.#pay({ root, leaves, attempts: [], coupons: [] }, leaves[short]?.orderNo);
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
    const around = {
      clock: this.clock,
      money: () => ({ scope: this.scope, payments: this.#payments }),
      isStale: (effects: Effects) => this.#isStale(effects),
      take: (effects: Effects) => this.#take(effects),
    };
    this.leaves = leaves
      .filter(({ state }) => state !== 'cancelled')
      .map((leaf) => new FulfilmentModel(leaf, around));
    this.check();
  }

  #pay(scope: PaymentScope, short: string | undefined): Effects {
    const at = this.clock.at;
    const attempt = {
      outTradeNo: PAYMENT,
      provider: 'alipay',
      method: 'alipay_qr',
      amountFen: this.receivedFen,
    };
    const money = { outTradeNo: PAYMENT, providerTradeNo: 'P', amountFen: this.receivedFen, paidAt: at };
    const { verdict, effects } = recordPayment({
      ...{ scope: { ...scope, attempts: [{ ...attempt, state: 'open' }] }, money, at },
      contractOf: () => CONTRACT.contractId,
      outOfStock: new Set(short === undefined ? [] : [short]),
    });
    same(verdict, { result: 'accepted' });
    this.#refunds.push(...effects.refunds);
    this.#takeBenefits(effects);
    return effects;
  }

  get scope(): PaymentScope {
    const leaves = [...this.leaves.map(({ leaf }) => leaf), ...this.#short];
    return { root: this.#parent?.row ?? (leaves[0] as OrderNode), leaves, attempts: [], coupons: [] };
  }

  get #payments(): RefundablePayment[] {
    const { receivedFen } = this;
    const payment = { outTradeNo: PAYMENT, paidAt: AT, receivedFen, refunds: this.#refunds };
    return receivedFen > 0n ? [payment] : [];
  }

  #isStale({ nodes, refunds }: Effects): boolean {
    const row = this.#parent?.row;
    return (
      nodes.some((node) => node.orderNo === row?.orderNo && node.expectedVersion !== row.version) ||
      refunds.some(({ refundNo }) => this.#refunds.some((known) => known.refundNo === refundNo))
    );
  }

  #take(effects: Effects): void {
    this.#refunds.push(...effects.refunds);
    this.#takeBenefits(effects);
    const leafNos = new Set(this.leaves.map(({ leaf }) => leaf.orderNo));
    for (const { orderNo, expectedVersion, from, to, set } of effects.nodes) {
      if (leafNos.has(orderNo)) continue;
      const row = this.#parent?.row as OrderNode;
      same([orderNo, expectedVersion, from, to, set], [row.orderNo, row.version, row.state, row.state, {}]);
      (this.#parent as { row: OrderNode }).row = { ...row, version: row.version + 1 };
    }
  }

  #takeBenefits({ coupons, points }: { coupons: CouponChange[]; points: PointsChange[] }): void {
    for (const { couponId, from, to } of coupons) {
      same([couponId, this.#coupons.get(couponId)], [couponId, from]);
      this.#coupons.set(couponId, to);
    }
    for (const { balanceDelta, frozenDelta } of points)
      this.#points = {
        balance: this.#points.balance + balanceDelta,
        frozen: this.#points.frozen + frozenDelta,
      };
  }

  get refundedFen(): bigint {
    return sumFen(this.#refunds.map(({ amountFen }) => amountFen));
  }

  /** What the leaves share agrees with them: money, coupons and points are with one side each (I2, I3). */
  check(): void {
    const { root, leaves } = this.scope;
    same(sumFen(leaves.map(({ payableFen }) => payableFen)), this.receivedFen);
    same(
      this.#refunds.every(({ amountFen }) => amountFen > 0n),
      true,
    );
    same(new Set(this.#refunds.map(({ refundNo }) => refundNo)).size, this.#refunds.length);
    const givenFen = sumFen(leaves.map(({ givenBackFen }) => givenBackFen));
    same([givenFen, givenFen <= this.receivedFen], [this.refundedFen, true]);
    // A coupon is back exactly when nothing that it served is alive (decision 7).
    const isAlive = ({ state }: OrderNode) => state !== 'cancelled' && state !== 'closed';
    const served = new Set(
      leaves
        .filter(isAlive)
        .flatMap(({ lines }) => lines.flatMap(({ discounts }) => discounts.map(({ sourceId }) => sourceId))),
    );
    for (const [couponId, state] of this.#coupons) {
      const isUsed = root.couponIds.includes(couponId) && served.has(couponId);
      same([couponId, state], [couponId, isUsed ? 'used' : 'available']);
    }
    const pointsBack = leaves.reduce((sum, leaf) => sum + pointsBackOf(leaf), 0);
    same(this.#points, { balance: pointsBack - root.points, frozen: 0 });
  }

  /** Everything is with its buyer again as if nothing had been bought (RF-4, RF-9). */
  checkAllBack(): void {
    same(this.refundedFen, this.receivedFen);
    same(this.#points, { balance: 0, frozen: 0 });
    same(
      [...this.#coupons.values()].every((state) => state === 'available'),
      true,
    );
  }
}

/** Whole points that the pieces of a leaf that were taken back carried (decision 3). */
function pointsBackOf({ state, lines, progress, points }: OrderNode): number {
  if (state === 'cancelled') return points;
  return lines.reduce(
    (sum, line) => sum + Math.floor((line.points * (progress[line.lineNo]?.reversed ?? 0)) / line.quantity),
    0,
  );
}
