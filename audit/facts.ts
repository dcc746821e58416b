/** What the auditor looks at: rows of the database, trades of the providers, books of warehouses and carriers. Money is fen. */

/** `I1`: stock, here and in the warehouses; `I2`: money; `I3`: nothing twice; `I5`: what was acknowledged comes to an end. */
export interface Finding {
  invariant: 'I1' | 'I2' | 'I3' | 'I5';
  /** What the finding is about: `order 2026…`, `trade alipay/P2026…`. */
  subject: string;
  problem: string;
}

export const PROVIDERS = ['alipay', 'wechatpay', 'stripe'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A trade in its provider's own books. */
export interface Trade {
  provider: ProviderName;
  outTradeNo: string;
  totalFen: bigint;
  paidFen: bigint;
  /** What reached the buyer again. */
  refundedFen: bigint;
  refunds: { refundNo: string | null; amountFen: bigint; done: boolean }[];
}

export interface Order {
  orderNo: string;
  kind: 'single' | 'parent' | 'child';
  rootNo: string;
  parentNo: string | null;
  state: string;
  amounts: Amounts;
  /** What the seller took off since the snapshot, off the goods and off the freight. */
  priceCutFen: bigint;
  freightCutFen: bigint;
  /** What was given back of its money, done or on its way. */
  givenBackFen: bigint;
  /** It replaces something, and that much of its money came over from there. */
  isReplacement: boolean;
  creditFen: bigint;
  /** What of its money went over to what replaces it. */
  movedOutFen: bigint;
  /** What of that the platform bears. */
  goodwillFen: bigint;
  isPaid: boolean;
  review: string;
  dispatch: string;
  /** The request to stop it that is open. */
  cancellationNo: string | null;
}

/** The snapshot, which must add up from lines to orders and from children to parents. */
export interface Amounts {
  goodsFen: bigint;
  discountFen: bigint;
  shopDiscountFen: bigint;
  freightFen: bigint;
  points: bigint;
  pointsFen: bigint;
  payableFen: bigint;
}

export interface Line {
  orderNo: string;
  lineNo: number;
  skuId: string;
  warehouseId: string;
  quantity: number;
  inventoryMode: string;
  amounts: Amounts;
  /** How many of its pieces lie in warehouses' shipments, have left, and were taken back, by the leaf's own row. */
  planned: number;
  shipped: number;
  reversed: number;
  /** How many of those that were taken back had left. */
  returned: number;
}

/** Pieces of a leaf's lines. */
export interface Piece {
  lineNo: number;
  quantity: number;
}

export interface Shipment {
  shipmentNo: string;
  orderNo: string;
  stage: string;
  /** Null for what the merchant handed over. */
  warehouseId: string | null;
  /** Of a further parcel of a shipment: that shipment. */
  partOf: string | null;
  carrier: string | null;
  trackingNo: string | null;
  /** Since it was planned; null for what the merchant handed over. */
  ageMs: number | null;
  lines: Piece[];
}

/** Pieces of a line that were taken back, with the money they carried. */
export interface Reversal {
  orderNo: string;
  lineNo: number;
  quantity: number;
  cashFen: bigint;
  pointsFen: bigint;
}

/** A request to stop a paid leaf. */
export interface Cancellation {
  cancellationNo: string;
  orderNo: string;
  open: boolean;
}

/** A shipment in its warehouse's own books. */
export interface Delivery {
  shipmentNo: string;
  warehouseCode: string;
  stage: string;
  parcels: { logisticsCode: string; trackingNo: string; lines: Piece[] }[];
}

/** A payment attempt of ours. */
export interface Payment {
  outTradeNo: string;
  orderNo: string;
  provider: string;
  amountFen: bigint;
  state: string;
  receivedFen: bigint | null;
}

export interface Refund {
  refundNo: string;
  outTradeNo: string;
  orderNo: string;
  amountFen: bigint;
  /** The account that holds the money until it is back. */
  source: string;
  state: string;
  /** Paid out by a person, past the provider. */
  byHand: boolean;
}

export interface Voucher {
  voucherNo: string;
  kind: string;
  orderNo: string;
  rootNo: string;
  /** The payment's or the refund's number, for a payment and a refund. */
  cause: string;
  reverses: string | null;
  postings: { debit: string; credit: string; amountFen: bigint }[];
}

export interface InboxRow {
  inboxId: string;
  kind: string;
  orderNo: string;
  ageMs: number;
  applied: boolean;
}

export interface WorkItem {
  workItemId: string;
  orderNo: string | null;
  ownerRole: string;
  dueAt: Date | null;
  open: boolean;
}

export interface StockLevel {
  skuId: string;
  warehouseId: string;
  onHand: number;
  reserved: number;
}

export interface StockMovement {
  skuId: string;
  warehouseId: string;
  orderNo: string | null;
  cause: string;
  onHandDelta: number;
  reservedDelta: number;
}

/** A waybill of ours. */
export interface Waybill {
  waybillNo: string;
  state: string;
  trackingNo: string | null;
}

/** A waybill in its carrier's own books. */
export interface CarrierWaybill {
  waybillNo: string;
  trackingNo: string;
  cancelled: boolean;
}

/** The database at one moment. */
export interface Books {
  orders: Order[];
  lines: Line[];
  payments: Payment[];
  refunds: Refund[];
  vouchers: Voucher[];
  inbox: InboxRow[];
  workItems: WorkItem[];
  stockLevels: StockLevel[];
  stockMovements: StockMovement[];
  shipments: Shipment[];
  reversals: Reversal[];
  cancellations: Cancellation[];
  waybills: Waybill[];
}

export interface Facts extends Books {
  trades: Trade[];
  deliveries: Delivery[];
  carrierWaybills: CarrierWaybill[];
}

export const tradeKey = (provider: string, outTradeNo: string): string => `${provider}/${outTradeNo}`;
