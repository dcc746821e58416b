import { asc, eq, isNull } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { workItems } from '../schema/index.ts';

export type WorkItemRow = typeof workItems.$inferSelect;

/** Open items of every owner, most urgent first. */
export async function openWorkItems(db: Database) {
  return await db
    .select()
    .from(workItems)
    .where(isNull(workItems.closedAt))
    .orderBy(asc(workItems.dueAt))
    .limit(500);
}

export async function findWorkItem(db: Database, workItemId: string) {
  const [row] = await db.select().from(workItems).where(eq(workItems.workItemId, workItemId));
  return row;
}
