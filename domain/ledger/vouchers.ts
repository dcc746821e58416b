import type { Fen } from '../money.ts';
import { accounts, type Header, type Posting, type Voucher, voucher } from './voucher.ts';

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

/** A received leaf earned its buyer points (CK-12): the platform owes what they are worth, and bears it. */
export function pointsEarnedVoucher(header: Header, pointsFen: Fen): Voucher {
  return voucher(header, 'points', pointsEarnedNo(header), 'points earned', [
    { debit: accounts.pointsCost, credit: accounts.pointsLiability, amountFen: pointsFen },
  ]);
}

const pointsEarnedNo = ({ orderNo }: Header): string => `${orderNo}-POINTS-EARNED`;

/** Points are taken back with what earned them (RF-9, FN-3). */
export function pointsUnearnedVoucher(
  header: Header,
  { pointsFen, cause }: { pointsFen: Fen; cause: string },
): Voucher {
  return {
    ...voucher(header, 'points', `${header.orderNo}-POINTS-UNEARNED-${cause}`, cause, [
      signed(accounts.pointsLiability, accounts.pointsCost, pointsFen),
    ]),
    reverses: pointsEarnedNo(header),
  };
}

/** The platform gives money back of its own (RF-8): it puts into the deposits what the refund takes out of them. */
export function goodwillVoucher(
  header: Header,
  { amountFen, cause }: { amountFen: Fen; cause: string },
): Voucher {
  return voucher(header, 'goodwill', `${header.orderNo}-GOODWILL-${cause}`, cause, [
    { debit: accounts.goodwillCost, credit: accounts.deposits, amountFen },
  ]);
}

/** Pieces come back whose money the platform gave already: it takes its own out again. */
export function goodwillBackVoucher(
  header: Header,
  { amountFen, cause }: { amountFen: Fen; cause: string },
): Voucher {
  return voucher(header, 'goodwill', `${header.orderNo}-GOODWILL-BACK-${cause}`, cause, [
    { debit: accounts.deposits, credit: accounts.goodwillCost, amountFen },
  ]);
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
