import { and, count, eq } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { findEvidence } from '../queries/evidence.ts';
import { afterSaleEvidence, afterSales } from '../schema/index.ts';
import { claimKey, findKey, type IdempotencyKey } from './idempotency.ts';

/** How much each side may give to a case. */
const PER_SIDE = 10;

export type EvidenceRow = typeof afterSaleEvidence.$inferSelect;

/** `repeated` names the row that the same request made before. */
export type EvidenceResult =
  | { result: 'stored' | 'repeated'; row: EvidenceRow }
  | { result: 'refused'; code: 'case_over' | 'evidence_too_many' | 'idempotency_key_reused' };

/**
 * Adds evidence to an open case (RT-1, RT-3), once per idempotency key, whose scope names the case. The case is locked
 * meanwhile: it cannot end, and evidence given at once is counted one after the other.
 */
export async function insertEvidence(
  db: Database,
  key: IdempotencyKey,
  row: EvidenceRow,
): Promise<EvidenceResult> {
  return await db.transaction(async (tx) => {
    const [theCase] = await tx
      .select({ endedAt: afterSales.endedAt })
      .from(afterSales)
      .where(eq(afterSales.caseNo, row.caseNo))
      .for('no key update');
    if (!theCase) throw new Error(`no case ${row.caseNo}`);
    const earlier = await findKey(tx, key);
    if (earlier?.result === 'other_body') return { result: 'refused', code: 'idempotency_key_reused' };
    if (earlier) {
      const found = await findEvidence(tx, row.caseNo, earlier.ref);
      if (!found) throw new Error(`no evidence ${earlier.ref}`);
      return { result: 'repeated', row: found };
    }
    if (theCase.endedAt) return { result: 'refused', code: 'case_over' };
    const [given] = await tx
      .select({ count: count() })
      .from(afterSaleEvidence)
      .where(and(eq(afterSaleEvidence.caseNo, row.caseNo), eq(afterSaleEvidence.givenBy, row.givenBy)));
    if (given && given.count >= PER_SIDE) return { result: 'refused', code: 'evidence_too_many' };
    await claimKey(tx, key, row.evidenceId, row.at);
    await tx.insert(afterSaleEvidence).values(row);
    return { result: 'stored', row };
  });
}
