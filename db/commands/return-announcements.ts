import { eq } from 'drizzle-orm';
import type { TrackChange } from '../../domain/logistics/tracks.ts';
import { afterSales, notices } from '../schema/index.ts';
import { closeAnomalies, openAnomalies } from './parcel-anomalies.ts';
import { type ParcelMessage, type Transaction, tellCase } from './parcel-messages.ts';

/**
 * What a report about a parcel that a buyer sends back makes others hear of (RT-4): troubles are told to both sides once,
 * the case hears of the signature, and its order of nothing.
 */
export async function announceReturn(
  tx: Transaction,
  { shipmentNo, caseNo }: { shipmentNo: string; caseNo: string },
  { opened, closed, milestone }: Pick<TrackChange, 'opened' | 'closed' | 'milestone'>,
  at: Date,
): Promise<ParcelMessage[]> {
  const { orderNo, buyerId, merchantId } = afterSales;
  const [parties] = await tx
    .select({ orderNo, buyerId, merchantId })
    .from(afterSales)
    .where(eq(afterSales.caseNo, caseNo));
  if (!parties) throw new Error(`no case ${caseNo}`);
  const begun = await openAnomalies(tx, shipmentNo, opened, at);
  const told = begun.flatMap(({ id, kind }) =>
    [`buyer:${parties.buyerId}`, `merchant:${parties.merchantId}`].map((recipient) => ({
      ...{ orderNo: parties.orderNo, event: `return_parcel_${kind}:${shipmentNo}:${id}`, recipient, at },
      params: { caseNo, shipmentNo },
    })),
  );
  if (told.length > 0) await tx.insert(notices).values(told);
  await closeAnomalies(tx, shipmentNo, closed, at);
  if (milestone !== 'signed') return [];
  const command = { do: 'parcel_signed', by: 'carrier', shipmentNo } as const;
  const eventKey = `${shipmentNo}:signed`;
  return await tellCase(tx, { orderNo: parties.orderNo, caseNo, eventKey, command, at });
}
