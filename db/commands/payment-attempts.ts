import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { orders, paymentDeclines, payments } from '../schema/index.ts';
import type { IdempotencyKey } from './idempotency.ts';

export type PaymentRow = typeof payments.$inferSelect;

export type OpenedAttempt =
  | { result: 'opened'; outTradeNo: string; amountFen: bigint; expiresAt: Date }
  | { result: 'not_payable' }
  | { result: 'another_open' };

/**
 * Opens a payment attempt of an unpaid order before its deadline, with its allocations to the leaves, in one
 * statement. It raises the order's version: a step that decided without seeing the attempt is refused and looks again.
 */
export async function openAttempt(
  db: Database,
  ask: { orderNo: string; method: string; provider: string; at: Date; key: IdempotencyKey },
): Promise<OpenedAttempt> {
  const { orderNo, method, provider, key } = ask;
  const at = ask.at.toISOString();
  try {
    const [row] = await db.execute<{ out_trade_no: string; amount_fen: string; expires_at: string }>(sql`
      WITH bumped AS (
        UPDATE orders SET attempts = attempts + 1, version = version + 1
        WHERE order_no = ${orderNo} AND payment_root_no = order_no AND state = 'awaiting_payment' AND payment_deadline > ${at}::timestamptz
        RETURNING order_no, kind, attempts, payable_fen - price_cut_fen - freight_cut_fen - credit_fen AS payable_fen, payment_deadline),
      attempt AS (
        INSERT INTO payments (out_trade_no, order_no, attempt, method, provider, amount_fen, state, created_at, expires_at)
        SELECT order_no || 'P' || attempts, order_no, attempts, ${method}::text, ${provider}::text, payable_fen, 'starting', ${at}::timestamptz, payment_deadline
        FROM bumped RETURNING out_trade_no, order_no, amount_fen, expires_at),
      allocated AS (
        INSERT INTO payment_allocations (out_trade_no, order_no, amount_fen)
        SELECT a.out_trade_no, o.order_no, o.payable_fen - o.price_cut_fen - o.freight_cut_fen - o.credit_fen FROM attempt a, orders o
        WHERE o.payment_root_no = a.order_no AND o.kind <> 'parent'),
      keyed AS (
        INSERT INTO idempotency_keys (scope, key, body_hash, ref, created_at)
        SELECT ${key.scope}, ${key.key}, ${key.bodyHash}, out_trade_no, ${at}::timestamptz FROM attempt ON CONFLICT DO NOTHING)
      SELECT out_trade_no, amount_fen::text, expires_at::text FROM attempt`);
    if (!row) return { result: 'not_payable' };
    return {
      result: 'opened',
      outTradeNo: row.out_trade_no,
      amountFen: BigInt(row.amount_fen),
      expiresAt: new Date(row.expires_at),
    };
  } catch (error) {
    const { constraint_name } = ((error as { cause?: unknown }).cause ?? error) as {
      constraint_name?: string;
    };
    if (constraint_name === 'payments_one_open') return { result: 'another_open' };
    throw error;
  }
}

/** The provider took the attempt: what the buyer's client needs to go on, and the provider's handle of it. */
export async function attemptOpened(
  db: Database,
  outTradeNo: string,
  started: { action: Record<string, string>; providerRef: string | null },
): Promise<void> {
  await db
    .update(payments)
    .set({ state: 'open', ...started })
    .where(and(eq(payments.outTradeNo, outTradeNo), eq(payments.state, 'starting')));
}

/** The provider refused the attempt, with the reason in words for the buyer (PY-4). */
export async function attemptFailed(
  db: Database,
  outTradeNo: string,
  failure: NonNullable<PaymentRow['failure']>,
  at: Date,
): Promise<void> {
  await db
    .update(payments)
    .set({ state: 'failed', failure, endedAt: at })
    .where(and(eq(payments.outTradeNo, outTradeNo), eq(payments.state, 'starting')));
}

/**
 * The provider reported a failed try of an attempt that is still open (PY-4): kept in its history, and shown until it
 * is paid. Once per event of the provider, whatever became of the attempt since.
 */
export async function recordDecline(
  db: Database,
  decline: typeof paymentDeclines.$inferInsert,
): Promise<void> {
  const { code, zh, en } = decline;
  const noted = db
    .$with('noted')
    .as(
      db
        .insert(paymentDeclines)
        .values(decline)
        .onConflictDoNothing()
        .returning({ outTradeNo: paymentDeclines.outTradeNo }),
    );
  await db
    .with(noted)
    .update(payments)
    .set({ failure: { code, zh, en, retryable: true } })
    .where(
      and(
        eq(payments.outTradeNo, decline.outTradeNo),
        eq(payments.state, 'open'),
        sql`exists (select 1 from ${noted})`,
      ),
    );
}

/** Every failed try of an order's attempts, oldest first. */
export async function declinesOf(db: Database, orderNo: string) {
  return await db
    .select({ decline: paymentDeclines })
    .from(paymentDeclines)
    .innerJoin(payments, eq(payments.outTradeNo, paymentDeclines.outTradeNo))
    .where(eq(payments.orderNo, orderNo))
    .orderBy(asc(paymentDeclines.at));
}

/** The kind of card that pays an attempt (PY-1). */
export async function noteFunding(db: Database, outTradeNo: string, funding: string): Promise<void> {
  await db.update(payments).set({ funding }).where(eq(payments.outTradeNo, outTradeNo));
}

/** The attempt was closed at the provider and can take no money any more. */
export async function attemptClosed(db: Database, outTradeNo: string, at: Date): Promise<void> {
  await db
    .update(payments)
    .set({ state: 'closed', endedAt: at })
    .where(and(eq(payments.outTradeNo, outTradeNo), inArray(payments.state, ['starting', 'open'])));
}

export async function openAttemptsOf(db: Database, orderNo: string): Promise<PaymentRow[]> {
  return await db
    .select()
    .from(payments)
    .where(and(eq(payments.orderNo, orderNo), inArray(payments.state, ['starting', 'open'])));
}

export async function findAttempt(
  db: Database,
  outTradeNo: string,
): Promise<(PaymentRow & { rootNo: string }) | undefined> {
  const [row] = await db
    .select({ payment: payments, rootNo: orders.rootNo })
    .from(payments)
    .innerJoin(orders, eq(orders.orderNo, payments.orderNo))
    .where(eq(payments.outTradeNo, outTradeNo));
  return row ? { ...row.payment, rootNo: row.rootNo } : undefined;
}
