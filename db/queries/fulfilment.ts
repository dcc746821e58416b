import { and, asc, eq, inArray, isNotNull, isNull, lt, notInArray, sql } from 'drizzle-orm';
import { IN_WAREHOUSE } from '../../domain/fulfilment/stages.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import type { ToDo } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import type { Cancellation } from '../../domain/order/steps/conclude-cancel.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import type { Database } from '../client.ts';
import * as t from '../schema/index.ts';

/** Every shipment of a leaf with what is in it, by number. */
export async function shipmentsOf(db: Database, orderNo: string): Promise<ShipmentRow[]> {
  return await db.query.shipments.findMany({
    columns: {
      ...{ shipmentNo: true, stage: true, warehouseId: true, partOf: true },
      ...{ carrier: true, trackingNo: true },
    },
    where: eq(t.shipments.orderNo, orderNo),
    orderBy: asc(t.shipments.shipmentNo),
    with: { lines: { columns: { lineNo: true, quantity: true }, orderBy: asc(t.shipmentLines.lineNo) } },
  });
}

/** A shipment with all that its warehouse is told, the buyer's newest address among it (FU-6). */
export async function loadShipment(db: Database, shipmentNo: string) {
  const row = await db.query.shipments.findFirst({
    where: eq(t.shipments.shipmentNo, shipmentNo),
    with: {
      lines: true,
      warehouse: true,
      order: {
        columns: { orderNo: true, buyerId: true, createdAt: true, paidAt: true },
        with: { lines: { columns: { lineNo: true, skuId: true, title: true } } },
      },
    },
  });
  if (!row?.order) throw new Error(`no shipment ${shipmentNo}`);
  const { order } = row;
  const [contact] = await db
    .select({ snapshot: t.orders.sealedContact, amended: t.orderAddresses.sealedContact })
    .from(t.orders)
    .leftJoin(t.orderAddresses, eq(t.orderAddresses.orderNo, t.orders.orderNo))
    .where(eq(t.orders.orderNo, order.orderNo))
    .orderBy(sql`${t.orderAddresses.version} desc nulls last`)
    .limit(1);
  if (!contact) throw new Error(`no order ${order.orderNo}`);
  return { ...row, order, orderNo: order.orderNo, sealedContact: contact.amended ?? contact.snapshot };
}

/** A shipment of a warehouse with the state of an open request to stop its order; undefined for another's. */
export async function findWarehouseShipment(db: Database, shipmentNo: string, warehouseId: string) {
  const [row] = await db
    .select({
      shipmentNo: t.shipments.shipmentNo,
      orderNo: t.orders.orderNo,
      stage: t.shipments.stage,
      system: t.warehouses.system,
      cancellation: t.cancellations.state,
    })
    .from(t.shipments)
    .innerJoin(t.orders, eq(t.orders.orderNo, t.shipments.orderNo))
    .innerJoin(t.warehouses, eq(t.warehouses.warehouseId, t.shipments.warehouseId))
    .leftJoin(
      t.cancellations,
      and(eq(t.cancellations.orderNo, t.shipments.orderNo), isNull(t.cancellations.decidedAt)),
    )
    .where(and(eq(t.shipments.shipmentNo, shipmentNo), eq(t.shipments.warehouseId, warehouseId)));
  return row;
}

/** Shipments that are still to be told to their warehouse, or may have been. */
export async function untoldShipments(db: Database, orderNo: string): Promise<string[]> {
  const rows = await db
    .select({ shipmentNo: t.shipments.shipmentNo })
    .from(t.shipments)
    .where(and(eq(t.shipments.orderNo, orderNo), inArray(t.shipments.stage, ['planned', 'pushing'])))
    .orderBy(asc(t.shipments.shipmentNo));
  return rows.map(({ shipmentNo }) => shipmentNo);
}

/** The warehouses that have a system, of those in use. */
export async function warehousesWithSystem(db: Database): Promise<Set<string>> {
  const rows = await db
    .select({ warehouseId: t.warehouses.warehouseId })
    .from(t.warehouses)
    .where(isNotNull(t.warehouses.system));
  return new Set(rows.map(({ warehouseId }) => warehouseId));
}

/**
 * The warehouse with a system that has all of these pieces on sale and has not refused the leaf yet, nearest to its
 * address first; null where there is none (FU-2).
 */
export async function warehouseInstead(
  db: Database,
  orderNo: string,
  pieces: readonly (LineQuantity & { skuId: string })[],
): Promise<string | null> {
  if (pieces.length === 0) return null;
  const wanted = sql.join(
    pieces.map(({ skuId, quantity }) => sql`(${skuId}, ${quantity}::int)`),
    sql.raw(', '),
  );
  const [row] = await db
    .select({ warehouseId: t.warehouses.warehouseId })
    .from(t.warehouses)
    .innerJoin(t.orders, eq(t.orders.orderNo, orderNo))
    .where(
      and(
        isNotNull(t.warehouses.system),
        notInArray(
          t.warehouses.warehouseId,
          db
            .select({ warehouseId: sql<string>`coalesce(${t.shipments.warehouseId}, '')` })
            .from(t.shipments)
            .where(eq(t.shipments.orderNo, orderNo)),
        ),
        sql`not exists (select 1 from (values ${wanted}) as w(sku_id, quantity) where not exists (
          select 1 from stock_levels l where l.sku_id = w.sku_id and l.warehouse_id = ${t.warehouses.warehouseId}
            and l.on_hand - l.reserved >= w.quantity))`,
      ),
    )
    .orderBy(sql`${t.warehouses.region} = ${t.orders.region} desc`, asc(t.warehouses.warehouseId))
    .limit(1);
  return row?.warehouseId ?? null;
}

export async function findCancellation(
  db: Database,
  cancellationNo: string,
): Promise<(Cancellation & { orderNo: string }) | undefined> {
  const [row] = await db
    .select()
    .from(t.cancellations)
    .where(eq(t.cancellations.cancellationNo, cancellationNo));
  return row;
}

/** Every request to stop a leaf, oldest first. */
export async function cancellationsOf(db: Database, orderNo: string) {
  return await db
    .select()
    .from(t.cancellations)
    .where(eq(t.cancellations.orderNo, orderNo))
    .orderBy(asc(t.cancellations.askedAt));
}

/** The request about a leaf that has no answer yet. */
export async function openCancellation(db: Database, orderNo: string) {
  const [row] = await db
    .select()
    .from(t.cancellations)
    .where(and(eq(t.cancellations.orderNo, orderNo), isNull(t.cancellations.decidedAt)));
  return row;
}

/** Shipments in a warehouse of which nothing was heard since `before`, longest first. */
export async function silentShipments(db: Database, before: Date, limit: number) {
  return await db
    .select({ shipmentNo: t.shipments.shipmentNo, acceptedAt: t.shipments.acceptedAt })
    .from(t.shipments)
    .where(and(inArray(t.shipments.stage, [...IN_WAREHOUSE]), lt(t.shipments.heardAt, before)))
    .orderBy(asc(t.shipments.heardAt))
    .limit(limit);
}

/** What is left to do outside for a leaf: shipments to be told, and a request to stop some (FU-2, CN-2). */
export async function outsideWork(
  db: Database,
  { orderNo, state, dispatch, cancellationNo }: OrderNode,
): Promise<ToDo> {
  if (state !== 'awaiting_shipment' || dispatch === 'merchant') return {};
  const push = await untoldShipments(db, orderNo);
  const open = cancellationNo === null ? undefined : await openCancellation(db, orderNo);
  const stop = open?.state === 'asking' && open.shipmentNos.length > 0 ? open : undefined;
  return { push, ...(stop ? { stop } : {}) };
}
