import type { Database } from '../client.ts';
import { othersInParcel } from '../queries/parcels.ts';
import type { ParcelMessage } from './parcel-messages.ts';
import { takeTrack } from './parcels.ts';

/** What a report brought: the messages of every shipment that took it over, and the shipments that could not. */
export interface SharedReport {
  messages: ParcelMessage[];
  failures: { shipmentNo: string; error: unknown }[];
}

/**
 * Takes over what was told of one shipment for every shipment in its parcel (FU-8, LG-1), each in a transaction of its
 * own: one that fails keeps nothing from the others, and the same report told again makes up for it. Throws where
 * the others cannot be looked up; then nothing is taken.
 */
export async function takeSharedTrack(
  db: Database,
  shipmentNo: string,
  report: Parameters<typeof takeTrack>[2],
  at: Date,
): Promise<SharedReport> {
  const others = await othersInParcel(db, shipmentNo, report, at);
  const messages: ParcelMessage[] = [];
  const failures: SharedReport['failures'] = [];
  for (const each of [shipmentNo, ...others])
    try {
      messages.push(...(await takeTrack(db, each, report, at)));
    } catch (error) {
      failures.push({ shipmentNo: each, error });
    }
  return { messages, failures };
}
