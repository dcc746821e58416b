import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import type { ParcelMessage } from '../../db/commands/parcel-messages.ts';
import { asked, openStall, prepareWatch, watched } from '../../db/commands/parcels.ts';
import type { Privacy } from '../../db/commands/privacy.ts';
import { takeSharedTrack } from '../../db/commands/shared-parcels.ts';
import { type ParcelRow, parcelsToWatch, possiblyStalled, silentParcels } from '../../db/queries/parcels.ts';
import type { Carrier } from '../../domain/logistics/carriers.ts';
import { STALL_POLICY, stallsAt } from '../../domain/logistics/tracks.ts';
import { NeighbourError } from '../../providers/neighbour-error.ts';
import type { Parcel, TrackingService } from '../../providers/tracking/port.ts';
import type { WorkflowStarter } from '../operations/starter.ts';

export interface ParcelWatch {
  db: Database;
  privacy: Privacy;
  tracking: TrackingService;
  starter: WorkflowStarter;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Where the service reports to; the shipment's number is appended. */
  callbackUrl: string;
  /** The hours a parcel may be silent are divided by this. */
  timeDivisor: number;
}

const BATCH = 50;
const HOUR_MS = 3_600_000;
/** A watched parcel that nothing was heard of for so long is asked about: the push may be lost. */
const ASK_AFTER_HOURS = 6;

/**
 * One look at the parcels on their way (LG-1, LG-2): new ones are given to the tracking service, silent ones are asked
 * about, and those silent for too long become an alarm. All it knows is rows, so it may stop at any point and run twice.
 */
export async function watchParcels(watch: ParcelWatch, now: Date): Promise<void> {
  const { db, timeDivisor } = watch;
  for (const parcel of await parcelsToWatch(db, now, BATCH)) await guarded(watch, parcel, now, subscribe);
  const silentSince = new Date(now.getTime() - (ASK_AFTER_HOURS * HOUR_MS) / timeDivisor);
  // The answer about a parcel is for all shipments in it; where there is none, the next round asks for another of them.
  for (const parcel of onePerParcel(await silentParcels(db, silentSince, BATCH)))
    await guarded(watch, parcel, now, ask);
  const shortest = Math.min(STALL_POLICY.hours, ...Object.values(STALL_POLICY.byCarrier));
  const before = new Date(now.getTime() - (shortest * HOUR_MS) / timeDivisor);
  // Page by page: a carrier that is allowed a longer silence must not hide one that is not.
  for (let after = ''; ; ) {
    const page = await possiblyStalled(db, before, { after, limit: BATCH });
    for (const parcel of page) await guarded(watch, parcel, now, alarm);
    if (page.length < BATCH) return;
    after = page.at(-1)?.shipment.shipmentNo ?? '';
  }
}

function onePerParcel(rows: readonly ParcelRow[]): Iterable<ParcelRow> {
  return new Map(
    rows.map((row) => [`${row.buyerId} ${row.shipment.carrier} ${row.shipment.trackingNo}`, row]),
  ).values();
}

type Look = (watch: ParcelWatch, parcel: ParcelRow, now: Date) => Promise<void>;

/** One bad parcel does not keep the others waiting; what failed is tried again, ever more rarely. */
async function guarded(watch: ParcelWatch, parcel: ParcelRow, now: Date, look: Look): Promise<void> {
  const { shipmentNo, failedAsks } = parcel.shipment;
  try {
    await look(watch, parcel, now);
  } catch (error) {
    const known = error instanceof NeighbourError;
    watch.logger[known ? 'warn' : 'error']({ shipmentNo, err: error }, 'a parcel could not be looked after');
    await asked(watch.db, shipmentNo, failedAsks + 1, now);
  }
}

const subscribe: Look = async (watch, parcel, now) => {
  const { db, tracking, callbackUrl } = watch;
  const { shipmentNo, failedAsks } = parcel.shipment;
  const salt = await prepareWatch(db, shipmentNo, randomBytes(16).toString('hex'), now);
  const url = `${callbackUrl}/${shipmentNo}`;
  const answer = await tracking.subscribe(await parcelOf(watch, parcel), { url, salt });
  if (answer.result === 'refused') {
    watch.logger.warn({ shipmentNo, code: answer.code }, 'the tracking service refused a parcel');
    return await asked(db, shipmentNo, failedAsks + 1, now);
  }
  await watched(db, shipmentNo, salt, now);
  // It joined a parcel that is watched already: nobody tells again what was told before (FU-8).
  if (answer.result === 'repeated') await ask(watch, parcel, now);
};

const ask: Look = async (watch, parcel, now) => {
  const { shipmentNo } = parcel.shipment;
  const track = await watch.tracking.query(await parcelOf(watch, parcel));
  if (!track) return await asked(watch.db, shipmentNo, 0, now);
  const { messages, failures } = await takeSharedTrack(watch.db, shipmentNo, track, now);
  await tell(watch, messages);
  for (const failure of failures) {
    // The others are still silent, and asked about by themselves.
    if (failure.shipmentNo === shipmentNo) throw failure.error;
    watch.logger.error(
      { shipmentNo: failure.shipmentNo, err: failure.error },
      'a track could not be taken over',
    );
  }
};

const alarm: Look = async (watch, { shipment, region }, now) => {
  const heardMs = (shipment.lastEventAt ?? shipment.shippedAt).getTime();
  const allowedMs = stallsAt({ ...shipment, region }).getTime() - heardMs;
  if (now.getTime() - heardMs < allowedMs / watch.timeDivisor) return;
  await tell(watch, await openStall(watch.db, shipment.shipmentNo, now));
};

async function parcelOf({ privacy }: ParcelWatch, parcel: ParcelRow): Promise<Parcel> {
  const { carrier, trackingNo } = parcel.shipment;
  const contact = await privacy.open(parcel.buyerId, parcel.sealedContact);
  return { carrier: carrier as Carrier, trackingNo, phone: contact?.phone ?? null };
}

/** The order or the case hears of milestones; what is not heard is delivered by the sweeper. */
async function tell({ starter }: ParcelWatch, messages: readonly ParcelMessage[]): Promise<void> {
  for (const { orderNo, caseNo, inboxId } of messages) {
    if (caseNo === null) await starter.signalOrder(orderNo, 'parcel_reported', inboxId);
    else await starter.signalCase(caseNo, inboxId);
  }
}
