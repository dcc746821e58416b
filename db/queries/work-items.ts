import { asc, isNull } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { workItems } from '../schema/index.ts';

export async function openWorkItems(db: Database) {
  return await db
    .select()
    .from(workItems)
    .where(isNull(workItems.closedAt))
    .orderBy(asc(workItems.dueAt))
    .limit(500);
}
