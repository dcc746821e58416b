import { exchangeVouchers } from '../ledger/vouchers.ts';
import { type Fen, minFen, sumFen } from '../money.ts';
import { apportion } from '../pricing/apportion.ts';
import type { LineDiscount } from '../pricing/types.ts';
import type { LineQuantity } from './cancellation.ts';
import type { Effects } from './effects.ts';
import type { OrderLine, OrderNode } from './node.ts';
import { paidEffects, toCollect } from './steps/record-payment.ts';
import { reserveStock } from './steps/stock.ts';
import type { Reversal } from './take-back.ts';

/** Pieces that are exchanged: what is wanted for them and what that costs more than they did, in fen (RT-8). */
export interface ExchangedPiece extends LineQuantity {
  wantSkuId: string;
  differenceFen: Fen;
}

/** What a replacement is made of, as the catalogue has it now. */
export interface WantedItem {
  skuId: string;
  title: string;
  spec: string;
  category: string;
  /** From where it is sent. */
  warehouseId: string;
  /** That warehouse is told what to send (FU-2). */
  hasSystem: boolean;
}

export interface Replacement {
  orderNo: string;
  items: readonly WantedItem[];
  /** How long there is to pay what it costs more (SB-5). */
  paymentTimeoutMs: number;
  contractId: string | null;
}

/** What of the pieces' share goes over to the replacement; the rest of it goes back to the buyer. */
export interface Moved {
  creditFen: Fen;
  points: number;
  pointsFen: Fen;
}

interface Share {
  line: OrderLine;
  /** What of the replacement's price is paid in money, and what in points. */
  payableFen: Fen;
  points: number;
  pointsFen: Fen;
}

/**
 * Makes the order that replaces what came back (RT-8), and the vouchers that move its money there: it costs what the
 * pieces' own share was, without their freight, and the difference of the prices. What it costs more is to be paid like
 * any order; what it costs less goes back in money first, then in points. Answers what went over.
 */
export function replace(
  effects: Effects,
  input: {
    leaf: OrderNode;
    caseNo: string;
    pieces: readonly ExchangedPiece[];
    reversals: readonly Reversal[];
    /** What of the pieces' money is still there: less than their share where something was given back beside them. */
    cashFen: Fen;
    replacement: Replacement;
    at: Date;
  },
): Moved {
  const { leaf, caseNo, pieces, replacement, at } = input;
  const shares = sharesOf(input);
  const lines = shares.map((share, index) =>
    replacementLine(share, pieces[index] as ExchangedPiece, replacement, index + 1),
  );
  const payableFen = sumFen(lines.map((line) => line.payableFen));
  const moved: Moved = {
    creditFen: minFen(input.cashFen, payableFen),
    points: lines.reduce((sum, line) => sum + line.points, 0),
    pointsFen: sumFen(lines.map((line) => line.pointsFen)),
  };
  const node: OrderNode = {
    ...leaf,
    ...{ orderNo: replacement.orderNo, rootNo: replacement.orderNo, paymentRootNo: replacement.orderNo },
    ...{ kind: 'single', parentNo: null, couponIds: [], exchangeOf: caseNo, creditFen: moved.creditFen },
    ...{ payableFen, points: moved.points, pointsFen: moved.pointsFen, lines },
    discountFen: sumFen(lines.map((line) => line.discountFen)),
    shopDiscountFen: sumFen(lines.map((line) => line.shopDiscountFen)),
    freightFen: sumFen(lines.map((line) => line.freightFen)),
    ...{ createdAt: at, state: 'awaiting_payment', version: 1, review: 'confirmed', reviewReason: null },
    paymentDeadline: new Date(at.getTime() + replacement.paymentTimeoutMs),
    dispatch: replacement.items.some(({ hasSystem }) => hasSystem) ? 'due' : 'merchant',
    ...{ progress: {}, shipmentsMade: 0, cancellationNo: null, cancellationDueAt: null, contractId: null },
    ...{ autoReceiptAt: null, holds: 0, clockLeftMs: null, receiptExtended: false },
    ...{ givenBackFen: 0n, priceCutFen: 0n, freightCutFen: 0n, earnRate: null, goodwill: {} },
  };
  effects.stock.push(...reserveStock(node));
  const [out, into] = exchangeVouchers(
    { from: leaf, to: node, operator: 'system', at },
    { caseNo, amountFen: moved.creditFen + moved.pointsFen },
  );
  effects.vouchers.push(out);
  if (toCollect(node).payableFen > 0n) {
    effects.vouchers.push(into);
    effects.made.push(node);
    return moved;
  }
  const scope = { root: node, leaves: [node], attempts: [], coupons: [] };
  const paid = paidEffects(
    scope,
    at,
    () => replacement.contractId,
    () => into,
  );
  effects.vouchers.push(...paid.vouchers);
  effects.stock.push(...paid.stock);
  effects.notices.push(...paid.notices);
  effects.made.push({ ...node, state: 'awaiting_shipment', contractId: replacement.contractId });
  return moved;
}

/** How much of each replaced line is paid in money and in points. */
function sharesOf({ leaf, pieces, reversals, cashFen }: Parameters<typeof replace>[1]): Share[] {
  const missing = apportion(
    sumFen(reversals.map((reversal) => reversal.cashFen)) - cashFen,
    reversals.map((reversal) => reversal.cashFen),
    reversals.map(({ lineNo }) => String(lineNo)),
  );
  return pieces.map(({ lineNo, differenceFen }, index) => {
    const line = leaf.lines.find((candidate) => candidate.lineNo === lineNo);
    const reversal = reversals[index];
    if (!line || !reversal) throw new Error(`${leaf.orderNo} has no line ${lineNo}`);
    const payableFen = reversal.cashFen - (missing[index] ?? 0n) + differenceFen;
    if (payableFen >= 0n) return { line, payableFen, points: reversal.points, pointsFen: reversal.pointsFen };
    const pointsFen = reversal.pointsFen + payableFen;
    if (pointsFen <= 0n) return { line, payableFen: 0n, points: 0, pointsFen: 0n };
    const points = Number((BigInt(reversal.points) * pointsFen) / reversal.pointsFen);
    return { line, payableFen: 0n, points, pointsFen };
  });
}

/**
 * A line of the replacement. Its price is the first one's and the difference; what of it is not paid was discounted
 * there: by the shop as there, and where something was given back since. Freight paid in points stays freight.
 */
function replacementLine(
  { line, ...paid }: Share,
  { quantity, wantSkuId, differenceFen }: ExchangedPiece,
  { items }: Replacement,
  lineNo: number,
): OrderLine {
  const item = items.find(({ skuId }) => skuId === wantSkuId);
  if (!item) throw new Error(`the replacement has no item ${wantSkuId}`);
  const { skuId, title, spec, category, warehouseId } = item;
  const unitPriceFen = line.unitPriceFen + differenceFen / BigInt(quantity);
  const goodsFen = unitPriceFen * BigInt(quantity);
  const notPaidFen = goodsFen - paid.payableFen - paid.pointsFen;
  const discountFen = notPaidFen > 0n ? notPaidFen : 0n;
  const platformFen = minFen(
    discountFen,
    ((line.discountFen - line.shopDiscountFen) * BigInt(quantity)) / BigInt(line.quantity),
  );
  const shopDiscountFen = discountFen - platformFen;
  return {
    ...{ lineNo, skuId, title, spec, category, warehouseId, quantity, unitPriceFen, goodsFen, ...paid },
    discounts: [
      ...discount('shop', 'shop_promotion', shopDiscountFen),
      ...discount('platform', 'platform_promotion', platformFen),
    ],
    ...{ discountFen, shopDiscountFen },
    freightFen: discountFen - notPaidFen,
    inventoryMode: 'reserve',
  };
}

function discount(
  bearer: LineDiscount['bearer'],
  step: LineDiscount['step'],
  amountFen: Fen,
): LineDiscount[] {
  return amountFen === 0n
    ? []
    : [{ step, sourceId: 'exchange', name: '沿用原订单的优惠', bearer, amountFen }];
}
