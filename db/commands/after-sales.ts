import { createHash } from 'node:crypto';
import { and, eq, isNull, or } from 'drizzle-orm';
import type { CaseCommand } from '../../domain/after-sale/case.ts';
import { openCase as decideOpening, type OpenCommand } from '../../domain/after-sale/open.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { caseGround, exchangeableItems } from '../queries/after-sales.ts';
import { requireNode } from '../queries/order-nodes.ts';
import { afterSales, shipments } from '../schema/index.ts';
import { type InboxRow, intake } from './inbox.ts';
import { runKeyedStep } from './run-step.ts';

/** A case's number is what it was asked for with, so that the same request is the same case. */
export const caseNoOf = (orderNo: string, key: string): string =>
  `${orderNo}A${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;

/**
 * Opens a case by a guarded change of its leaf's row, beside the leaf's workflow (ADR 6): a receipt under way sees the
 * hold or has won. Repeated with the same key it answers the first verdict.
 */
export async function openCase(
  db: Database,
  request: { orderNo: string; key: string; actor: string; command: OpenCommand; at: Date },
): Promise<StepResult & { caseNo: string }> {
  const { orderNo, key, actor, command, at } = request;
  const caseNo = caseNoOf(orderNo, key);
  const { kind, reason, pieces } = command;
  const step = {
    ...{ orderNo, actor, at, stepKey: `case:${caseNo}`, action: 'open_case' as const },
    input: { caseNo, kind, reason, pieces },
  };
  const result = await runKeyedStep(db, step, async () => {
    const wanted = pieces.flatMap(({ wantSkuId }) => wantSkuId ?? []);
    const [leaf, items] = await Promise.all([requireNode(db, orderNo), exchangeableItems(db, wanted)]);
    return {
      nodes: [leaf],
      decision: decideOpening({
        leaf,
        command,
        items,
        caseNo,
        actor,
        at,
        ...(await caseGround(db, orderNo)),
      }),
    };
  });
  return { ...result, caseNo };
}

/**
 * The carrier's answer to an intercept, as the warehouse tells it of its delivery (CN-6): a message to each open case
 * about a parcel of that delivery, once per event.
 */
export async function announceIntercept(
  db: Database,
  {
    deliveryNo,
    succeeded,
    eventKey,
    at,
  }: { deliveryNo: string; succeeded: boolean; eventKey: string; at: Date },
): Promise<InboxRow[]> {
  const open = await db
    .select({ caseNo: afterSales.caseNo, orderNo: afterSales.orderNo })
    .from(afterSales)
    .innerJoin(shipments, eq(shipments.shipmentNo, afterSales.shipmentNo))
    .where(
      and(
        or(eq(shipments.shipmentNo, deliveryNo), eq(shipments.partOf, deliveryNo)),
        eq(afterSales.reason, 'cancelled_late'),
        isNull(afterSales.endedAt),
      ),
    );
  const command: CaseCommand = { do: succeeded ? 'intercepted' : 'intercept_failed', by: 'warehouse' };
  return await Promise.all(
    open.map(async ({ caseNo, orderNo }) => {
      const { row } = await intake(db, {
        ...{ source: 'warehouse', eventKey: `${eventKey}:${caseNo}`, bodyHash: '', orderNo },
        ...{ kind: 'case_commanded', actor: 'warehouse', receivedAt: at },
        payload: { caseNo, command },
      });
      return row;
    }),
  );
}
