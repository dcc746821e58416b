import { and, eq, inArray, sql } from 'drizzle-orm';
import {
  furtherStage,
  IN_WAREHOUSE,
  isInWarehouse,
  type ShipmentStage,
} from '../../domain/fulfilment/stages.ts';
import { WORK_ITEM_DUE_MS } from '../../domain/order/fulfilment-effects.ts';
import type { WarehouseReport } from '../../domain/order/steps/warehouse.ts';
import type { Database } from '../client.ts';
import { orders, shipmentReports, shipments, workItems } from '../schema/index.ts';
import { intake } from './inbox.ts';

/**
 * The warehouse is being told of a shipment from now on, so it may know of it. False where it is not to be told any
 * more: it was stopped, or a request to stop its order is open (CN-2).
 */
export async function startPush(db: Database, shipmentNo: string, at: Date): Promise<boolean> {
  const rows = await db
    .update(shipments)
    .set({ stage: 'pushing', heardAt: at })
    .where(
      and(
        eq(shipments.shipmentNo, shipmentNo),
        inArray(shipments.stage, ['planned', 'pushing']),
        sql`not exists (select 1 from ${orders} o where o.order_no = ${shipments.orderNo} and o.cancellation_no is not null)`,
      ),
    )
    .returning({ shipmentNo: shipments.shipmentNo });
  return rows.length > 0;
}

/** The warehouse took it. Its reports may have come before its answer: a stage never goes back. Answers the stage. */
export async function pushAccepted(
  db: Database,
  shipmentNo: string,
  warehouseOrderId: string,
  at: Date,
): Promise<ShipmentStage | undefined> {
  const [row] = await db
    .update(shipments)
    .set({
      stage: sql`case when ${shipments.stage} = 'pushing' then 'accepted' else ${shipments.stage} end`,
      warehouseOrderId,
      acceptedAt: sql`coalesce(${shipments.acceptedAt}, ${at.toISOString()}::timestamptz)`,
      heardAt: at,
    })
    .where(eq(shipments.shipmentNo, shipmentNo))
    .returning({ stage: shipments.stage });
  return row?.stage;
}

/** A stage the warehouse reports (FU-2): rows only. The same event again, or a late one, moves nothing. */
export async function takeStage(
  db: Database,
  shipmentNo: string,
  report: {
    eventKey: string;
    stage: ShipmentStage;
    at: Date;
    operator: string | null;
    remark: string | null;
  },
  receivedAt: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .select({ stage: shipments.stage })
      .from(shipments)
      .where(eq(shipments.shipmentNo, shipmentNo))
      .for('no key update');
    if (!row) throw new Error(`no shipment ${shipmentNo}`);
    await tx
      .insert(shipmentReports)
      .values({ shipmentNo, ...report, receivedAt })
      .onConflictDoNothing();
    await tx
      .update(shipments)
      .set({
        // Leaving and refusing are steps of the order: only what goes on inside moves here.
        stage: isInWarehouse(report.stage) ? furtherStage(row.stage, report.stage) : row.stage,
        heardAt: receivedAt,
        acceptedAt: sql`coalesce(${shipments.acceptedAt}, ${report.at.toISOString()}::timestamptz)`,
      })
      .where(eq(shipments.shipmentNo, shipmentNo));
  });
}

/** The warehouse was asked and is where it was. */
export async function heardOf(db: Database, shipmentNo: string, at: Date): Promise<void> {
  await db
    .update(shipments)
    .set({ heardAt: at })
    .where(and(eq(shipments.shipmentNo, shipmentNo), inArray(shipments.stage, [...IN_WAREHOUSE])));
}

/**
 * A warehouse's milestone for the order's workflow, once per event: the row's id, with whether it waits to be applied.
 */
export async function announceReport(
  db: Database,
  message: { orderNo: string; eventKey: string; report: WarehouseReport; at: Date },
): Promise<{ inboxId: string; isApplied: boolean }> {
  const { orderNo, eventKey, report, at } = message;
  const { row } = await intake(db, {
    ...{
      source: 'warehouse',
      eventKey,
      bodyHash: '',
      orderNo,
      kind: 'warehouse_reported',
      actor: 'warehouse',
    },
    payload: report as unknown as Record<string, unknown>,
    receivedAt: at,
  });
  return { inboxId: row.inboxId, isApplied: row.appliedAt !== null };
}

/** A trouble with a warehouse that a person must look at; the same one is one item. */
export async function openWarehouseTrouble(
  db: Database,
  trouble: { shipmentNo: string; orderNo: string; kind: string; reason: string; waysOut: string[]; at: Date },
): Promise<void> {
  const { shipmentNo, kind, waysOut, at } = trouble;
  const { orderNo, reason } = trouble;
  await db
    .insert(workItems)
    .values({
      workItemId: `${kind}-${shipmentNo}`,
      ...{ kind, orderNo, reason, waysOut, ownerRole: 'operations' },
      openedAt: at,
      dueAt: new Date(at.getTime() + WORK_ITEM_DUE_MS),
    })
    .onConflictDoNothing();
}
