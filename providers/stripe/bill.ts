import type { Stripe } from 'stripe';
import { type Bill, type BillLine, ProviderError } from '../payments/port.ts';
import { attempt } from './errors.ts';
import { CURRENCY } from './intents.ts';

const DAY_S = 24 * 3600;

/**
 * The balance transactions of a Beijing day (PY-9). Stripe knows them at once, so a day that is not over may be asked
 * for. Payouts, fees of their own and what other products of the account did are left out, and so is a refund that
 * failed: its money came back. Throws `bill_unreadable` on a line of ours that lacks what it is told by.
 */
export async function fetchBill(stripe: Stripe, day: string): Promise<Bill> {
  const from = Date.parse(`${day}T00:00:00+08:00`) / 1000;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(from)) throw new RangeError(`not a day: ${day}`);
  const lines = await attempt('balanceTransactions.list', async () => {
    const found: BillLine[] = [];
    const asked = { created: { gte: from, lt: from + DAY_S }, expand: ['data.source'], limit: 100 };
    for await (const transaction of stripe.balanceTransactions.list(asked)) {
      const line = await lineOf(stripe, transaction);
      if (line) found.push(line);
    }
    return found;
  });
  // Stripe lists the newest first.
  return { day, lines: lines.reverse() };
}

/** Null where the transaction is nothing of ours. */
async function lineOf(stripe: Stripe, transaction: Stripe.BalanceTransaction): Promise<BillLine | null> {
  const source = typeof transaction.source === 'string' ? null : transaction.source;
  switch (transaction.type) {
    case 'charge':
    case 'payment':
      if (source?.object !== 'charge') throw unreadable(transaction, 'has no charge');
      return paymentLine(transaction, source);
    case 'refund':
    case 'payment_refund':
      if (source?.object !== 'refund') throw unreadable(transaction, 'has no refund');
      return await refundLine(stripe, transaction, source);
    default:
      return null;
  }
}

function paymentLine(transaction: Stripe.BalanceTransaction, charge: Stripe.Charge): BillLine | null {
  // Stripe copies the metadata of an intent to its charge.
  const outTradeNo = charge.metadata.out_trade_no;
  if (outTradeNo === undefined) return null;
  const { payment_intent: intent } = charge;
  return {
    kind: 'payment',
    refundNo: null,
    outTradeNo,
    ...amountsOf(transaction, transaction.amount, intent),
  };
}

async function refundLine(
  stripe: Stripe,
  transaction: Stripe.BalanceTransaction,
  refund: Stripe.Refund,
): Promise<BillLine | null> {
  if (refund.status === 'failed' || refund.status === 'canceled') return null;
  const { payment_intent: intent } = refund;
  const outTradeNo = refund.metadata?.out_trade_no;
  const refundNo = refund.metadata?.refund_no;
  if (outTradeNo !== undefined && refundNo !== undefined)
    return { kind: 'refund', refundNo, outTradeNo, ...amountsOf(transaction, -transaction.amount, intent) };
  if (await isOurs(stripe, intent))
    throw unreadable(transaction, `refunds a payment of ours without a number`);
  return null;
}

/** Whether a refund that bears no number, made by hand in Stripe's dashboard, took money of a payment of ours. */
async function isOurs(stripe: Stripe, intent: Stripe.Refund['payment_intent']): Promise<boolean> {
  if (intent === null) return false;
  const { metadata } = await stripe.paymentIntents.retrieve(idOf(intent));
  return metadata.out_trade_no !== undefined;
}

function amountsOf(
  transaction: Stripe.BalanceTransaction,
  amount: number,
  intent: Stripe.Charge['payment_intent'],
): Pick<BillLine, 'providerTradeNo' | 'amountFen' | 'feeFen' | 'at'> {
  const { currency, fee, created } = transaction;
  if (intent === null) throw unreadable(transaction, 'names no PaymentIntent');
  if (currency !== CURRENCY) throw unreadable(transaction, `is settled in ${currency}`);
  if (amount < 0) throw unreadable(transaction, `has the amount ${amount}`);
  return {
    providerTradeNo: idOf(intent),
    amountFen: BigInt(amount),
    feeFen: BigInt(fee),
    at: new Date(created * 1000),
  };
}

const idOf = (intent: string | Stripe.PaymentIntent): string =>
  typeof intent === 'string' ? intent : intent.id;

function unreadable({ id }: Stripe.BalanceTransaction, problem: string): ProviderError {
  return new ProviderError({
    provider: 'stripe',
    code: 'bill_unreadable',
    message: `${id} ${problem}`,
    retryable: false,
  });
}
