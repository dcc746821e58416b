import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { Anomaly } from '../../domain/logistics/tracks.ts';
import { parcelAnomalies } from '../schema/index.ts';
import type { Transaction } from './parcel-messages.ts';

/** Each time that a parcel has a trouble is a row of its own: its number sets it apart. */
interface AnomalyRow {
  id: number;
  kind: Anomaly;
}

const ROW = { id: parcelAnomalies.id, kind: parcelAnomalies.kind };

export async function openAnomalies(
  tx: Transaction,
  shipmentNo: string,
  kinds: readonly Anomaly[],
  at: Date,
): Promise<AnomalyRow[]> {
  if (kinds.length === 0) return [];
  return await tx
    .insert(parcelAnomalies)
    .values(kinds.map((kind) => ({ shipmentNo, kind, openedAt: at })))
    .returning(ROW);
}

export async function closeAnomalies(
  tx: Transaction,
  shipmentNo: string,
  kinds: readonly Anomaly[],
  at: Date,
): Promise<AnomalyRow[]> {
  if (kinds.length === 0) return [];
  return await tx
    .update(parcelAnomalies)
    .set({ closedAt: at })
    .where(
      and(
        eq(parcelAnomalies.shipmentNo, shipmentNo),
        inArray(parcelAnomalies.kind, [...kinds]),
        isNull(parcelAnomalies.closedAt),
      ),
    )
    .returning(ROW);
}
