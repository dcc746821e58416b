import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, ne, not, or, sql } from 'drizzle-orm';
import { isSent, type Sent } from '../../domain/fulfilment/stages.ts';
import type { Database } from '../client.ts';
import {
  afterSales,
  orders,
  parcelAnomalies,
  shipmentReports,
  shipments,
  shops,
  trackEvents,
} from '../schema/index.ts';

type Row = Awaited<ReturnType<typeof parcels>>[number];

/** A parcel that is on its way, to a buyer or back, with what its watch needs of the order. */
export type ParcelRow = Omit<Row, 'shipment'> & { shipment: Sent<Row['shipment']> };

/** Only what has left is watched; the types know it from here on. */
const sent = (rows: readonly Row[]): ParcelRow[] =>
  rows.flatMap(({ shipment, ...row }) => (isSent(shipment) ? [{ ...row, shipment }] : []));

/** Where it goes since the buyer changed it (FU-6). */
const newestContact = sql`(SELECT a.sealed_contact FROM order_addresses a WHERE a.order_no = ${orders.orderNo} ORDER BY a.version DESC LIMIT 1)`;

const PARCEL = {
  shipment: shipments,
  buyerId: orders.buyerId,
  region: orders.region,
  sealedContact: sql`coalesce(${newestContact}, ${orders.sealedContact})`.mapWith(orders.sealedContact),
};

const parcels = (db: Database) =>
  db
    .select(PARCEL)
    .from(shipments)
    .leftJoin(afterSales, eq(afterSales.caseNo, shipments.caseNo))
    .innerJoin(orders, sql`${orders.orderNo} = coalesce(${shipments.orderNo}, ${afterSales.orderNo})`);

/** A parcel that nobody knows the end of is given up: by then its order ended, by word or by clock. */
const WATCHED_DAYS = 60;
const isWatchable = (now: Date) =>
  and(
    not(shipments.trackEnded),
    gt(shipments.shippedAt, new Date(now.getTime() - WATCHED_DAYS * 86_400_000)),
  );

/** How long after the nth failure in a row a parcel is asked about again: 30 s, doubled up to an hour. */
const BACKOFF = sql`least(3600, 30 * power(2, least(${shipments.failedAsks}, 10) - 1)) * interval '1 second'`;

/** Parcels on their way that nobody watches yet, and whose last failed try was long enough ago. */
export async function parcelsToWatch(db: Database, now: Date, limit: number): Promise<ParcelRow[]> {
  const at = now.toISOString();
  const rows = await parcels(db)
    .where(
      and(
        isWatchable(now),
        isNull(shipments.watchedAt),
        or(isNull(shipments.askedAt), sql`${shipments.askedAt} + ${BACKOFF} <= ${at}::timestamptz`),
      ),
    )
    .orderBy(asc(shipments.shippedAt))
    .limit(limit);
  return sent(rows);
}

/** Watched parcels that nothing was heard of since `before`, by push or by question. */
export async function silentParcels(db: Database, before: Date, limit: number): Promise<ParcelRow[]> {
  const rows = await parcels(db)
    .where(and(isWatchable(before), isNotNull(shipments.watchedAt), lt(shipments.askedAt, before)))
    .orderBy(asc(shipments.askedAt))
    .limit(limit);
  return sent(rows);
}

/** Parcels on their way without an event since `before` and without an alarm about it, by number from `after` on. */
export async function possiblyStalled(
  db: Database,
  before: Date,
  { after, limit }: { after: string; limit: number },
): Promise<ParcelRow[]> {
  const rows = await parcels(db)
    .where(
      and(
        eq(shipments.trackEnded, false),
        or(
          and(isNull(shipments.caseNo), inArray(orders.state, ['awaiting_shipment', 'awaiting_receipt'])),
          eq(afterSales.state, 'returning'),
        ),
        sql`coalesce(${shipments.lastEventAt}, ${shipments.shippedAt}) < ${before.toISOString()}::timestamptz`,
        sql`${shipments.trackState} not in ('signed', 'returned', 'refused', 'returning')`,
        sql`not exists (select 1 from ${parcelAnomalies} a where a.shipment_no = ${shipments.shipmentNo}
          and a.kind = 'stalled' and a.closed_at is null)`,
        gt(shipments.shipmentNo, after),
      ),
    )
    .orderBy(asc(shipments.shipmentNo))
    .limit(limit);
  return sent(rows);
}

/** A parcel that has left; undefined where there is none of that number, or it is still in a warehouse. */
export async function findParcel(db: Database, shipmentNo: string) {
  const [row] = await db.select().from(shipments).where(eq(shipments.shipmentNo, shipmentNo));
  return row && isSent(row) ? row : undefined;
}

/** What a carrier calls a parcel. */
export interface ParcelName {
  carrier: string;
  trackingNo: string;
}

/**
 * The other shipments that travel in the parcel of a shipment (FU-8): of the same buyer, under the same number, and on
 * their way. Another buyer's under that number is a mistake, and may not see this one's track.
 */
export async function othersInParcel(
  db: Database,
  shipmentNo: string,
  { carrier, trackingNo }: ParcelName,
  now: Date,
): Promise<string[]> {
  const [own] = await parcels(db).where(eq(shipments.shipmentNo, shipmentNo));
  if (!own) return [];
  const rows = await parcels(db)
    .where(
      and(
        eq(shipments.carrier, carrier),
        eq(shipments.trackingNo, trackingNo),
        isWatchable(now),
        eq(orders.buyerId, own.buyerId),
        ne(shipments.shipmentNo, shipmentNo),
      ),
    )
    .orderBy(asc(shipments.shipmentNo));
  return rows.map(({ shipment }) => shipment.shipmentNo);
}

/**
 * A buyer's orders by the parcels that they travel or travelled in (FU-8), with `merchantId` those of that merchant
 * alone. It goes by the buyer's orders, since a parcel that has arrived is in no index by its number.
 */
export async function ordersInParcels(
  db: Database,
  buyerId: string,
  merchantId: string | null,
  names: readonly ParcelName[],
): Promise<(ParcelName & { orderNo: string })[]> {
  if (names.length === 0) return [];
  const rows = await db
    .select({
      orderNo: orders.orderNo,
      carrier: shipments.carrier,
      trackingNo: shipments.trackingNo,
      shippedAt: shipments.shippedAt,
    })
    .from(orders)
    .innerJoin(shipments, eq(shipments.orderNo, orders.orderNo))
    .where(
      and(
        eq(orders.buyerId, buyerId),
        merchantId === null ? undefined : eq(orders.merchantId, merchantId),
        inArray(
          shipments.trackingNo,
          names.map(({ trackingNo }) => trackingNo),
        ),
      ),
    )
    .orderBy(asc(orders.orderNo));
  return rows.filter(isSent);
}

/** The parcels of some orders with their whole tracks, oldest event first (LG-1). */
export async function loadTracks(db: Database, orderNos: readonly string[]) {
  const rows = await db.query.shipments.findMany({
    where: inArray(shipments.orderNo, [...orderNos]),
    orderBy: asc(shipments.shipmentNo),
    with: {
      events: { orderBy: [asc(trackEvents.at), asc(trackEvents.seq)] },
      anomalies: { orderBy: asc(parcelAnomalies.openedAt) },
      reports: { orderBy: [asc(shipmentReports.at), asc(shipmentReports.receivedAt)] },
      order: { columns: { orderNo: true, region: true }, with: { merchant: { columns: { contact: true } } } },
    },
  });
  return rows.flatMap(({ order, ...row }) => (order ? [{ ...row, order }] : []));
}

/** What a leaf's shop does on the carrier's word that the parcels are signed for (LG-4). */
export async function signaturePolicy(
  db: Database,
  orderNo: string,
): Promise<{ signedReceiptSeconds: number | null }> {
  const [row] = await db
    .select({ signedReceiptSeconds: shops.signedReceiptSeconds })
    .from(orders)
    .innerJoin(shops, eq(shops.shopId, orders.shopId))
    .where(eq(orders.orderNo, orderNo));
  if (!row) throw new Error(`no shop of ${orderNo}`);
  return row;
}
