import { loadShipment, openCancellation } from '../../db/queries/fulfilment.ts';
import { isInWarehouse } from '../../domain/fulfilment/stages.ts';
import { systemOf, type Warehouses } from './push.ts';

/** What is known of a shipment that is to be stopped. */
export type InterceptAnswer = 'stopped' | 'left' | 'unknown';

/**
 * A push that is under way when the stop begins may still arrive: the warehouse's word that it knows nothing of the
 * shipment counts only after this time. Longer than a call to it may take.
 */
const PUSH_LANDS_WITHIN_MS = 60_000;

/**
 * Asks a warehouse to stop a shipment before it leaves (CN-2, decision 25). Asking again is harmless. Its own row comes
 * first: what has left has left. Throws a `NeighbourError` where the warehouse did not answer.
 */
export async function interceptShipment(
  warehouses: Warehouses,
  { shipmentNo, atMs }: { shipmentNo: string; atMs: number },
): Promise<InterceptAnswer> {
  const shipment = await loadShipment(warehouses.db, shipmentNo);
  const { stage, warehouseId } = shipment;
  if (stage === 'handed_over') return 'left';
  if (!isInWarehouse(stage)) return 'stopped';
  const system = systemOf(warehouses, shipment.warehouse);
  const ref = { shipmentNo, warehouseCode: warehouseId ?? '' };
  const mayStillArrive =
    stage === 'pushing' && atMs - (shipment.heardAt?.getTime() ?? 0) < PUSH_LANDS_WITHIN_MS;
  if (mayStillArrive && (await system.query(ref)).state === 'unknown_to_warehouse') return 'unknown';
  const request = await openCancellation(warehouses.db, shipment.orderNo);
  const answer = await system.cancel(ref, request?.reason ?? '');
  if (answer.result === 'cancelled') return 'stopped';
  return answer.result === 'refused' ? 'left' : 'unknown';
}
