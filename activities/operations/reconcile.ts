import type { Database } from '../../db/client.ts';
import { openCases } from '../../db/queries/after-sales.ts';
import { openRefunds, openRunnableOrders } from '../../db/queries/open-work.ts';
import type { WorkflowStarter } from './starter.ts';

const PAGE = 200;
/** Younger rows are just being started by their own request. */
const AGE_MS = 30_000;

export interface ReconciledPage {
  started: number;
  /** Where the next page begins; null after the last. */
  after: string | null;
}

/**
 * Starts, page by page, the orders that should run and do not. Starting one that runs changes nothing, so this is
 * safe at any time; it is the way out after a lost server or a terminated run.
 */
export async function reconcileOrders(
  db: Database,
  starter: WorkflowStarter,
  { atMs, after }: { atMs: number; after: string },
): Promise<ReconciledPage> {
  const page = await openRunnableOrders(db, { before: new Date(atMs - AGE_MS), after, limit: PAGE });
  for (const node of page) await starter.startOrder(node);
  return { started: page.length, after: page.length < PAGE ? null : (page.at(-1)?.orderNo ?? null) };
}

/** The same for refunds that were requested, page by page. */
export async function reconcileRefunds(
  db: Database,
  starter: WorkflowStarter,
  { atMs, after }: { atMs: number; after: string },
): Promise<ReconciledPage> {
  const page = await openRefunds(db, { before: new Date(atMs - AGE_MS), after, limit: PAGE });
  for (const refundNo of page) await starter.startRefund(refundNo);
  return { started: page.length, after: page.length < PAGE ? null : (page.at(-1) ?? null) };
}

/** The same for after-sale cases, page by page. */
export async function reconcileCases(
  db: Database,
  starter: WorkflowStarter,
  { atMs, after }: { atMs: number; after: string },
): Promise<ReconciledPage> {
  const page = await openCases(db, { before: new Date(atMs - AGE_MS), after, limit: PAGE });
  for (const { caseNo } of page) await starter.startCase(caseNo);
  return { started: page.length, after: page.length < PAGE ? null : (page.at(-1)?.caseNo ?? null) };
}
