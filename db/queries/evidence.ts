import { and, eq } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { afterSaleEvidence, afterSales } from '../schema/index.ts';

/** Whose a case is; undefined if there is none. */
export async function findCaseParties(
  db: Database,
  caseNo: string,
): Promise<{ buyerId: string; merchantId: string } | undefined> {
  const [row] = await db
    .select({ buyerId: afterSales.buyerId, merchantId: afterSales.merchantId })
    .from(afterSales)
    .where(eq(afterSales.caseNo, caseNo));
  return row;
}

/** A piece of evidence of that very case, or undefined. */
export async function findEvidence(
  db: Database,
  caseNo: string,
  evidenceId: string,
): Promise<typeof afterSaleEvidence.$inferSelect | undefined> {
  const [row] = await db
    .select()
    .from(afterSaleEvidence)
    .where(and(eq(afterSaleEvidence.evidenceId, evidenceId), eq(afterSaleEvidence.caseNo, caseNo)));
  return row;
}
