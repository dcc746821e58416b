import type { Fen } from '../money.ts';

export type VoucherKind =
  | 'payment'
  | 'zero_payment'
  | 'money_in'
  | 'receipt'
  | 'settlement'
  | 'refund'
  | 'exchange'
  | 'points'
  | 'goodwill';

/** An amount ≥ 0 moved from the credited to the debited account; a voucher of postings balances by construction. */
export interface Posting {
  debit: string;
  credit: string;
  amountFen: Fen;
}

/** A voucher (FN-1): append-only, its number is its idempotency key. */
export interface Voucher {
  voucherNo: string;
  kind: VoucherKind;
  orderNo: string;
  rootNo: string;
  cause: string;
  operator: string;
  reverses: string | null;
  at: Date;
  postings: readonly Posting[];
}

/** The chart of accounts, each named once. */
export const accounts = {
  /** Our money at a payment provider. */
  channel: (provider: string) => `channel:${provider}`,
  /** What buyers paid for orders not yet received: owed to them or to be earned. */
  deposits: 'deposits',
  /** Money that came and belongs to no open order; owed back. */
  unallocated: 'unallocated',
  /** Points in buyers' hands, as money. */
  pointsLiability: 'points_liability',
  /** What points that buyers earned cost the platform. */
  pointsCost: 'points_cost',
  /** What the platform gave buyers back without taking it of a merchant (RF-8). */
  goodwillCost: 'goodwill_cost',
  /** What the platform bears of discounts. */
  promotionCost: 'promotion_cost',
  /** What a merchant earned and has not been settled. */
  merchantPayable: (merchantId: string) => `merchant:${merchantId}:payable`,
  /** What was settled to a merchant and can be withdrawn. */
  merchantSettled: (merchantId: string) => `merchant:${merchantId}:settled`,
  commission: 'commission_income',
  /** Money on its way from an order to the one that replaces part of it; always empty between steps. */
  exchangeClearing: 'exchange_clearing',
  /** What a person paid out past the providers, by bank transfer. */
  paidByHand: 'paid_by_hand',
} as const;

/** Whose voucher it is, and who wrote it. */
export interface Header {
  orderNo: string;
  rootNo: string;
  operator: string;
  at: Date;
}

/** A voucher of postings that move something. */
export function voucher(
  header: Header,
  kind: VoucherKind,
  voucherNo: string,
  cause: string,
  postings: readonly Posting[],
): Voucher {
  const { orderNo, rootNo, operator, at } = header;
  return {
    voucherNo,
    kind,
    orderNo,
    rootNo,
    cause,
    operator,
    reverses: null,
    at,
    postings: postings.filter((posting) => posting.amountFen > 0n),
  };
}
