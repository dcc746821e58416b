import { randomUUID } from 'node:crypto';
import { and, asc, eq, isNull, lt } from 'drizzle-orm';
import { noticePayload } from '../../domain/order/payment-notice.ts';
import type { Database } from '../client.ts';
import { inbox } from '../schema/index.ts';

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

/** Money that the provider told us of when asked: a message like its notification, once per trade. */
export async function recordPaidTrade(
  db: Database,
  attempt: { outTradeNo: string; orderNo: string; provider: string },
  trade: { providerTradeNo: string; amountFen: bigint; paidAt: Date },
  at: Date,
): Promise<InboxRow> {
  const { outTradeNo, orderNo, provider } = attempt;
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
