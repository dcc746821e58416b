import type { Database } from '../../db/client.ts';
import {
  announceReport,
  openWarehouseTrouble,
  pushAccepted,
  startPush,
} from '../../db/commands/fulfilment.ts';
import type { Contact, Privacy } from '../../db/commands/privacy.ts';
import { loadShipment } from '../../db/queries/fulfilment.ts';
import { latestMessage } from '../../db/queries/order-notes.ts';
import type { DeliveryOrder, WarehouseSystem } from '../../providers/warehouse/port.ts';
import type { WorkflowStarter } from '../operations/starter.ts';

export interface Warehouses {
  db: Database;
  privacy: Privacy;
  /** By name, as `warehouses.system` names them. */
  systems: ReadonlyMap<string, WarehouseSystem>;
  starter: WorkflowStarter;
}

/** `stopped`: it is not to be sent any more, or not now. */
export type PushOutcome = 'accepted' | 'refused' | 'stopped';

/**
 * Tells a warehouse to send a shipment (FU-2), to the newest address (FU-6). May be repeated: the warehouse knows it by
 * our number. A refusal becomes a message to the order. Throws a `NeighbourError` where the warehouse did not answer.
 */
export async function pushShipment(
  warehouses: Warehouses,
  { shipmentNo, atMs }: { shipmentNo: string; atMs: number },
): Promise<PushOutcome> {
  const { db, starter } = warehouses;
  const at = new Date(atMs);
  if (!(await startPush(db, shipmentNo, at))) {
    const { stage } = await loadShipment(db, shipmentNo);
    return stage === 'planned' || stage === 'pushing' || stage === 'cancelled' ? 'stopped' : 'accepted';
  }
  const { system, order, orderNo } = await deliveryOrderOf(warehouses, shipmentNo);
  const result = await system.push(order);
  if (result.result === 'accepted') {
    const stage = await pushAccepted(db, shipmentNo, result.warehouseOrderId, at);
    return stage === 'cancelled' ? await stopLate(warehouses, { system, order, orderNo, at }) : 'accepted';
  }
  const { code, message } = result;
  const report = { what: 'refused' as const, shipmentNo, code, message };
  const { inboxId } = await announceReport(db, { orderNo, eventKey: `push:${shipmentNo}`, report, at });
  await starter.signalOrder(orderNo, 'warehouse_reported', inboxId);
  return 'refused';
}

/** It arrived after the shipment was stopped (CN-2): it is stopped at the warehouse, too, or a person sees to it. */
async function stopLate(
  { db }: Warehouses,
  {
    system,
    order,
    orderNo,
    at,
  }: { system: WarehouseSystem; order: DeliveryOrder; orderNo: string; at: Date },
): Promise<PushOutcome> {
  const { shipmentNo, warehouseCode } = order;
  const answer = await system.cancel(order, 'stopped while it was being told');
  if (answer.result !== 'cancelled')
    await openWarehouseTrouble(db, {
      ...{ shipmentNo, orderNo, at, kind: 'warehouse_differs' },
      reason: `warehouse ${warehouseCode} took ${shipmentNo} after it was stopped, and does not stop it`,
      waysOut: ['compare_books'],
    });
  return 'stopped';
}

/** A warehouse that does not answer becomes something a person sees; the pushing goes on. */
export async function reportPushTrouble(
  { db }: Pick<Warehouses, 'db'>,
  { shipmentNo, atMs }: { shipmentNo: string; atMs: number },
): Promise<void> {
  const { orderNo, warehouseId } = await loadShipment(db, shipmentNo);
  await openWarehouseTrouble(db, {
    ...{ shipmentNo, orderNo, kind: 'warehouse_unreachable' },
    reason: `warehouse ${warehouseId} does not take ${shipmentNo}; it is told again until it does`,
    waysOut: ['restore_connection', 'cancel_order'],
    at: new Date(atMs),
  });
}

/** The system of a shipment's warehouse. Throws where this installation does not have it. */
export function systemOf(
  { systems }: Pick<Warehouses, 'systems'>,
  warehouse: { warehouseId: string; system: string | null } | null,
): WarehouseSystem {
  const system = systems.get(warehouse?.system ?? '');
  if (!system) throw new Error(`warehouse ${warehouse?.warehouseId} has no system that is configured here`);
  return system;
}

async function deliveryOrderOf(warehouses: Warehouses, shipmentNo: string) {
  const { db, privacy } = warehouses;
  const shipment = await loadShipment(db, shipmentNo);
  const { orderNo, order, warehouseId, sealedContact } = shipment;
  const [receiver, remark] = await Promise.all([
    privacy.open(order.buyerId, sealedContact),
    latestMessage(db, privacy, { orderNo, buyerId: order.buyerId }),
  ]);
  if (!receiver) throw new Error(`the receiver of ${shipmentNo} was erased`);
  const system = systemOf(warehouses, shipment.warehouse);
  const delivery: DeliveryOrder = {
    shipmentNo,
    warehouseCode: warehouseId ?? '',
    carrier: null,
    placedAt: order.createdAt,
    paidAt: order.paidAt ?? order.createdAt,
    receiver: receiver satisfies Contact,
    lines: shipment.lines
      .filter(({ quantity }) => quantity > 0)
      .map(({ lineNo, quantity }) => {
        const line = order.lines.find((candidate) => candidate.lineNo === lineNo);
        if (!line) throw new Error(`${orderNo} has no line ${lineNo}`);
        return { lineNo, skuId: line.skuId, title: line.title, quantity };
      }),
    remark,
  };
  return { system, order: delivery, orderNo };
}
