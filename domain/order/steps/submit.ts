import { zeroPaymentVoucher } from '../../ledger/vouchers.ts';
import { sumFen } from '../../money.ts';
import { type BasketShop, type PricedBasket, paymentTimeoutMs } from '../../pricing/basket.ts';
import type { PricedLine } from '../../pricing/types.ts';
import { type Effects, noEffects } from '../effects.ts';
import type { OrderLine, OrderNode, PaymentScope } from '../node.ts';
import { childOrderNos } from '../order-no.ts';
import { reviewRuleOf } from '../review-rules.ts';
import { paidEffects } from './record-payment.ts';
import { reserveStock } from './stock.ts';

export interface SubmitInput {
  orderNo: string;
  buyerId: string;
  basket: PricedBasket;
  at: Date;
  contractOf: (merchantId: string) => string | null;
}

/** A tree to insert, root first, and what goes with it. */
export interface Submission {
  nodes: OrderNode[];
  effects: Effects;
}

/**
 * Makes the order of a priced basket (SB-4): one shop → a single order; several → a parent with a child per shop, paid
 * as one (SP-3, SP-5). Stock is reserved, coupons and points are locked; with nothing to pay it is paid at once.
 */
export function submitOrder(input: SubmitInput): Submission {
  const scope = buildTree(input);
  const { root, leaves } = scope;
  const effects = noEffects();
  effects.stock.push(...leaves.flatMap(reserveStock));
  const paidAtOnce = root.payableFen === 0n;
  if (!paidAtOnce) {
    effects.coupons.push(
      ...root.couponIds.map((couponId) => ({
        couponId,
        orderNo: root.orderNo,
        from: 'available' as const,
        to: 'locked' as const,
      })),
    );
    if (root.points > 0) effects.points.push(pointsFrozen(root));
    effects.notices.push({
      orderNo: root.orderNo,
      event: 'submitted',
      recipient: `buyer:${root.buyerId}`,
      params: {},
    });
    return { nodes: nodesOf(scope), effects };
  }
  // Nothing to pay (decision 5): lock and payment happen in the same step, without a provider.
  effects.coupons.push(
    ...root.couponIds.map((couponId) => ({
      couponId,
      orderNo: root.orderNo,
      from: 'available' as const,
      to: 'used' as const,
    })),
  );
  if (root.points > 0) effects.points.push(pointsFrozen(root));
  const paid = paidEffects(scope, input.at, input.contractOf, (header, leaf) =>
    zeroPaymentVoucher(header, leaf),
  );
  const settled = new Map(paid.nodes.map((node) => [node.orderNo, node]));
  effects.stock.push(...paid.stock);
  effects.points.push(...paid.points);
  effects.vouchers.push(...paid.vouchers);
  effects.notices.push(...paid.notices);
  return {
    nodes: nodesOf(scope).map((node) => {
      const now = settled.get(node.orderNo);
      return now
        ? {
            ...node,
            state: now.to,
            review: now.set.review ?? node.review,
            contractId: now.set.contractId ?? null,
          }
        : node;
    }),
    effects,
  };
}

function nodesOf({ root, leaves }: PaymentScope): OrderNode[] {
  return root.kind === 'parent' ? [root, ...leaves] : [root];
}

function pointsFrozen(root: OrderNode) {
  return {
    orderNo: root.orderNo,
    buyerId: root.buyerId,
    cause: 'freeze' as const,
    balanceDelta: 0,
    frozenDelta: root.points,
  };
}

function buildTree(input: SubmitInput): PaymentScope {
  const { basket, orderNo } = input;
  const shops = [...basket.shops].sort((a, b) => (a.shopId < b.shopId ? -1 : 1));
  const deadline = new Date(input.at.getTime() + paymentTimeoutMs(basket));
  if (shops.length === 1) {
    const root = buildLeaf(input, shops[0] as BasketShop, {
      orderNo,
      kind: 'single',
      parentNo: null,
      deadline,
    });
    return {
      root: { ...root, couponIds: basket.pricing.usedCouponIds },
      ...{ leaves: [root], attempts: [], coupons: [] },
    };
  }
  const numbers = childOrderNos(orderNo, shops.length);
  const leaves = shops.map((shop, index) =>
    buildLeaf(input, shop, { orderNo: numbers[index] as string, kind: 'child', parentNo: orderNo, deadline }),
  );
  const { pricing } = basket;
  const root: OrderNode = {
    ...base(input, deadline),
    orderNo,
    kind: 'parent',
    parentNo: null,
    shopId: null,
    merchantId: null,
    payableFen: pricing.payableFen,
    points: pricing.points,
    pointsFen: pricing.pointsFen,
    discountFen: pricing.discountFen,
    shopDiscountFen: sumFen(leaves.map((leaf) => leaf.shopDiscountFen)),
    freightFen: sumFen(leaves.map((leaf) => leaf.freightFen)),
    couponIds: pricing.usedCouponIds,
    autoReceiptSeconds: 0,
    shipWithinSeconds: Math.max(...basket.shops.map((shop) => shop.shipWithinSeconds)),
    review: 'confirmed',
    reviewReason: null,
    lines: [],
  };
  return { root, leaves, attempts: [], coupons: [] };
}

function buildLeaf(
  input: SubmitInput,
  shop: BasketShop,
  place: { orderNo: string; kind: 'single' | 'child'; parentNo: string | null; deadline: Date },
): OrderNode {
  const priced = input.basket.pricing.lines.filter((line) => line.shopId === shop.shopId);
  const lines = priced.map((line, index) => buildLine(input.basket, line, index + 1));
  const byWarehouse = new Set(input.basket.warehousesWithSystem);
  return {
    ...base(input, place.deadline),
    orderNo: place.orderNo,
    kind: place.kind,
    parentNo: place.parentNo,
    shopId: shop.shopId,
    merchantId: shop.merchantId,
    payableFen: sumFen(lines.map((line) => line.payableFen)),
    points: lines.reduce((sum, line) => sum + line.points, 0),
    pointsFen: sumFen(lines.map((line) => line.pointsFen)),
    discountFen: sumFen(lines.map((line) => line.discountFen)),
    shopDiscountFen: sumFen(lines.map((line) => line.shopDiscountFen)),
    freightFen: sumFen(lines.map((line) => line.freightFen)),
    couponIds: [],
    autoReceiptSeconds: shop.autoReceiptSeconds,
    shipWithinSeconds: shop.shipWithinSeconds,
    ...reviewOf(shop, input.basket, lines),
    dispatch: lines.some(({ warehouseId }) => byWarehouse.has(warehouseId)) ? 'due' : 'merchant',
    lines,
  };
}

/** Decision 22: self-operated shops are reviewed by rules, third-party shops by hand. */
function reviewOf(
  shop: BasketShop,
  { isNewBuyer, region }: PricedBasket,
  lines: readonly OrderLine[],
): Pick<OrderNode, 'review' | 'reviewReason'> {
  if (shop.kind === 'third_party') return { review: 'pending', reviewReason: null };
  const amountFen = sumFen(lines.map((line) => line.payableFen + line.pointsFen));
  const rule = reviewRuleOf(shop.reviewRules, { amountFen, isNewBuyer, region });
  return { review: rule ? 'pending' : 'confirmed', reviewReason: rule };
}

function base(input: SubmitInput, deadline: Date) {
  return {
    rootNo: input.orderNo,
    paymentRootNo: input.orderNo,
    buyerId: input.buyerId,
    createdAt: input.at,
    state: 'awaiting_payment' as const,
    version: 1,
    paymentDeadline: deadline,
    dispatch: 'merchant' as const,
    progress: {},
    shipmentsMade: 0,
    cancellationNo: null,
    cancellationDueAt: null,
    contractId: null,
    autoReceiptAt: null,
    holds: 0,
    clockLeftMs: null,
    receiptExtended: false,
    givenBackFen: 0n,
    priceCutFen: 0n,
    freightCutFen: 0n,
    ...{ exchangeOf: null, creditFen: 0n, earnRate: null, goodwill: {} },
  };
}

function buildLine(basket: PricedBasket, line: PricedLine, lineNo: number): OrderLine {
  const item = basket.items.find((candidate) => candidate.skuId === line.skuId);
  if (!item) throw new Error(`the quote prices ${line.skuId} but has no item for it`);
  const { title, spec, category, warehouseId, inventoryMode } = item;
  const {
    skuId,
    quantity,
    unitPriceFen,
    goodsFen,
    discounts,
    discountFen,
    freightFen,
    points,
    pointsFen,
    payableFen,
  } = line;
  const shopDiscountFen = sumFen(discounts.filter((d) => d.bearer === 'shop').map((d) => d.amountFen));
  return {
    lineNo,
    skuId,
    title,
    spec,
    category,
    quantity,
    unitPriceFen,
    goodsFen,
    discounts,
    discountFen,
    shopDiscountFen,
    freightFen,
    points,
    pointsFen,
    payableFen,
    warehouseId,
    inventoryMode,
  };
}
