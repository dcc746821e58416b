import { sql } from 'drizzle-orm';
import type { Effects } from '../../domain/order/effects.ts';
import type { Database } from '../client.ts';
import { documentOf, type StepCommit } from './step-document.ts';
import { STATEMENTS } from './step-statement.ts';

/** Why the database refused a step; nothing of it was written. */
export type CommitRefusal =
  | 'quote_used'
  | 'stale'
  | 'repeated'
  | 'insufficient_stock'
  | 'coupon_unavailable'
  | 'points_insufficient'
  /** Its giver gave too much goodwill that day, with what somebody gave at the same time. */
  | 'goodwill_limit'
  /** Something of it is there already: the step ran before, or it is a defect. */
  | 'duplicate';
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';
  readonly reason: CommitRefusal;
  constructor(reason: CommitRefusal) {
    super(`the step was refused: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Writes a whole step in one statement, so in one transaction and one round trip (P3). Every guarded row must still be
 * as the decision saw it (`must` raises otherwise); the constraints of stock, coupons and points have the last word.
 * Throws `CommitRefused`; on any other error nothing was written either, or the log row tells at the next try.
 */
export async function commitStep(db: Database, step: StepCommit): Promise<void> {
  try {
    const { before, after } = STATEMENTS[isCommon(step.effects) ? 'common' : 'fulfilment']();
    await db.execute(sql`${before}${documentOf(step)}${after}`);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) refusal.cause = error;
    throw refusal ?? error;
  }
}

/** Whether a step writes nothing but what every step may: the shorter statement does, and costs less. */
function isCommon(effects: Effects): boolean {
  const { shipments, shipmentChanges, corrections, reversals, cancellations, holds, workItems } = effects;
  const others = [shipments, shipmentChanges, corrections, reversals, cancellations, holds, workItems];
  const done = [
    effects.cancellationsDecided,
    effects.workItemsDone,
    effects.cases,
    effects.caseChanges,
    effects.goodwillUsed,
    effects.proposals,
    effects.proposalsDecided,
    effects.cancellationsChosen,
  ];
  return [...others, ...done].every((written) => written.length === 0);
}

function refusalOf(error: unknown): CommitRefused | undefined {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const { code, message, constraint_name } = cause as {
    code?: string;
    message?: string;
    constraint_name?: string;
  };
  if (code === 'DD001') return new CommitRefused(message as CommitRefusal);
  if (code === '23514' && constraint_name === 'stock_levels_available')
    return new CommitRefused('insufficient_stock');
  if (code === '23505' && constraint_name === 'order_log_step') return new CommitRefused('repeated');
  if (code === '23505' && constraint_name === 'orders_quote_once') return new CommitRefused('quote_used');
  if (code === 'DD003') return new CommitRefused('stale'); // another child's refund of the same payment came first
  if (code === '23505' && constraint_name === 'refunds_pkey') return new CommitRefused('stale'); // … took its number
  if (code === '23505' && constraint_name === 'shipments_pkey') return new CommitRefused('stale');
  if (code === '23505' && constraint_name === 'cancellations_open') return new CommitRefused('stale');
  if (code === '23505') return new CommitRefused('duplicate');
  if (code === '40P01') return new CommitRefused('stale'); // a deadlock's victim: look again
  return undefined;
}
