import { outside } from '../shared/activities.ts';

/** One run of the settlement schedule: everything due by now that nothing holds, batch by batch (ST-5). */
export async function settlement(): Promise<{ lines: number }> {
  const atMs = Date.now();
  for (let total = 0; ; ) {
    const { lines } = await outside.settleDue({ atMs });
    total += lines;
    if (lines === 0) return { lines: total };
  }
}
