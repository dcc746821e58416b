import type { Fen } from '../money.ts';

export type VoucherKind =
  | 'payment'
  | 'zero_payment'
  | 'money_in'
  | 'receipt'
  | 'settlement'
  | 'refund'
  | 'exchange';

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

interface Header {
  orderNo: string;
  rootNo: string;
  operator: string;
  at: Date;
}

interface LeafMoney {
  /** Money of the buyer, points not counted. */
  payableFen: Fen;
  pointsFen: Fen;
}

/** A leaf is paid: its share of the money and its points become deposits. */
export function paymentVoucher(
  header: Header,
  leaf: LeafMoney,
  payment: { provider: string; outTradeNo: string },
): Voucher {
  return voucher(header, 'payment', `${header.orderNo}-PAY-${payment.outTradeNo}`, payment.outTradeNo, [
    { debit: accounts.channel(payment.provider), credit: accounts.deposits, amountFen: leaf.payableFen },
    { debit: accounts.pointsLiability, credit: accounts.deposits, amountFen: leaf.pointsFen },
  ]);
}

/** A leaf with nothing to pay (decision 5): the voucher says so; points may still be part of it. */
export function zeroPaymentVoucher(header: Header, leaf: LeafMoney): Voucher {
  return voucher(header, 'zero_payment', `${header.orderNo}-PAY-ZERO`, 'nothing to pay', [
    { debit: accounts.pointsLiability, credit: accounts.deposits, amountFen: leaf.pointsFen },
  ]);
}

/** The number of the voucher by which an exchange paid a replacement. */
export const exchangeVoucherNo = (orderNo: string): string => `${orderNo}-PAY-EXCHANGE`;

/** What came back pays what replaces it (RT-8): out of the one order's deposits, into the other's. */
export function exchangeVouchers(
  orders: {
    from: Pick<Header, 'orderNo' | 'rootNo'>;
    to: Pick<Header, 'orderNo' | 'rootNo'>;
    operator: string;
    at: Date;
  },
  { caseNo, amountFen }: { caseNo: string; amountFen: Fen },
): [out: Voucher, into: Voucher] {
  const { from, to, operator, at } = orders;
  const { deposits, exchangeClearing: clearing } = accounts;
  return [
    voucher({ ...from, operator, at }, 'exchange', `${from.orderNo}-EXCHANGE-${caseNo}`, caseNo, [
      { debit: deposits, credit: clearing, amountFen },
    ]),
    voucher({ ...to, operator, at }, 'exchange', exchangeVoucherNo(to.orderNo), caseNo, [
      { debit: clearing, credit: deposits, amountFen },
    ]),
  ];
}

/** Money that came for no open order: late, double or wrong (PY-6). */
export function moneyInVoucher(
  header: Header,
  money: { provider: string; outTradeNo: string; receivedFen: Fen; cause: string },
): Voucher {
  return voucher(header, 'money_in', `${header.orderNo}-IN-${money.outTradeNo}`, money.cause, [
    { debit: accounts.channel(money.provider), credit: accounts.unallocated, amountFen: money.receivedFen },
  ]);
}

/** Money given back, out of deposits or out of what belonged to no order, by the original route or by hand (FN-3). */
export function refundVoucher(
  header: Header,
  refund: {
    refundNo: string;
    outTradeNo: string;
    amountFen: Fen;
    source: 'deposits' | 'unallocated';
    /** Where it left from: the provider's channel, or `accounts.paidByHand`. */
    paidFrom: string;
    /** The payment paid another order, and came over to this one by an exchange. */
    isMoved?: boolean;
  },
): Voucher {
  const { source, outTradeNo, isMoved } = refund;
  const broughtBy = source === 'deposits' ? 'PAY' : 'IN';
  return {
    ...voucher(header, 'refund', `${header.orderNo}-REFUND-${refund.refundNo}`, refund.refundNo, [
      { debit: accounts[source], credit: refund.paidFrom, amountFen: refund.amountFen },
    ]),
    reverses: isMoved ? exchangeVoucherNo(header.orderNo) : `${header.orderNo}-${broughtBy}-${outTradeNo}`,
  };
}

/** Redeemed points given back to the buyer (FN-3), all of them or a `part` at a time. */
export function pointsReturnVoucher(
  header: Header,
  { pointsFen, part }: { pointsFen: Fen; part?: string },
  reverses: string,
): Voucher {
  const voucherNo = [header.orderNo, 'POINTS-BACK', ...(part ? [part] : [])].join('-');
  return {
    ...voucher(header, 'refund', voucherNo, 'points returned', [
      { debit: accounts.deposits, credit: accounts.pointsLiability, amountFen: pointsFen },
    ]),
    reverses,
  };
}

/** A leaf is received: deposits and what the platform bears become the merchant's (decision 31). */
export function receiptVoucher(
  header: Header,
  leaf: LeafMoney & { merchantId: string; platformDiscountFen: Fen },
): Voucher {
  const payable = accounts.merchantPayable(leaf.merchantId);
  return voucher(header, 'receipt', `${header.orderNo}-RECEIPT`, 'received', [
    { debit: accounts.deposits, credit: payable, amountFen: leaf.payableFen + leaf.pointsFen },
    { debit: accounts.promotionCost, credit: payable, amountFen: leaf.platformDiscountFen },
  ]);
}

/** Part of a receipt is undone (FN-3): the merchant's payable goes down, and may become negative. */
export function receiptReversalVoucher(
  header: Header,
  back: { merchantId: string; cause: string; depositsFen: Fen; platformDiscountFen: Fen },
): Voucher {
  const payable = accounts.merchantPayable(back.merchantId);
  const voucherNo = `${header.orderNo}-RECEIPT-BACK-${back.cause}`;
  return {
    ...voucher(header, 'receipt', voucherNo, back.cause, [
      { debit: payable, credit: accounts.deposits, amountFen: back.depositsFen },
      { debit: payable, credit: accounts.promotionCost, amountFen: back.platformDiscountFen },
    ]),
    reverses: `${header.orderNo}-RECEIPT`,
  };
}

/** What is due of a leaf is settled: commission to the platform, the net to the merchant (FN-6); taken back where negative. */
export function settlementVoucher(
  header: Header,
  settled: { merchantId: string; settlementNo: string; commissionFen: Fen; netFen: Fen },
): Voucher {
  const payable = accounts.merchantPayable(settled.merchantId);
  return voucher(
    header,
    'settlement',
    `${header.orderNo}-SETTLE-${settled.settlementNo}`,
    settled.settlementNo,
    [
      signed(payable, accounts.commission, settled.commissionFen),
      signed(payable, accounts.merchantSettled(settled.merchantId), settled.netFen),
    ],
  );
}

/** A posting of an amount that may be negative: then it goes the other way. */
function signed(debit: string, credit: string, amountFen: Fen): Posting {
  return amountFen < 0n
    ? { debit: credit, credit: debit, amountFen: -amountFen }
    : { debit, credit, amountFen };
}

function voucher(
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
