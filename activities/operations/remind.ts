import type { Database } from '../../db/client.ts';
import { remindReviewOverdue, remindShipOverdue, remindWorkItems } from '../../db/commands/reminders.ts';

const BATCH = 500;

/**
 * Reminds of what is overdue: promised times to ship (FU-7), reviews (FU-1), and work items. Each is told once; safe to
 * run twice.
 */
export async function remind(db: Database, now: Date): Promise<void> {
  for (const writeBatch of [remindShipOverdue, remindReviewOverdue, remindWorkItems]) {
    let written: number;
    do {
      written = await writeBatch(db, now, BATCH);
    } while (written === BATCH);
  }
}
