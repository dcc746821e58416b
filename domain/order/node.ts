import type { Fen } from '../money.ts';
import type { LineDiscount } from '../pricing/types.ts';
import type { Goodwill } from './goodwill.ts';
import type { LineProgress } from './progress.ts';
import type { Dispatch, NodeKind, NodeState, ReviewState } from './states.ts';

/** A line of a leaf with its share of every amount. */
export interface OrderLine {
  lineNo: number;
  skuId: string;
  title: string;
  spec: string;
  category: string;
  quantity: number;
  unitPriceFen: Fen;
  goodsFen: Fen;
  discounts: readonly LineDiscount[];
  discountFen: Fen;
  shopDiscountFen: Fen;
  freightFen: Fen;
  points: number;
  pointsFen: Fen;
  payableFen: Fen;
  warehouseId: string;
  inventoryMode: 'reserve' | 'on_payment';
}

/** An order node as the steps see it: a row of `orders` with its lines (none on a parent). */
export interface OrderNode {
  orderNo: string;
  kind: NodeKind;
  rootNo: string;
  parentNo: string | null;
  paymentRootNo: string;
  buyerId: string;
  shopId: string | null;
  merchantId: string | null;
  payableFen: Fen;
  points: number;
  pointsFen: Fen;
  discountFen: Fen;
  shopDiscountFen: Fen;
  freightFen: Fen;
  couponIds: readonly string[];
  /** The exchange it replaces something for, and how much of `payableFen` came over from there (RT-8). */
  exchangeOf: string | null;
  creditFen: Fen;
  autoReceiptSeconds: number;
  shipWithinSeconds: number;
  createdAt: Date;
  state: NodeState;
  version: number;
  paymentDeadline: Date;
  review: ReviewState;
  reviewReason: string | null;
  dispatch: Dispatch;
  progress: LineProgress;
  shipmentsMade: number;
  cancellationNo: string | null;
  cancellationDueAt: Date | null;
  contractId: string | null;
  autoReceiptAt: Date | null;
  holds: number;
  clockLeftMs: number | null;
  receiptExtended: boolean;
  givenBackFen: Fen;
  priceCutFen: Fen;
  freightCutFen: Fen;
  /** Of what was given back: freight alone, and what the platform bears (RF-8). */
  goodwill: Goodwill;
  /** Points per whole yuan by which it earned when it was received (CK-12); null before. */
  earnRate: number | null;
  lines: readonly OrderLine[];
}

export interface PaymentAttempt {
  outTradeNo: string;
  provider: string;
  method: string;
  amountFen: Fen;
  state: 'starting' | 'open' | 'succeeded' | 'closed' | 'failed';
}

export interface Contract {
  contractId: string;
  settleAfterSeconds: number;
  commissionBps: Readonly<Record<string, number>> & { readonly default: number };
}

/** A payment root with everything its payment touches: itself, the leaves it pays for, its attempts. */
export interface PaymentScope {
  root: OrderNode;
  /** The root itself for a single order, its leaves for a joint tree. */
  leaves: readonly OrderNode[];
  attempts: readonly PaymentAttempt[];
  /** The coupons that it holds, locked or used. */
  coupons: readonly { couponId: string; validTo: Date }[];
}
