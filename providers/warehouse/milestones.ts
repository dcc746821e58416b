import { warehouseStage } from '../../domain/fulfilment/stages.ts';
import type { WarehouseReport } from '../../domain/order/steps/warehouse.ts';
import type { DeliveryOrderStatus } from './port.ts';

/** What an order must hear of a warehouse's word: picking and packing are rows (ADR 11). What left, left before a refusal. */
export function milestonesOf(shipmentNo: string, status: DeliveryOrderStatus): WarehouseReport[] {
  if (status.state === 'unknown_to_warehouse') return [];
  const { stage, parcels } = status;
  const reports: WarehouseReport[] = [];
  if (parcels.length > 0) reports.push({ what: 'handed_over', shipmentNo, parcels });
  if (warehouseStage(stage) === 'refused')
    reports.push({ what: 'refused', shipmentNo, code: stage, message: '' });
  return reports;
}
