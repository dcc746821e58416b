import { outside } from '../shared/activities.ts';

/** One run of the reconciler: starts the workflows of rows that should have one and do not. */
export async function reconcile(): Promise<{ orders: number; refunds: number }> {
  return await outside.reconcile({ atMs: Date.now() });
}
