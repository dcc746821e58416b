import { and, eq, isNull, sql } from 'drizzle-orm';
import { isSent, type Sent } from '../../domain/fulfilment/stages.ts';
import {
  type Anomaly,
  keyOf,
  type ParcelState,
  type TrackedEvent,
  takeReport,
} from '../../domain/logistics/tracks.ts';
import type { Database } from '../client.ts';
import { parcelAnomalies, shipments, trackEvents } from '../schema/index.ts';
import { announce } from './parcel-announcements.ts';
import type { ParcelMessage, Transaction } from './parcel-messages.ts';

/** The secret under which a parcel's reports will come, stored before anybody is told it. */
export async function prepareWatch(
  db: Database,
  shipmentNo: string,
  salt: string,
  at: Date,
): Promise<string> {
  const [row] = await db
    .update(shipments)
    .set({ trackSalt: sql`coalesce(${shipments.trackSalt}, ${salt})`, askedAt: at })
    .where(eq(shipments.shipmentNo, shipmentNo))
    .returning({ salt: shipments.trackSalt });
  if (!row?.salt) throw new Error(`no shipment ${shipmentNo}`);
  return row.salt;
}

/** The parcel is watched under that secret; where its number was corrected meanwhile it has none, and begins anew. */
export async function watched(db: Database, shipmentNo: string, salt: string, at: Date): Promise<void> {
  await db
    .update(shipments)
    .set({ watchedAt: at, askedAt: at, failedAsks: 0 })
    .where(and(eq(shipments.shipmentNo, shipmentNo), eq(shipments.trackSalt, salt)));
}

/** The service was asked; what it did not answer so many times in a row is asked ever more rarely. */
export async function asked(db: Database, shipmentNo: string, failedAsks: number, at: Date): Promise<void> {
  await db.update(shipments).set({ askedAt: at, failedAsks }).where(eq(shipments.shipmentNo, shipmentNo));
}

/**
 * Takes over what a carrier reports of a parcel (LG-1, LG-2), in one transaction at the parcel's row: new events,
 * where it is now, what went wrong or is over, who is told, and the messages to the order or the case. The same report again, or an
 * older one, changes nothing but adding events not known yet.
 */
export async function takeTrack(
  db: Database,
  shipmentNo: string,
  report: {
    carrier: string;
    trackingNo: string;
    state: ParcelState;
    events: readonly TrackedEvent[];
    ended: boolean;
  },
  at: Date,
): Promise<ParcelMessage[]> {
  return await db.transaction(async (tx) => {
    const parcel = await lock(tx, shipmentNo);
    // Its number was corrected while the report was on its way.
    if (report.carrier !== parcel.carrier || report.trackingNo !== parcel.trackingNo) return [];
    const known = await tx
      .select({ at: trackEvents.at, text: trackEvents.text })
      .from(trackEvents)
      .where(eq(trackEvents.shipmentNo, shipmentNo));
    const openAnomalies = await openOf(tx, shipmentNo);
    const change = takeReport(
      {
        state: parcel.trackState,
        lastEventAt: parcel.lastEventAt,
        shippedAt: parcel.shippedAt,
        openAnomalies,
      },
      report,
      new Set(known.map(keyOf)),
    );
    if (change.newEvents.length > 0)
      await tx
        .insert(trackEvents)
        .values(
          change.newEvents.map((event) => {
            const { at: eventAt, text, code, location, state } = event;
            const seq = report.events.indexOf(event);
            return { shipmentNo, at: eventAt, seq, text, code, location, state, receivedAt: at };
          }),
        )
        .onConflictDoNothing();
    const last = change.newEvents.findLast((event) => event.at.getTime() === change.lastEventAt?.getTime());
    await tx
      .update(shipments)
      .set({
        trackState: change.state,
        lastEventAt: change.lastEventAt,
        ...(last ? { lastEventText: last.text } : {}),
        askedAt: at,
        failedAsks: 0,
        trackEnded: report.ended || change.state === 'signed' || change.state === 'returned',
      })
      .where(eq(shipments.shipmentNo, shipmentNo));
    return await announce(tx, parcel, change, at);
  });
}

/** Silence became an alarm: once, whoever looks at the same time. */
export async function openStall(db: Database, shipmentNo: string, at: Date): Promise<ParcelMessage[]> {
  return await db.transaction(async (tx) => {
    const parcel = await lock(tx, shipmentNo);
    const already = await openOf(tx, shipmentNo);
    const opened: Anomaly[] = already.includes('stalled') ? [] : ['stalled'];
    return await announce(tx, parcel, { opened, closed: [], milestone: null, lastEventAt: null }, at);
  });
}

/** The parcel's row, for this transaction alone. */
async function lock(tx: Transaction, shipmentNo: string): Promise<Sent<typeof shipments.$inferSelect>> {
  const [parcel] = await tx
    .select()
    .from(shipments)
    .where(eq(shipments.shipmentNo, shipmentNo))
    .for('no key update');
  if (!parcel || !isSent(parcel)) throw new Error(`no parcel ${shipmentNo}`);
  return parcel;
}

async function openOf(tx: Transaction, shipmentNo: string): Promise<Anomaly[]> {
  const rows = await tx
    .select({ kind: parcelAnomalies.kind })
    .from(parcelAnomalies)
    .where(and(eq(parcelAnomalies.shipmentNo, shipmentNo), isNull(parcelAnomalies.closedAt)));
  return rows.map(({ kind }) => kind);
}
