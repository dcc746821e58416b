import { findCase } from '../../db/queries/after-sales.ts';
import { loadShipment } from '../../db/queries/fulfilment.ts';
import { systemOf, type Warehouses } from '../warehouse/push.ts';

/**
 * Asks the warehouse that sent a case's parcel to have its carrier bring it back (CN-6, decision 25). Whether it does
 * comes later, as a report; asking again is harmless. Throws a `NeighbourError` where the warehouse did not answer.
 */
export async function askCarrierIntercept(
  warehouses: Warehouses,
  { caseNo }: { caseNo: string },
): Promise<void> {
  const theCase = await findCase(warehouses.db, caseNo);
  if (theCase?.state !== 'intercepting' || theCase.shipmentNo === null) return;
  const { shipmentNo, partOf, warehouse, warehouseId } = await loadShipment(
    warehouses.db,
    theCase.shipmentNo,
  );
  const delivery = { shipmentNo: partOf ?? shipmentNo, warehouseCode: warehouseId ?? '' };
  await systemOf(warehouses, warehouse).cancel(delivery, '买家取消，请拦截退回');
}
