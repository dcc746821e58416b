import type { Database } from '../../db/client.ts';
import { settleBatch } from '../../db/commands/settlement.ts';

const BATCH = 500;

/** Settles one batch of what is due and not held; the number of lines settled, 0 when nothing is left (ST-5, FN-6). */
export async function settleDue(db: Database, { atMs }: { atMs: number }): Promise<{ lines: number }> {
  return { lines: await settleBatch(db, new Date(atMs), BATCH) };
}
