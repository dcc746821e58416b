import { z } from 'zod';
import { type Endpoint, type EndpointContext, endpoint, pageOf } from './endpoint.ts';
import { type Intent, type Refund, tradeNameOf } from './intent.ts';
import { chargePaid, list, refundObject, seconds, transactionId } from './objects.ts';
import { expand, integer, paging } from './params.ts';

/** What Stripe keeps of a card payment, in thousandths; nothing comes back with a refund. */
const FEE_PER_MILLE = 34;

const second = integer(0, 9_999_999_999).optional();
const toList = z.strictObject({
  created: z.strictObject({ gt: second, gte: second, lt: second, lte: second }).default({}),
  type: z.string().optional(),
  expand: expand('data.source'),
  ...paging,
});
type Asked = z.infer<typeof toList>;

interface Transaction {
  id: string;
  type: 'charge' | 'refund' | 'refund_failure';
  amount: number;
  fee: number;
  atMs: number;
  source: { id: string; object: object };
}

/** https://docs.stripe.com/api/balance_transactions/list, newest first. */
export const BALANCE_ENDPOINTS: readonly Endpoint[] = [
  endpoint(
    { method: 'GET', path: '/v1/balance_transactions', operation: null },
    toList,
    (context, asked: Asked) => {
      const transactions = [...context.books.all()]
        .flatMap((intent) => transactionsOf(context, intent, asked))
        .sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1));
      const { items, hasMore } = pageOf(transactions, asked, 'balance_transaction');
      const expanded = asked.expand.includes('data.source');
      const objects = items.map((transaction) => transactionObject(transaction, expanded));
      return { tradeName: '', body: list('/v1/balance_transactions', objects, hasMore) };
    },
  ),
];

function transactionsOf(
  { faults }: EndpointContext,
  intent: Intent,
  { created, type }: Asked,
): Transaction[] {
  const refunds = intent.refunds.flatMap((refund) => transactionsOfRefund(intent, refund));
  const within = (transaction: Transaction): boolean => {
    const at = seconds(transaction.atMs);
    const { gt = -1, gte = 0, lt = Number.POSITIVE_INFINITY, lte = Number.POSITIVE_INFINITY } = created;
    return at > gt && at >= gte && at < lt && at <= lte && (type === undefined || type === transaction.type);
  };
  const payment = transactionOfPayment(intent).filter(within);
  const discrepancy = payment.length > 0 && faults.take('billDiscrepancy', tradeNameOf(intent));
  return [...payment.flatMap((one) => distorted(one, discrepancy || null)), ...refunds.filter(within)];
}

/** A bill that differs from what happened. */
function distorted(payment: Transaction, discrepancy: 'missing' | 'extra' | 'amount' | null): Transaction[] {
  if (discrepancy === 'missing') return [];
  if (discrepancy === 'extra') return [payment, { ...payment, id: `${payment.id}x` }];
  return discrepancy === 'amount' ? [{ ...payment, amount: payment.amount + 1 }] : [payment];
}

function transactionOfPayment(intent: Intent): Transaction[] {
  if (!intent.paid) return [];
  const { id, fen, atMs } = intent.paid;
  return [
    {
      id: transactionId(id),
      type: 'charge',
      amount: fen,
      fee: Math.round((fen * FEE_PER_MILLE) / 1000),
      atMs,
      source: { id, object: chargePaid(intent, intent.paid) },
    },
  ];
}

/** A refund leaves the balance when it moves, and comes back when it fails. */
function transactionsOfRefund(intent: Intent, refund: Refund): Transaction[] {
  const { id, fen, movedMs, failedMs } = refund;
  const source = { id, object: refundObject(intent, refund) };
  const moved = { id: transactionId(id), type: 'refund' as const, amount: -fen, fee: 0, source };
  const back = { id: transactionId(id, 'f'), type: 'refund_failure' as const, amount: fen, fee: 0, source };
  return [
    ...(movedMs === null ? [] : [{ ...moved, atMs: movedMs }]),
    ...(failedMs === null ? [] : [{ ...back, atMs: failedMs }]),
  ];
}

function transactionObject({ id, type, amount, fee, atMs, source }: Transaction, expanded: boolean): object {
  return {
    id,
    object: 'balance_transaction',
    amount,
    available_on: seconds(atMs),
    balance_type: 'payments',
    created: seconds(atMs),
    currency: 'cny',
    description: null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [{ amount: fee, application: null, currency: 'cny', description: null, type: 'stripe_fee' }],
    net: amount - fee,
    reporting_category: type,
    source: expanded ? source.object : source.id,
    status: 'available',
    type,
  };
}
