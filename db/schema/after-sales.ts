import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { CaseKind, CaseState } from '../../domain/after-sale/case.ts';
import type { AfterSalePeriods } from '../../domain/after-sale/deadlines.ts';
import type { Reason } from '../../domain/after-sale/reasons.ts';
import { fen, instant, sealed } from './columns.ts';

/** A buyer's case about a shipped leaf (RF-2, RT-1): its lines, whose turn it is and until when. Guarded by `version`. */
export const afterSales = pgTable(
  'after_sales',
  {
    caseNo: text('case_no').primaryKey(),
    orderNo: text('order_no').notNull(),
    buyerId: text('buyer_id').notNull(),
    merchantId: text('merchant_id').notNull(),
    kind: text('kind').$type<CaseKind>().notNull(),
    reason: text('reason').$type<Reason>().notNull(),
    /** The buyer's words, with the buyer's key; null where the carrier's refusal opened it. */
    sealedWords: sealed('sealed_words'),
    /** The hold that stops receipt and settlement of its leaf while it is open. */
    /** The parcel on its way that it is about, where it may come back by itself (LG-3, CN-6). */
    shipmentNo: text('shipment_no'),
    holdId: text('hold_id').notNull(),
    wasSigned: boolean('was_signed').notNull(),
    /** Its shop's periods when it was opened. */
    periods: jsonb('periods').$type<AfterSalePeriods>().notNull().default({}),
    openedAt: instant('opened_at').notNull(),

    state: text('state').$type<CaseState>().notNull(),
    version: integer('version').notNull(),
    dueAt: instant('due_at'),
    offerFen: fen('offer_fen'),
    returnTo: text('return_to'),
    instructions: text('instructions'),
    carrier: text('carrier'),
    trackingNo: text('tracking_no'),
    refundedFen: fen('refunded_fen'),
    /** The order that replaces what came back (RT-8). */
    replacementNo: text('replacement_no'),
    outcome: text('outcome'),
    endedAt: instant('ended_at'),
  },
  (t) => [
    index('after_sales_order').on(t.orderNo),
    index('after_sales_buyer').on(t.buyerId, t.caseNo),
    index('after_sales_merchant').on(t.merchantId, t.state, t.caseNo),
    // Serve the statistics: what was opened in a period, of all merchants or of one.
    index('after_sales_opened').on(t.openedAt),
    index('after_sales_merchant_opened').on(t.merchantId, t.openedAt),
    index('after_sales_shipment').on(t.shipmentNo).where(sql`shipment_no is not null`),
    // Serves the reconciler: what should run.
    index('after_sales_open').on(t.openedAt).where(sql`ended_at is null`),
  ],
);

/** The pieces a case is about. */
export const afterSaleLines = pgTable(
  'after_sale_lines',
  {
    caseNo: text('case_no')
      .notNull()
      .references(() => afterSales.caseNo),
    lineNo: integer('line_no').notNull(),
    quantity: integer('quantity').notNull(),
    /** What is wanted for it, and what that costs more, in fen, when it was applied for (RT-8). */
    wantSkuId: text('want_sku_id'),
    differenceFen: fen('difference_fen'),
  },
  (t) => [primaryKey({ columns: [t.caseNo, t.lineNo] })],
);

/** Everything anybody did about a case, in their words (RT-3); append-only. */
export const afterSaleLog = pgTable(
  'after_sale_log',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    caseNo: text('case_no')
      .notNull()
      .references(() => afterSales.caseNo),
    action: text('action').notNull(),
    actor: text('actor').notNull(),
    fromState: text('from_state').$type<CaseState>(),
    toState: text('to_state').$type<CaseState>().notNull(),
    /** What was said with it, with the buyer's key where a person wrote it. */
    words: text('words'),
    at: instant('at').notNull(),
  },
  (t) => [index('after_sale_log_case').on(t.caseNo)],
);

/** Evidence of either side (RT-1, RT-3): a picture or a video under a random name. */
export const afterSaleEvidence = pgTable(
  'after_sale_evidence',
  {
    evidenceId: text('evidence_id').primaryKey(),
    caseNo: text('case_no')
      .notNull()
      .references(() => afterSales.caseNo),
    givenBy: text('given_by').notNull(),
    mediaType: text('media_type').notNull(),
    bytes: integer('bytes').notNull(),
    sha256: text('sha256').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [index('after_sale_evidence_case').on(t.caseNo)],
);
