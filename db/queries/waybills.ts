import { and, asc, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import type { Database } from '../client.ts';
import type { Privacy } from '../commands/privacy.ts';
import {
  merchants,
  orderLines,
  orders,
  shipments,
  waybillLines,
  waybillOrders,
  waybills,
} from '../schema/index.ts';
import { newestAddress } from './order-addresses.ts';

export type WaybillRow = typeof waybills.$inferSelect;

/** A waybill with its orders: what goes with it, and what became of that since. */
export interface WaybillView extends WaybillRow {
  orders: {
    orderNo: string;
    lines: LineQuantity[];
    /** The buyer changed the address since the label was made. */
    addressChanged: boolean;
    /** It has left with this waybill. */
    shipped: boolean;
  }[];
}

export async function findWaybill(db: Database, waybillNo: string): Promise<WaybillView | undefined> {
  const rows = await db.select().from(waybills).where(eq(waybills.waybillNo, waybillNo));
  return (await withOrders(db, rows))[0];
}

/** A merchant's waybills, newest first; `before` is the number of the last one of the page before. */
export async function listWaybills(
  db: Database,
  merchantId: string,
  {
    state,
    before,
    limit,
  }: { state?: WaybillRow['state'] | undefined; before?: string | undefined; limit: number },
): Promise<WaybillView[]> {
  const rows = await db
    .select()
    .from(waybills)
    .where(
      and(
        eq(waybills.merchantId, merchantId),
        state ? eq(waybills.state, state) : undefined,
        before
          ? sql`(${waybills.createdAt}, ${waybills.waybillNo}) < (SELECT w.created_at, w.waybill_no FROM waybills w WHERE w.waybill_no = ${before})`
          : undefined,
      ),
    )
    .orderBy(desc(waybills.createdAt), desc(waybills.waybillNo))
    .limit(limit);
  return await withOrders(db, rows);
}

async function withOrders(db: Database, rows: readonly WaybillRow[]): Promise<WaybillView[]> {
  if (rows.length === 0) return [];
  const nos = rows.map(({ waybillNo }) => waybillNo);
  const [packed, lines] = await Promise.all([
    db
      .select({
        waybillNo: waybillOrders.waybillNo,
        orderNo: waybillOrders.orderNo,
        addressChanged: sql<boolean>`EXISTS (SELECT FROM order_addresses a
          WHERE a.order_no = ${waybillOrders.orderNo} AND a.version > ${waybillOrders.addressVersion})`,
        shipped: sql<boolean>`EXISTS (SELECT FROM ${shipments} s WHERE s.order_no = ${waybillOrders.orderNo}
          AND s.carrier = ${waybills.carrier} AND s.tracking_no = ${waybills.trackingNo})`,
      })
      .from(waybillOrders)
      .innerJoin(waybills, eq(waybills.waybillNo, waybillOrders.waybillNo))
      .where(inArray(waybillOrders.waybillNo, nos))
      .orderBy(asc(waybillOrders.orderNo)),
    db
      .select()
      .from(waybillLines)
      .where(inArray(waybillLines.waybillNo, nos))
      .orderBy(asc(waybillLines.orderNo), asc(waybillLines.lineNo)),
  ]);
  return rows.map((row) => ({
    ...row,
    orders: packed
      .filter(({ waybillNo }) => waybillNo === row.waybillNo)
      .map(({ orderNo, addressChanged, shipped }) => ({
        ...{ orderNo, addressChanged, shipped },
        lines: lines
          .filter((line) => line.waybillNo === row.waybillNo && line.orderNo === orderNo)
          .map(({ lineNo, quantity }) => ({ lineNo, quantity })),
      })),
  }));
}

/** Pieces of an order for which there are waybills that nobody has handed over yet. */
export async function waybilledPieces(db: Database, orderNo: string): Promise<LineQuantity[]> {
  return await db
    .select({ lineNo: waybillLines.lineNo, quantity: waybillLines.quantity })
    .from(waybillLines)
    .innerJoin(waybills, eq(waybills.waybillNo, waybillLines.waybillNo))
    .where(and(eq(waybillLines.orderNo, orderNo), isNull(waybills.endedAt)));
}

/** What a carrier is to be told for a waybill. */
export interface Consignment
  extends Pick<WaybillRow, 'waybillNo' | 'merchantId' | 'carrier' | 'weightGrams'> {
  sender: { name: string; phone: string; address: string };
  receiver: { name: string; phone: string; address: string };
  goods: string;
}

/** What a carrier is to be told for a waybill; null where the buyer was erased. */
export async function consignmentOf(
  db: Database,
  privacy: Privacy,
  { waybillNo, ...waybill }: WaybillRow,
): Promise<Consignment | null> {
  const packed = await db
    .select({ orderNo: waybillLines.orderNo, title: orderLines.title, quantity: waybillLines.quantity })
    .from(waybillLines)
    .innerJoin(
      orderLines,
      and(eq(orderLines.orderNo, waybillLines.orderNo), eq(orderLines.lineNo, waybillLines.lineNo)),
    )
    .where(eq(waybillLines.waybillNo, waybillNo))
    .orderBy(asc(waybillLines.orderNo), asc(waybillLines.lineNo));
  const { merchantId, buyerId, carrier, weightGrams } = waybill;
  const [merchant] = await db.select().from(merchants).where(eq(merchants.merchantId, merchantId));
  const address = await newestAddress(db, packed[0]?.orderNo ?? '');
  const contact = address && (await privacy.open(buyerId, address.sealedContact));
  if (!contact || !merchant?.sender) return null;
  const { name, phone, province, city, district, street } = contact;
  const goods = packed.map(({ title, quantity }) => `${title}×${quantity}`).join('、');
  return {
    ...{ waybillNo, merchantId, carrier, weightGrams, sender: merchant.sender },
    receiver: { name, phone, address: `${province}${city}${district}${street}` },
    goods: goods.length > MAX_GOODS ? `${goods.slice(0, MAX_GOODS - 1)}…` : goods,
  };
}

/** A label has room for so many characters. */
const MAX_GOODS = 60;

/** Waybills whose answer was lost, or that are to be taken back, last asked about before `before`. */
export async function waybillsUnderWay(db: Database, before: Date, limit: number): Promise<WaybillRow[]> {
  return await db
    .select()
    .from(waybills)
    .where(and(inArray(waybills.state, ['asked', 'voiding']), lt(waybills.askedAt, before)))
    .orderBy(asc(waybills.askedAt))
    .limit(limit);
}

/** Whether a parcel has left with its number, however that was told. */
export const isUsed = sql`EXISTS (SELECT FROM ${waybillOrders} w JOIN ${shipments} s ON s.order_no = w.order_no
  WHERE w.waybill_no = ${waybills.waybillNo} AND s.carrier = ${waybills.carrier} AND s.tracking_no = ${waybills.trackingNo})`;

/** Issued and unused waybills of which no order can be shipped any more: cancelled, closed, or sent in another parcel. */
export async function uselessWaybills(db: Database, limit: number): Promise<WaybillRow[]> {
  return await db
    .select()
    .from(waybills)
    .where(
      and(
        eq(waybills.state, 'issued'),
        // What the carrier would not take back is for its merchant to see.
        isNull(waybills.refusal),
        sql`NOT ${isUsed}`,
        sql`NOT EXISTS (SELECT FROM ${waybillOrders} w JOIN ${orders} o ON o.order_no = w.order_no
          WHERE w.waybill_no = ${waybills.waybillNo} AND o.state = 'awaiting_shipment')`,
      ),
    )
    .orderBy(asc(waybills.createdAt))
    .limit(limit);
}
