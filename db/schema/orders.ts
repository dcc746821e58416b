import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Goodwill } from '../../domain/order/goodwill.ts';
import type { LineProgress } from '../../domain/order/progress.ts';
import type { Dispatch, NodeKind, NodeState, ReviewState } from '../../domain/order/states.ts';
import type { ExplainedStep, LineDiscount } from '../../domain/pricing/types.ts';
import { fen, fenJson, instant, sealed } from './columns.ts';

/**
 * A node of an order tree (SP-2): a single order, a parent, or a child. The columns up to `createdAt` are the snapshot
 * of SB-4 and never change (a trigger refuses it); the rest moves by steps only, guarded by `version`.
 */
export const orders = pgTable(
  'orders',
  {
    orderNo: text('order_no').primaryKey(),
    kind: text('kind').$type<NodeKind>().notNull(),
    rootNo: text('root_no').notNull(),
    parentNo: text('parent_no').references((): AnyPgColumn => orders.orderNo),
    /** The node that collects the money for this one and holds the deadline; itself for a payment root. */
    paymentRootNo: text('payment_root_no').notNull(),
    /** The rule that split this node off its parent (SP-1), null for a root. */
    splitRule: text('split_rule'),
    buyerId: text('buyer_id').notNull(),
    shopId: text('shop_id'),
    merchantId: text('merchant_id'),
    goodsFen: fen('goods_fen').notNull(),
    discountFen: fen('discount_fen').notNull(),
    shopDiscountFen: fen('shop_discount_fen').notNull(),
    freightFen: fen('freight_fen').notNull(),
    points: integer('points').notNull(),
    pointsFen: fen('points_fen').notNull(),
    payableFen: fen('payable_fen').notNull(),
    priceSteps: fenJson<readonly ExplainedStep[]>('price_steps').notNull(),
    couponIds: text('coupon_ids').array().notNull(),
    region: text('region').notNull(),
    sealedContact: sealed('sealed_contact').notNull(),
    quoteId: text('quote_id').notNull(),
    /** The exchange it replaces something for (RT-8), and how much of its money came over from there. */
    exchangeOf: text('exchange_of'),
    creditFen: fen('credit_fen').notNull().default(sql`0`),
    autoReceiptSeconds: integer('auto_receipt_seconds').notNull(),
    shipWithinSeconds: integer('ship_within_seconds').notNull(),
    createdAt: instant('created_at').notNull(),

    state: text('state').$type<NodeState>().notNull(),
    version: integer('version').notNull(),
    paymentDeadline: instant('payment_deadline').notNull(),
    attempts: integer('attempts').notNull().default(0),
    review: text('review').$type<ReviewState>().notNull(),
    reviewReason: text('review_reason'),
    /** Who ships it: the merchant; or a warehouse, which is to be told (`due`) or was told (`done`). */
    dispatch: text('dispatch').$type<Dispatch>().notNull().default('merchant'),
    /** How many pieces of each line are planned for a warehouse, have left, and were taken back. */
    progress: jsonb('progress').$type<LineProgress>().notNull().default({}),
    /** How many shipments there are: the next one's number. */
    shipmentsMade: integer('shipments_made').notNull().default(0),
    /** The open request to stop it (CN-2): outbound is paused while there is one. */
    cancellationNo: text('cancellation_no'),
    /** Until when a merchant who ships by hand can prove that it did; then the request is agreed (decision 24). */
    cancellationDueAt: instant('cancellation_due_at'),
    contractId: text('contract_id'),
    paidAt: instant('paid_at'),
    shippedAt: instant('shipped_at'),
    autoReceiptAt: instant('auto_receipt_at'),
    /** Open holds; while above zero receipt and settlement are refused (ST-3). */
    holds: integer('holds').notNull().default(0),
    receiptExtended: boolean('receipt_extended').notNull().default(false),
    /** What was left of the auto-receipt clock when the first hold stopped it, in milliseconds. */
    clockLeftMs: bigint('clock_left_ms', { mode: 'number' }),
    /** What the seller took off since the snapshot, off the goods and off the freight (ST-8). */
    priceCutFen: fen('price_cut_fen').notNull().default(sql`0`),
    freightCutFen: fen('freight_cut_fen').notNull().default(sql`0`),
    /** What was given back of its money, on its way or done; never more than was paid for it (PY-8). */
    givenBackFen: fen('given_back_fen').notNull().default(sql`0`),
    /** What of `givenBackFen` is freight given back alone, and what the platform bears of it (RF-8). */
    goodwill: jsonb('goodwill').$type<Goodwill>().notNull().default({}),
    /** Points per whole yuan by which it earned when it was received (CK-12); null before. */
    earnRate: integer('earn_rate'),
    endedAt: instant('ended_at'),
    endReason: text('end_reason'),
  },
  (t) => [
    check(
      'orders_given_back',
      sql`${t.givenBackFen} between 0 and ${t.payableFen} - ${t.priceCutFen} - ${t.freightCutFen}`,
    ),
    check(
      'orders_cuts',
      sql`least(${t.priceCutFen}, ${t.freightCutFen}) >= 0 and ${t.freightCutFen} <= ${t.freightFen}`,
    ),
    // Serves the buyer's list, newest first, by cursor.
    index('orders_buyer').on(t.buyerId, t.orderNo),
    // Serves the merchant's list by state.
    index('orders_merchant').on(t.merchantId, t.state, t.orderNo),
    // Serves loading a tree and the routing of a child's payment to its payment root.
    index('orders_root').on(t.rootNo),
    index('orders_payment_root').on(t.paymentRootNo),
    // A quote makes one order.
    uniqueIndex('orders_quote_once').on(t.quoteId).where(sql`parent_no is null`),
    // Serves the reconciler: what is open.
    index('orders_open').on(t.state, t.createdAt),
  ],
);

/** A line of a leaf: snapshot of the item and its share of every amount; append-only (SB-4, CK-9). */
export const orderLines = pgTable(
  'order_lines',
  {
    orderNo: text('order_no')
      .notNull()
      .references(() => orders.orderNo),
    lineNo: integer('line_no').notNull(),
    skuId: text('sku_id').notNull(),
    title: text('title').notNull(),
    spec: text('spec').notNull(),
    category: text('category').notNull(),
    quantity: integer('quantity').notNull(),
    unitPriceFen: fen('unit_price_fen').notNull(),
    goodsFen: fen('goods_fen').notNull(),
    discounts: fenJson<readonly LineDiscount[]>('discounts').notNull(),
    discountFen: fen('discount_fen').notNull(),
    /** The part of `discountFen` the shop bears. */
    shopDiscountFen: fen('shop_discount_fen').notNull(),
    freightFen: fen('freight_fen').notNull(),
    points: integer('points').notNull(),
    pointsFen: fen('points_fen').notNull(),
    payableFen: fen('payable_fen').notNull(),
    warehouseId: text('warehouse_id').notNull(),
    inventoryMode: text('inventory_mode', { enum: ['reserve', 'on_payment'] }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.orderNo, t.lineNo] })],
);

/** What stops a leaf's receipt and settlement (an open case, a dispute): protects by being there (ST-3, RT-7). */
export const orderHolds = pgTable('order_holds', {
  holdId: text('hold_id').primaryKey(),
  orderNo: text('order_no')
    .notNull()
    .references(() => orders.orderNo),
  reason: text('reason').notNull(),
  placedBy: text('placed_by').notNull(),
  placedAt: instant('placed_at').notNull(),
  releasedAt: instant('released_at'),
});
