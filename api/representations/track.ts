import { z } from '@hono/zod-openapi';
import type { CaseRow } from '../../db/queries/after-sales.ts';
import { isSent } from '../../domain/fulfilment/stages.ts';
import { CARRIER_PHONES, type Carrier } from '../../domain/logistics/carriers.ts';
import type { Anomaly, ParcelState } from '../../domain/logistics/tracks.ts';
import { ANOMALY_WORDS, RETURN_ANOMALY_WORDS, STATE_WORDS } from '../../domain/logistics/words.ts';
import { promptSchema, timeSchema } from '../schemas.ts';

const track = {
  state: z.string(),
  words: promptSchema,
  events: z
    .array(
      z.object({
        at: timeSchema,
        text: z.string(),
        state: z.string(),
        words: promptSchema,
        location: z.string().nullable(),
      }),
    )
    .openapi({ description: 'The carrier’s own sentences, newest first' }),
  anomalies: z.array(
    z.object({
      kind: z.string(),
      words: promptSchema,
      openedAt: timeSchema,
      closedAt: timeSchema.nullable(),
    }),
  ),
};
export const trackSchema = z.object(track);

/** What a buyer sent back for a case (RT-4). */
export const returnParcelSchema = z
  .object({
    shipmentNo: z.string(),
    carrier: z.string(),
    trackingNo: z.string(),
    carrierPhone: z.string(),
    sentAt: timeSchema,
    ...track,
  })
  .openapi('ReturnParcel');

interface TrackRows {
  trackState: ParcelState;
  events: readonly { at: Date; text: string; state: ParcelState; location: string | null }[];
  anomalies: readonly { kind: Anomaly; openedAt: Date; closedAt: Date | null }[];
}

/** A parcel's track: where it is, what its carrier told, what went wrong (LG-1, LG-2). */
export function representTrack(
  { trackState, events, anomalies }: TrackRows,
  anomalyWords: typeof ANOMALY_WORDS = ANOMALY_WORDS,
): z.infer<typeof trackSchema> {
  return {
    state: trackState,
    words: STATE_WORDS[trackState],
    events: events
      .map(({ at, text, state, location }) => ({
        at: at.toISOString(),
        ...{ text, state, words: STATE_WORDS[state], location },
      }))
      .toReversed(),
    anomalies: anomalies.map(({ kind, openedAt, closedAt }) => ({
      kind,
      words: anomalyWords[kind],
      openedAt: openedAt.toISOString(),
      closedAt: closedAt?.toISOString() ?? null,
    })),
  };
}

export function representReturnParcels(parcels: CaseRow['parcels']): z.infer<typeof returnParcelSchema>[] {
  return parcels.filter(isSent).map(({ shipmentNo, carrier, trackingNo, shippedAt, ...rows }) => ({
    ...{ shipmentNo, carrier, trackingNo, carrierPhone: CARRIER_PHONES[carrier as Carrier] },
    sentAt: shippedAt.toISOString(),
    ...representTrack(rows, RETURN_ANOMALY_WORDS),
  }));
}
