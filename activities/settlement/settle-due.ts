import type { Database } from '../../db/client.ts';
import { settleBatch } from '../../db/commands/settlement.ts';

const BATCH = 500;

/** Settles what is due and not held, in batches; the number of lines settled (ST-5, FN-6). */
export async function settleDue(db: Database, { atMs }: { atMs: number }): Promise<{ lines: number }> {
  let lines = 0;
  for (;;) {
    const settled = await settleBatch(db, new Date(atMs), BATCH);
    lines += settled;
    if (settled === 0) return { lines };
  }
}
