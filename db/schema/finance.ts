import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { VoucherKind } from '../../domain/ledger/voucher.ts';
import { fen, instant } from './columns.ts';

/** A voucher (FN-1): why money moved in the books, when, by whom. Append-only; the database refuses the rest. */
export const vouchers = pgTable(
  'vouchers',
  {
    voucherNo: text('voucher_no').primaryKey(),
    kind: text('kind').$type<VoucherKind>().notNull(),
    orderNo: text('order_no').notNull(),
    rootNo: text('root_no').notNull(),
    cause: text('cause').notNull(),
    operator: text('operator').notNull(),
    reverses: text('reverses'),
    at: instant('at').notNull(),
  },
  (t) => [index('vouchers_order').on(t.orderNo), index('vouchers_root').on(t.rootNo)],
);

/** One movement of a voucher: an amount ≥ 0 from the credited to the debited account, so a voucher always balances. */
export const postings = pgTable(
  'postings',
  {
    voucherNo: text('voucher_no')
      .notNull()
      .references(() => vouchers.voucherNo),
    seq: integer('seq').notNull(),
    debit: text('debit').notNull(),
    credit: text('credit').notNull(),
    amountFen: fen('amount_fen').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.voucherNo, t.seq] }),
    check('postings_amount', sql`${t.amountFen} >= 0`),
    check('postings_two_accounts', sql`${t.debit} <> ${t.credit}`),
    index('postings_debit').on(t.debit),
    index('postings_credit').on(t.credit),
  ],
);

/** What becomes due to a merchant for a received line (ST-5, FN-6): written at receipt, settled in batches. */
export const settlementLines = pgTable(
  'settlement_lines',
  {
    orderNo: text('order_no').notNull(),
    lineNo: integer('line_no').notNull(),
    /** 0 for the receipt's; later ones take back what was given back since, and are negative (FN-3). */
    seq: integer('seq').notNull().default(0),
    merchantId: text('merchant_id').notNull(),
    dueAt: instant('due_at').notNull(),
    /** goods − shop-borne discounts + freight. */
    baseFen: fen('base_fen').notNull(),
    commissionFen: fen('commission_fen').notNull(),
    netFen: fen('net_fen').notNull(),
    state: text('state', { enum: ['due', 'settled'] })
      .notNull()
      .default('due'),
    settlementNo: text('settlement_no'),
    settledAt: instant('settled_at'),
  },
  (t) => [
    primaryKey({ columns: [t.orderNo, t.lineNo, t.seq] }),
    // Serves the settlement batch.
    index('settlement_lines_due').on(t.state, t.dueAt),
    index('settlement_lines_merchant').on(t.merchantId, t.settledAt),
  ],
);
