import { z } from '@hono/zod-openapi';
import type { WorkItemRow } from '../../db/queries/work-items.ts';
import { timeSchema } from '../schemas.ts';

export const workItemSchema = z
  .object({
    workItemId: z.string(),
    kind: z.string(),
    orderNo: z.string().nullable(),
    reason: z.string(),
    ownerRole: z.string(),
    waysOut: z.array(z.string()),
    openedAt: timeSchema,
    dueAt: timeSchema,
    overdue: z.boolean(),
  })
  .openapi('WorkItem');

/** An entry of the human queue as its owner sees it. */
export function representWorkItem(
  { workItemId, kind, orderNo, reason, ownerRole, waysOut, openedAt, dueAt }: WorkItemRow,
  now: Date,
): z.infer<typeof workItemSchema> {
  return {
    ...{ workItemId, kind, orderNo, reason, ownerRole, waysOut },
    openedAt: openedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    overdue: dueAt < now,
  };
}
