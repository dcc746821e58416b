import type { Logger } from 'pino';
import { announceReport, heardOf, openWarehouseTrouble, takeStage } from '../../db/commands/fulfilment.ts';
import { loadShipment, silentShipments } from '../../db/queries/fulfilment.ts';
import { isInWarehouse, warehouseStage } from '../../domain/fulfilment/stages.ts';
import { NeighbourError } from '../../providers/neighbour-error.ts';
import { milestonesOf } from '../../providers/warehouse/milestones.ts';
import { systemOf, type Warehouses } from './push.ts';

export interface WarehouseWatch extends Omit<Warehouses, 'privacy'> {
  logger: Pick<Logger, 'warn' | 'error'>;
  /** Hours of silence are divided by this. */
  timeDivisor: number;
}

const BATCH = 50;
const HOUR_MS = 3_600_000;
/** A warehouse that was not heard of for so long is asked: its report may be lost. */
const ASK_AFTER_HOURS = 6;
/** What lies in a warehouse for so long is a person's to ask about. */
const TOO_LONG_HOURS = 72;

/** Asks about shipments in warehouses of which nothing was heard for hours (FU-2): rows only, safe to run twice. */
export async function watchWarehouses(watch: WarehouseWatch, now: Date): Promise<void> {
  const before = new Date(now.getTime() - (ASK_AFTER_HOURS * HOUR_MS) / watch.timeDivisor);
  for (const { shipmentNo } of await silentShipments(watch.db, before, BATCH)) {
    try {
      await ask(watch, shipmentNo, now);
    } catch (error) {
      const known = error instanceof NeighbourError;
      watch.logger[known ? 'warn' : 'error'](
        { shipmentNo, err: error },
        'a warehouse could not be asked about a shipment',
      );
      await heardOf(watch.db, shipmentNo, now);
    }
  }
}

async function ask(watch: WarehouseWatch, shipmentNo: string, now: Date): Promise<void> {
  const { db, starter, timeDivisor } = watch;
  const shipment = await loadShipment(db, shipmentNo);
  const { orderNo, warehouseId, stage } = shipment;
  // It was refused or stopped while others were asked about.
  if (!isInWarehouse(stage)) return;
  const ref = { shipmentNo, warehouseCode: warehouseId ?? '' };
  const status = await systemOf(watch, shipment.warehouse).query(ref);
  await heardOf(db, shipmentNo, now);
  const reports = milestonesOf(shipmentNo, status);
  for (const report of reports) {
    const told =
      report.what === 'handed_over' ? report.parcels.map((p) => p.trackingNo).join(',') : 'refused';
    const eventKey = `query:${shipmentNo}:${told}`;
    const { inboxId, isApplied } = await announceReport(db, { orderNo, eventKey, report, at: now });
    if (!isApplied) await starter.signalOrder(orderNo, 'warehouse_reported', inboxId);
  }
  if (reports.length > 0) return;
  if (status.state === 'known') {
    const about = { operator: null, remark: null, at: now };
    await takeStage(
      db,
      shipmentNo,
      { eventKey: `query:${status.stage}`, stage: warehouseStage(status.stage), ...about },
      now,
    );
  } else if (stage !== 'pushing') {
    return await openWarehouseTrouble(db, {
      ...{ shipmentNo, orderNo, kind: 'warehouse_forgot' },
      reason: `warehouse ${warehouseId} does not know ${shipmentNo} any more`,
      waysOut: ['compare_books', 'cancel_order'],
      at: now,
    });
  }
  const tooLongMs = (TOO_LONG_HOURS * HOUR_MS) / timeDivisor;
  if (shipment.acceptedAt && now.getTime() - shipment.acceptedAt.getTime() > tooLongMs)
    await openWarehouseTrouble(db, {
      ...{ shipmentNo, orderNo, kind: 'warehouse_slow' },
      reason: `${shipmentNo} has been in warehouse ${warehouseId} since ${shipment.acceptedAt.toISOString()}`,
      waysOut: ['ask_warehouse', 'cancel_order'],
      at: now,
    });
}
