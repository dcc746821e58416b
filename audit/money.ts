import { type Facts, type Finding, type Payment, PROVIDERS, type Trade, tradeKey } from './facts.ts';
import { balance, grouped, sumOf, yuan } from './sums.ts';

const isChannel = (account: string): boolean => account.startsWith('channel:');

/** I2: the money at the providers is the money in our rows and in the vouchers, trade by trade and in sum. */
export function auditMoney(facts: Facts): Finding[] {
  return [
    ...mismatchedTrades(facts).map(({ finding }) => finding),
    ...channelBalances(facts),
    ...rootBalances(facts),
    ...unallocatedMoney(facts),
    ...postings(facts),
  ];
}

const finding = (subject: string, problem: string): Finding => ({ invariant: 'I2', subject, problem });

const keptOf = (trade: Trade): bigint => trade.paidFen - trade.refundedFen;

export interface Mismatch {
  trade: Trade;
  what: 'was asked for' | 'was paid' | 'went back';
  finding: Finding;
}

/** Trades about whose money the provider and our rows disagree. A trade or a row that stands alone is I3's. */
export function mismatchedTrades({
  trades,
  payments,
  refunds,
}: Pick<Facts, 'trades' | 'payments' | 'refunds'>): Mismatch[] {
  const rows = new Map(payments.map((payment) => [tradeKey(payment.provider, payment.outTradeNo), payment]));
  const returned = grouped(
    refunds.filter(({ state, byHand }) => state === 'succeeded' && !byHand),
    ({ outTradeNo }) => outTradeNo,
  );
  return trades.flatMap((trade) => {
    const key = tradeKey(trade.provider, trade.outTradeNo);
    const payment = rows.get(key);
    if (!payment) return [];
    const receivedFen = payment.state === 'succeeded' ? (payment.receivedFen ?? 0n) : 0n;
    const refundedFen = sumOf(returned.of(trade.outTradeNo), ({ amountFen }) => amountFen);
    const compared: [Mismatch['what'], bigint, bigint][] = [
      ['was asked for', trade.totalFen, payment.amountFen],
      ['was paid', trade.paidFen, receivedFen],
      ['went back', trade.refundedFen, refundedFen],
    ];
    return compared
      .filter(([, theirs, ours]) => theirs !== ours)
      .map(([what, theirs, ours]) => ({
        trade,
        what,
        finding: finding(
          `trade ${key}`,
          `by the provider ${yuan(theirs)} ${what}, by our rows ${yuan(ours)}`,
        ),
      }));
  });
}

function channelBalances({ trades, vouchers }: Facts): Finding[] {
  const ofProvider = grouped(trades, ({ provider }) => provider);
  return PROVIDERS.flatMap((provider) => {
    const account = `channel:${provider}`;
    const booked = balance(vouchers, (candidate) => candidate === account);
    const kept = sumOf(ofProvider.of(provider), keptOf);
    if (booked === kept) return [];
    return [
      finding(`account ${account}`, `the vouchers make ${yuan(booked)}, the provider holds ${yuan(kept)}`),
    ];
  });
}

/**
 * Per tree of orders: what its trades brought and kept is what its vouchers say. A replacement gives back money of what
 * it replaces: by its own vouchers, through the other's trade.
 */
function rootBalances({ trades, payments, refunds, orders, vouchers }: Facts): Finding[] {
  const rootOf = new Map(orders.map(({ orderNo, rootNo }) => [orderNo, rootNo]));
  const orderOf = new Map(
    payments.map((payment) => [tradeKey(payment.provider, payment.outTradeNo), payment.orderNo]),
  );
  const tradesOf = grouped(trades, ({ provider, outTradeNo }) => {
    const orderNo = orderOf.get(tradeKey(provider, outTradeNo));
    return rootOf.get(orderNo ?? '') ?? '';
  });
  const vouchersOf = grouped(vouchers, ({ rootNo }) => rootNo);
  const payerOf = new Map(payments.map(({ outTradeNo, orderNo }) => [outTradeNo, rootOf.get(orderNo)]));
  const elsewhere = refunds.filter(
    ({ state, byHand, outTradeNo, orderNo }) =>
      state === 'succeeded' && !byHand && payerOf.get(outTradeNo) !== rootOf.get(orderNo),
  );
  const lent = grouped(elsewhere, ({ outTradeNo }) => payerOf.get(outTradeNo) ?? '');
  const borrowed = grouped(elsewhere, ({ orderNo }) => rootOf.get(orderNo) ?? '');
  const amount = ({ amountFen }: Facts['refunds'][number]) => amountFen;
  return [...new Set(rootOf.values())].flatMap((rootNo) => {
    const moved = sumOf(lent.of(rootNo), amount) - sumOf(borrowed.of(rootNo), amount);
    const kept = sumOf(tradesOf.of(rootNo), keptOf) + moved;
    const booked = balance(vouchersOf.of(rootNo), isChannel);
    if (kept === booked) return [];
    return [
      finding(`order ${rootNo}`, `the providers hold ${yuan(kept)} of it, its vouchers say ${yuan(booked)}`),
    ];
  });
}

/**
 * Money of no open order waits for its refund: what a trade brought in as unallocated and did not send back is being
 * refunded, or with a person.
 */
function unallocatedMoney({ payments, refunds, vouchers }: Facts): Finding[] {
  const touching = vouchers.filter(({ postings }) =>
    postings.some(({ debit, credit }) => debit === 'unallocated' || credit === 'unallocated'),
  );
  const chains = grouped(touching, ({ voucherNo, reverses }) => reverses ?? voucherNo);
  const onTheWay = grouped(
    refunds.filter(({ state, source }) => state !== 'succeeded' && source === 'unallocated'),
    ({ outTradeNo }) => outTradeNo,
  );
  const paymentOf = new Map(payments.map((payment) => [strayVoucherNo(payment), payment]));
  return [...new Set(touching.map(({ voucherNo, reverses }) => reverses ?? voucherNo))].flatMap((first) => {
    const payment = paymentOf.get(first);
    if (!payment) return [finding(`voucher ${first}`, 'unallocated money that came by no payment of ours')];
    const left = -balance(chains.of(first), (account) => account === 'unallocated');
    const waiting = sumOf(onTheWay.of(payment.outTradeNo), ({ amountFen }) => amountFen);
    if (left === waiting) return [];
    const subject = `trade ${tradeKey(payment.provider, payment.outTradeNo)}`;
    return [finding(subject, `${yuan(left)} of it is unallocated, refunds under way make ${yuan(waiting)}`)];
  });
}

/** The voucher of money that came for no open order: one per trade. */
const strayVoucherNo = ({ orderNo, outTradeNo }: Payment): string => `${orderNo}-IN-${outTradeNo}`;

function postings({ vouchers }: Facts): Finding[] {
  return vouchers.flatMap(({ voucherNo, kind, postings }) => {
    const wrong = postings.filter(({ amountFen, debit, credit }) => amountFen <= 0n || debit === credit);
    const findings = wrong.map(({ debit, credit, amountFen }) =>
      finding(`voucher ${voucherNo}`, `it posts ${yuan(amountFen)} from ${credit} to ${debit}`),
    );
    // A payment of points alone, or of nothing, moves no money.
    if (postings.length === 0 && (kind === 'money_in' || kind === 'refund'))
      findings.push(finding(`voucher ${voucherNo}`, `a voucher of kind ${kind} without postings`));
    return findings;
  });
}
