import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { inbox } from '../schema/index.ts';
import type { InboxRow } from './inbox.ts';

const PAGE = 500;

/** A message of a batch: what one has of its own. */
export interface BatchMessage {
  eventKey: string;
  orderNo: string;
  payload: Record<string, unknown>;
}

/** What all messages of a batch share. */
export type BatchHead = Pick<InboxRow, 'source' | 'kind' | 'actor' | 'receivedAt'>;

/**
 * Like `intake`, for many messages of different keys: a statement for every 500 of them. Answers their rows in the order
 * of `messages`; `isNew` where there was none before.
 */
export async function intakeBatch(
  db: Database,
  head: BatchHead,
  messages: readonly BatchMessage[],
): Promise<{ row: InboxRow; isNew: boolean }[]> {
  const fresh = messages.map((message) => ({ ...newRow(head), ...message }));
  // Two batches with the same keys wait for each other; in one order they never wait in a circle.
  const sorted = fresh.toSorted((a, b) => (a.eventKey < b.eventKey ? -1 : 1));
  const stored = new Map<string, InboxRow>();
  for (let from = 0; from < sorted.length; from += PAGE)
    for (const row of await storePage(db, head, sorted.slice(from, from + PAGE)))
      stored.set(row.eventKey, row);
  return fresh.map(({ eventKey, inboxId }) => {
    const row = stored.get(eventKey);
    if (!row) throw new Error('the inbox row vanished');
    return { row, isNew: row.inboxId === inboxId };
  });
}

const newRow = (head: BatchHead) => ({
  ...head,
  ...{ inboxId: randomUUID(), bodyHash: '', verdict: null, appliedAt: null },
});

async function storePage(db: Database, head: BatchHead, page: readonly InboxRow[]): Promise<InboxRow[]> {
  const { source, kind, actor, receivedAt } = head;
  const document = page.map(({ inboxId, eventKey, orderNo, payload }) => ({
    ...{ inbox_id: inboxId, event_key: eventKey, order_no: orderNo, payload },
  }));
  const added = await db.execute<{ inbox_id: string }>(sql`
    INSERT INTO ${inbox} (inbox_id, source, event_key, body_hash, order_no, kind, actor, payload, received_at)
    SELECT inbox_id, ${source}, event_key, '', order_no, ${kind}, ${actor}, payload, ${receivedAt.toISOString()}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(document)}::jsonb)
      AS message (inbox_id text, event_key text, order_no text, payload jsonb)
    ON CONFLICT DO NOTHING RETURNING inbox_id`);
  if (added.length === page.length) return [...page];
  const ids = new Set(added.map(({ inbox_id }) => inbox_id));
  const known = page.filter(({ inboxId }) => !ids.has(inboxId)).map(({ eventKey }) => eventKey);
  const earlier = await db
    .select()
    .from(inbox)
    .where(and(eq(inbox.source, source), sql`${inbox.eventKey} = any(${sql.param(known)}::text[])`));
  return [...page.filter(({ inboxId }) => ids.has(inboxId)), ...earlier];
}
