import type { ShipmentStage } from '../../domain/fulfilment/stages.ts';
import { sumFen } from '../../domain/money.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import type { Contract, OrderLine, OrderNode, PaymentScope } from '../../domain/order/node.ts';
import type { RefundablePayment } from '../../domain/order/refund-plan.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';

/** Paid leaves as the steps see them, built in memory. */

export const AT = new Date('2026-03-01T04:00:00Z');

/** What their merchants are paid by. */
export const CONTRACT: Contract = {
  contractId: 'C',
  settleAfterSeconds: 86_400,
  commissionBps: { default: 437 },
};

/** A line of pieces without discount, freight or points, sold from W1; its SKU is named after its number. */
export function aLine(lineNo: number, changes: Partial<OrderLine> = {}): OrderLine {
  const { quantity = 1, payableFen = 10_000n * BigInt(quantity) } = changes;
  return {
    ...{ lineNo, skuId: `K${lineNo}`, title: `K${lineNo}`, spec: '', category: 'food' },
    ...{ quantity, payableFen, unitPriceFen: payableFen / BigInt(quantity), goodsFen: payableFen },
    ...{ discounts: [], discountFen: 0n, shopDiscountFen: 0n, freightFen: 0n, points: 0, pointsFen: 0n },
    ...{ warehouseId: 'W1', inventoryMode: 'reserve' },
    ...changes,
  };
}

/** A paid and confirmed single order that is to be shipped by its merchant; its sums are those of `lines`. */
export function aLeaf(lines: readonly OrderLine[], changes: Partial<OrderNode> = {}): OrderNode {
  const total = (of: 'payableFen' | 'pointsFen' | 'discountFen' | 'shopDiscountFen' | 'freightFen') =>
    sumFen(lines.map((line) => line[of]));
  return {
    ...{ orderNo: 'N', kind: 'single', rootNo: 'N', parentNo: null, paymentRootNo: 'N' },
    ...{ buyerId: 'B', shopId: 'S', merchantId: 'M' },
    ...{ payableFen: total('payableFen'), pointsFen: total('pointsFen'), discountFen: total('discountFen') },
    ...{ shopDiscountFen: total('shopDiscountFen'), freightFen: total('freightFen') },
    points: lines.reduce((sum, line) => sum + line.points, 0),
    ...{
      couponIds: [],
      exchangeOf: null,
      creditFen: 0n,
      autoReceiptSeconds: 86_400,
      shipWithinSeconds: 86_400,
      createdAt: AT,
    },
    ...{ state: 'awaiting_shipment', version: 1, paymentDeadline: AT, review: 'confirmed' },
    ...{ reviewReason: null, dispatch: 'merchant', progress: {}, shipmentsMade: 0 },
    ...{ cancellationNo: null, cancellationDueAt: null, contractId: 'C', autoReceiptAt: null, holds: 0 },
    ...{ clockLeftMs: null, receiptExtended: false, givenBackFen: 0n, priceCutFen: 0n, freightCutFen: 0n },
    ...{ goodwill: {}, earnRate: null },
    lines,
    ...changes,
  };
}

/** A leaf that is its own payment root, paid with one payment `T` of all it costs; nothing refunded yet. */
export function paidAlone(leaf: OrderNode): {
  scope: PaymentScope;
  payments: RefundablePayment[];
  contract: Contract;
} {
  const payment = { outTradeNo: 'T', paidAt: AT, receivedFen: leaf.payableFen, refunds: [] };
  return {
    scope: { root: leaf, leaves: [leaf], attempts: [], coupons: [] },
    contract: CONTRACT,
    payments: leaf.payableFen > 0n ? [payment] : [],
  };
}

/** A shipment at W1 that has no parcel. */
export function aShipment(
  shipmentNo: string,
  stage: ShipmentStage,
  lines: readonly LineQuantity[],
  changes: Partial<ShipmentRow> = {},
): ShipmentRow {
  const parcel = { partOf: null, carrier: null, trackingNo: null };
  return { shipmentNo, stage, warehouseId: 'W1', ...parcel, lines, ...changes };
}

/** A buyer's request to stop all of a leaf. */
export const aCancellation = (changes: Partial<Cancellation> = {}): Cancellation => ({
  ...{ cancellationNo: 'X', askedBy: 'buyer', reason: 'changed my mind', lines: null, missing: false },
  ...{ shipmentNos: [], state: 'asking' },
  ...changes,
});

/** `[[1, 2]]`: two pieces of line 1. */
export const pieces = (...counts: readonly (readonly [lineNo: number, quantity: number])[]): LineQuantity[] =>
  counts.map(([lineNo, quantity]) => ({ lineNo, quantity }));

/** What ends with the last piece of a leaf to send: all that people may have been asked about its shipments. */
export const tasksDone = (shipmentNos: readonly string[], outcome: string) =>
  shipmentNos.flatMap((shipmentNo) =>
    [
      `warehouse-${shipmentNo}-refused`,
      `warehouse_unreachable-${shipmentNo}`,
      `warehouse_slow-${shipmentNo}`,
      `warehouse_forgot-${shipmentNo}`,
    ].map((workItemId) => ({ workItemId, outcome })),
  );
