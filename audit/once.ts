import { type Facts, type Finding, type Trade, tradeKey } from './facts.ts';
import { grouped, sumOf, yuan } from './sums.ts';

type OnceFacts = Pick<Facts, 'trades' | 'payments' | 'refunds'>;

const finding = (subject: string, problem: string): Finding => ({ invariant: 'I3', subject, problem });

/** I3: a charge or a refund took effect once, and only where we meant it to. */
export function auditOnce(facts: OnceFacts): Finding[] {
  return [...strangers(facts), ...charges(facts), ...refundsWithinReceived(facts), ...refundsOnce(facts)];
}

/** Trades without a row of ours or twice under one number, and rows of received money without a trade. */
function strangers({ trades, payments }: OnceFacts): Finding[] {
  const rows = new Set(payments.map(({ provider, outTradeNo }) => tradeKey(provider, outTradeNo)));
  const known = new Set<string>();
  const repeated = new Set<string>();
  for (const { provider, outTradeNo } of trades) {
    const key = tradeKey(provider, outTradeNo);
    (known.has(key) ? repeated : known).add(key);
  }
  const unknown = [...known].filter((key) => !rows.has(key));
  const missing = payments
    .filter(({ state }) => state === 'succeeded')
    .map(({ provider, outTradeNo }) => tradeKey(provider, outTradeNo))
    .filter((key) => !known.has(key));
  return [
    ...unknown.map((key) => finding(`trade ${key}`, 'the provider has it, no row of ours does')),
    ...[...repeated].map((key) => finding(`trade ${key}`, 'the provider has more than one of this number')),
    ...missing.map((key) => finding(`trade ${key}`, 'our row has its money, the provider does not know it')),
  ];
}

/** An order is charged by one attempt; what another one took is given back or on its way. */
function charges({ trades, payments, refunds }: OnceFacts): Finding[] {
  const paid = new Map(trades.map((trade) => [tradeKey(trade.provider, trade.outTradeNo), trade.paidFen]));
  const refundsOf = grouped(refunds, ({ outTradeNo }) => outTradeNo);
  const effective = payments.filter(({ provider, outTradeNo }) => {
    const promisedBack = sumOf(refundsOf.of(outTradeNo), ({ amountFen }) => amountFen);
    return (paid.get(tradeKey(provider, outTradeNo)) ?? 0n) > promisedBack;
  });
  const ofOrder = grouped(effective, ({ orderNo }) => orderNo);
  return [...new Set(effective.map(({ orderNo }) => orderNo))].flatMap((orderNo) => {
    const charged = ofOrder.of(orderNo).map(({ provider, outTradeNo }) => tradeKey(provider, outTradeNo));
    return charged.length > 1
      ? [finding(`order ${orderNo}`, `it is charged by ${charged.join(' and ')}`)]
      : [];
  });
}

function refundsWithinReceived({ payments, refunds }: OnceFacts): Finding[] {
  const refundsOf = grouped(refunds, ({ outTradeNo }) => outTradeNo);
  return payments.flatMap(({ provider, outTradeNo, receivedFen }) => {
    const asked = sumOf(refundsOf.of(outTradeNo), ({ amountFen }) => amountFen);
    if (asked <= (receivedFen ?? 0n)) return [];
    const subject = `trade ${tradeKey(provider, outTradeNo)}`;
    return [finding(subject, `refunds of ${yuan(asked)} for ${yuan(receivedFen ?? 0n)} received`)];
  });
}

type ProviderRefund = Trade['refunds'][number] & { key: string };

/** Each number refunds once at the provider, over our sum and on our trade; nothing is refunded that has no number. */
function refundsOnce({ trades, payments, refunds }: OnceFacts): Finding[] {
  const providerOf = new Map(payments.map(({ outTradeNo, provider }) => [outTradeNo, provider]));
  const theirs: ProviderRefund[] = trades.flatMap(({ provider, outTradeNo, refunds }) =>
    refunds.map((refund) => ({ ...refund, key: tradeKey(provider, outTradeNo) })),
  );
  const nameless = theirs.filter(({ refundNo }) => refundNo === null);
  const byNumber = grouped(theirs, ({ refundNo }) => refundNo ?? '');
  const ours = new Set(refunds.map(({ refundNo }) => refundNo));
  const unknown = theirs.filter(({ refundNo }) => refundNo !== null && !ours.has(refundNo));
  return [
    ...nameless.map(({ key, amountFen }) =>
      finding(`trade ${key}`, `a refund of ${yuan(amountFen)} without a number`),
    ),
    ...unknown.map(({ key, refundNo }) =>
      finding(`refund ${refundNo}`, `${key} has it, no row of ours does`),
    ),
    ...refunds.flatMap(({ refundNo, outTradeNo, amountFen, state, byHand }) => {
      const key = tradeKey(providerOf.get(outTradeNo) ?? '', outTradeNo);
      const made = byNumber.of(refundNo);
      const problems = [
        made.length > 1 && `the provider has it ${made.length} times`,
        made.some((refund) => refund.key !== key) && `the provider made it on another trade than ${key}`,
        made.some((refund) => refund.amountFen !== amountFen) &&
          `the provider has it over ${made.map((refund) => yuan(refund.amountFen)).join(', ')}, our row over ${yuan(amountFen)}`,
        state === 'succeeded' &&
          !byHand &&
          !made.some(({ done }) => done) &&
          'our row says it is done, the provider does not',
        byHand && made.some(({ done }) => done) && 'a person paid it out, and the provider made it too',
      ];
      return problems
        .filter((problem) => problem !== false)
        .map((problem) => finding(`refund ${refundNo}`, problem));
    }),
  ];
}
