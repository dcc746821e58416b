import type { Database } from '../../db/client.ts';
import { openRefunds, openRunnableOrders } from '../../db/queries/open-work.ts';
import type { WorkflowStarter } from './starter.ts';

const PAGE = 500;

/**
 * Starts what should run and does not: an order whose row is open, a refund that was requested. Starting what runs
 * already changes nothing, so this is safe at any time; it is the way out after a lost server or a terminated run.
 */
export async function reconcile(
  db: Database,
  starter: WorkflowStarter,
  { atMs }: { atMs: number },
): Promise<{ orders: number; refunds: number }> {
  // Younger rows are just being started by their own request.
  const before = new Date(atMs - 30_000);
  let orders = 0;
  for (let after = ''; ; ) {
    const page = await openRunnableOrders(db, { before, after, limit: PAGE });
    for (const node of page) await starter.startOrder(node);
    orders += page.length;
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.orderNo;
  }
  const refunds = await openRefunds(db, before);
  for (const refundNo of refunds) await starter.startRefund(refundNo);
  return { orders, refunds: refunds.length };
}
