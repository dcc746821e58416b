import { randomUUID } from 'node:crypto';
import { and, asc, eq, isNull, lt, sql } from 'drizzle-orm';
import { noticePayload } from '../../domain/order/payment-notice.ts';
import type { Database } from '../client.ts';
import { inbox, payments } from '../schema/index.ts';
import { noteFunding } from './payment-attempts.ts';

export type InboxRow = typeof inbox.$inferSelect;

/**
 * Writes a message into the inbox, once per source and event; an earlier one's row is answered if there was one.
 * Durable when it returns; only then may the sender be answered (PY-2).
 */
export async function intake(
  db: Database,
  message: Omit<typeof inbox.$inferInsert, 'inboxId'>,
): Promise<{ row: InboxRow; isNew: boolean }> {
  const [row] = await db
    .insert(inbox)
    .values({ ...message, inboxId: randomUUID() })
    .onConflictDoNothing()
    .returning();
  if (row) return { row, isNew: true };
  const [earlier] = await db
    .select()
    .from(inbox)
    .where(and(eq(inbox.source, message.source), eq(inbox.eventKey, message.eventKey)));
  if (!earlier) throw new Error('the inbox row vanished');
  return { row: earlier, isNew: false };
}

/**
 * The same for a provider's notification about a payment attempt, which names the order: one statement, for it comes in
 * crowds (P10). Null when the provider has no such attempt with us; `inboxId` is null when it was stored before.
 */
export async function intakeNotice(
  db: Database,
  notice: Omit<typeof inbox.$inferInsert, 'inboxId' | 'orderNo'> & { outTradeNo: string },
): Promise<{ orderNo: string; inboxId: string | null } | null> {
  const { source, eventKey, bodyHash, kind, actor, payload, outTradeNo } = notice;
  const [row] = await db.execute<{ order_no: string; inbox_id: string | null }>(sql`
    WITH attempt AS (SELECT order_no FROM ${payments} WHERE out_trade_no = ${outTradeNo} AND provider = ${source}),
    stored AS (
      INSERT INTO ${inbox} (inbox_id, source, event_key, body_hash, order_no, kind, actor, payload, received_at)
      SELECT ${randomUUID()}, ${source}, ${eventKey}, ${bodyHash}, order_no, ${kind}, ${actor},
        ${JSON.stringify(payload)}::jsonb, ${notice.receivedAt.toISOString()}::timestamptz
      FROM attempt ON CONFLICT DO NOTHING RETURNING inbox_id)
    SELECT order_no, (SELECT inbox_id FROM stored) AS inbox_id FROM attempt`);
  return row ? { orderNo: row.order_no, inboxId: row.inbox_id } : null;
}

/** Writes the verdict of a message that changes no order. */
export async function markApplied(db: Database, inboxId: string, at: Date): Promise<void> {
  await db
    .update(inbox)
    .set({ verdict: { result: 'accepted' }, appliedAt: at })
    .where(and(eq(inbox.inboxId, inboxId), isNull(inbox.appliedAt)));
}

/** Money that the provider told us of when asked: a message like its notification, once per trade. */
export async function recordPaidTrade(
  db: Database,
  attempt: { outTradeNo: string; orderNo: string; provider: string },
  trade: { providerTradeNo: string; amountFen: bigint; paidAt: Date; funding?: string | null },
  at: Date,
): Promise<InboxRow> {
  const { outTradeNo, orderNo, provider } = attempt;
  if (trade.funding) await noteFunding(db, outTradeNo, trade.funding);
  const { row } = await intake(db, {
    source: `${provider}:query`,
    eventKey: outTradeNo,
    bodyHash: '',
    orderNo,
    kind: 'payment_reported',
    actor: `provider:${provider}`,
    payload: { ...noticePayload({ outTradeNo, ...trade }) },
    receivedAt: at,
  });
  return row;
}

/** What was received before `before` and has no verdict yet, oldest first. */
export async function unappliedMessages(db: Database, before: Date, limit: number): Promise<InboxRow[]> {
  return await db
    .select()
    .from(inbox)
    .where(and(isNull(inbox.appliedAt), lt(inbox.receivedAt, before)))
    .orderBy(asc(inbox.receivedAt))
    .limit(limit);
}

export async function findMessage(
  db: Database,
  source: string,
  eventKey: string,
): Promise<InboxRow | undefined> {
  const [row] = await db
    .select()
    .from(inbox)
    .where(and(eq(inbox.source, source), eq(inbox.eventKey, eventKey)));
  return row;
}
