import { patched } from '@temporalio/workflow';
import type { ReconciledPage } from '../../activities/operations/reconcile.ts';
import { outside } from '../shared/activities.ts';

/** One run of the reconciler: starts the workflows of rows that should have one and do not. */
export async function reconcile(): Promise<{ orders: number; refunds: number; cases: number }> {
  const atMs = Date.now();
  return {
    orders: await allPages((after) => outside.reconcileOrders({ atMs, after })),
    refunds: await allPages((after) => outside.reconcileRefunds({ atMs, after })),
    // Runs that began before there were cases have no such activity in their history.
    cases: patched('cases') ? await allPages((after) => outside.reconcileCases({ atMs, after })) : 0,
  };
}

async function allPages(next: (after: string) => Promise<ReconciledPage>): Promise<number> {
  let total = 0;
  for (let after: string | null = ''; after !== null; ) {
    const page: ReconciledPage = await next(after);
    total += page.started;
    after = page.after;
  }
  return total;
}
