import { outside } from '../shared/activities.ts';

/** One run of the settlement schedule: everything due by now that nothing holds (ST-5). */
export async function settlement(): Promise<{ lines: number }> {
  return await outside.settleDue({ atMs: Date.now() });
}
