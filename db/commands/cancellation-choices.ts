import { createHash } from 'node:crypto';
import { asc, eq, inArray } from 'drizzle-orm';
import { chooseAfterRefusal, type LeftParcel } from '../../domain/after-sale/choose.ts';
import { isSent } from '../../domain/fulfilment/stages.ts';
import type { CancellationChoice } from '../../domain/order/cancellation.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { caseGround } from '../queries/after-sales.ts';
import { cancellationsOf } from '../queries/fulfilment.ts';
import { requireNode } from '../queries/order-nodes.ts';
import * as t from '../schema/index.ts';
import { caseNoOf } from './after-sales.ts';
import { runKeyedStep } from './run-step.ts';

/**
 * What the buyer of a refused cancel chose (CN-6), by a guarded change of the leaf's row beside its workflow, as a case
 * is opened (ADR 6). Repeated with the same key it answers the first verdict, with the cases that it opened.
 */
export async function chooseAfterRefusedCancel(
  db: Database,
  request: {
    orderNo: string;
    cancellationNo: string;
    choice: CancellationChoice;
    key: string;
    actor: string;
    at: Date;
  },
): Promise<StepResult & { caseNos: string[] }> {
  const { orderNo, cancellationNo, choice, key, actor, at } = request;
  const step = {
    ...{ orderNo, actor, at, action: 'choose_after_refusal' as const },
    stepKey: `choose:${createHash('sha256').update(key).digest('hex').slice(0, 16)}`,
    input: { cancellationNo, choice },
  };
  const result = await runKeyedStep(db, step, async () => {
    const leaf = await requireNode(db, orderNo);
    const [cancellations, parcels, { inCases, periods }] = await Promise.all([
      cancellationsOf(db, orderNo),
      leftParcels(db, orderNo, cancellationNo),
      caseGround(db, orderNo),
    ]);
    const decision = chooseAfterRefusal({
      ...{ leaf, cancellations, parcels, inCases, periods },
      ...{ cancellationNo, choice, actor, at },
    });
    return { nodes: [leaf], decision };
  });
  return { ...result, caseNos: await openedBy(db, orderNo, cancellationNo) };
}

/** What has left of a leaf, by number. */
async function leftParcels(db: Database, orderNo: string, cancellationNo: string): Promise<LeftParcel[]> {
  const rows = await db.query.shipments.findMany({
    where: eq(t.shipments.orderNo, orderNo),
    orderBy: asc(t.shipments.shipmentNo),
    with: {
      lines: { columns: { lineNo: true, quantity: true } },
      warehouse: { columns: { system: true } },
    },
  });
  return rows.filter(isSent).map(({ shipmentNo, partOf, lines, trackState, warehouse }) => ({
    ...{ shipmentNo, lines, trackState, deliveryNo: partOf ?? shipmentNo },
    hasSystem: (warehouse?.system ?? null) !== null,
    caseNo: caseNoOf(orderNo, `${cancellationNo} ${shipmentNo}`),
  }));
}

async function openedBy(db: Database, orderNo: string, cancellationNo: string): Promise<string[]> {
  const parcels = await leftParcels(db, orderNo, cancellationNo);
  const possible = parcels.map(({ caseNo }) => caseNo);
  const rows = await db
    .select({ caseNo: t.afterSales.caseNo })
    .from(t.afterSales)
    .where(inArray(t.afterSales.caseNo, possible))
    .orderBy(asc(t.afterSales.caseNo));
  return rows.map(({ caseNo }) => caseNo);
}
