import { randomUUID } from 'node:crypto';
import { and, eq, isNull, notInArray } from 'drizzle-orm';
import { refusalCaseNo } from '../../domain/after-sale/open.ts';
import type { Anomaly, TrackChange } from '../../domain/logistics/tracks.ts';
import { STOPPING } from '../../domain/order/steps/parcel.ts';
import { afterSales, inbox, notices, orders, shipments } from '../schema/index.ts';
import { closeAnomalies, openAnomalies } from './parcel-anomalies.ts';
import { type ParcelMessage, type Transaction, tellCase } from './parcel-messages.ts';
import { announceReturn } from './return-announcements.ts';

type Parcel = Pick<typeof shipments.$inferSelect, 'shipmentNo' | 'orderNo' | 'caseNo'>;

/** Anomalies opened and closed, told to buyer and merchant once each (LG-2), and what the order or the case must know. */
export async function announce(
  tx: Transaction,
  { shipmentNo, orderNo, caseNo }: Parcel,
  change: Pick<TrackChange, 'opened' | 'closed' | 'milestone' | 'lastEventAt'>,
  at: Date,
): Promise<ParcelMessage[]> {
  if (caseNo !== null) return await announceReturn(tx, { shipmentNo, caseNo }, change, at);
  if (orderNo === null) throw new Error(`the parcel ${shipmentNo} is nobody’s`);
  return await announceSent(tx, { shipmentNo, orderNo }, change, at);
}

async function announceSent(
  tx: Transaction,
  { shipmentNo, orderNo }: { shipmentNo: string; orderNo: string },
  change: Pick<TrackChange, 'opened' | 'closed' | 'milestone' | 'lastEventAt'>,
  at: Date,
): Promise<ParcelMessage[]> {
  const { opened, closed, milestone } = change;
  const messages: Record<string, unknown>[] = [];
  const toCases: ParcelMessage[] = [];
  const begun = await openAnomalies(tx, shipmentNo, opened, at);
  if (begun.length > 0) {
    const [order] = await tx
      .select({ buyerId: orders.buyerId, merchantId: orders.merchantId })
      .from(orders)
      .where(eq(orders.orderNo, orderNo));
    await tx.insert(notices).values(
      begun.flatMap(({ id, kind }) =>
        [`buyer:${order?.buyerId}`, `merchant:${order?.merchantId}`].map((recipient) => ({
          orderNo,
          event: `parcel_${kind}:${shipmentNo}:${id}`,
          recipient,
          params: { shipmentNo },
          at,
        })),
      ),
    );
  }
  const over = await closeAnomalies(tx, shipmentNo, closed, at);
  messages.push(...over.flatMap((row) => stopping('closed', shipmentNo, row)));
  messages.push(...begun.flatMap((row) => stopping('opened', shipmentNo, row)));
  if (opened.includes('refused')) messages.push({ what: 'refused', shipmentNo });
  if (milestone === 'returned') toCases.push(...(await returned(tx, { orderNo, shipmentNo }, messages, at)));
  if (milestone === 'signed') {
    toCases.push(...(await delivered(tx, { orderNo, shipmentNo }, at)));
    const others = await tx
      .select({ state: shipments.trackState })
      .from(shipments)
      .where(and(eq(shipments.orderNo, orderNo), notInArray(shipments.stage, ['refused', 'cancelled'])));
    if (others.every(({ state }) => state === 'signed'))
      messages.push({ what: 'signed', signedAt: (change.lastEventAt ?? at).toISOString() });
  }
  if (messages.length === 0) return toCases;
  const rows = messages.map((payload, index) => ({
    inboxId: randomUUID(),
    source: 'tracking',
    eventKey: `${shipmentNo}:${at.toISOString()}:${index}`,
    bodyHash: '',
    orderNo,
    kind: 'parcel_reported',
    actor: 'carrier',
    payload,
    receivedAt: at,
  }));
  await tx.insert(inbox).values(rows);
  return [...toCases, ...rows.map(({ inboxId }) => ({ inboxId, orderNo, caseNo: null }))];
}

/** Each time that a trouble stops the clock is a hold of its own: its number sets it apart. */
function stopping(
  what: 'opened' | 'closed',
  shipmentNo: string,
  { id, kind: anomaly }: { id: number; kind: Anomaly },
): Record<string, unknown>[] {
  return STOPPING.has(anomaly) ? [{ what, shipmentNo, anomaly, id }] : [];
}

/** It is back with the merchant (LG-3): its case waits for the inspection now; undelivered without a refusal, it opens one. */
async function returned(
  tx: Transaction,
  { orderNo, shipmentNo }: { orderNo: string; shipmentNo: string },
  messages: Record<string, unknown>[],
  at: Date,
): Promise<ParcelMessage[]> {
  const known = (await openCaseAbout(tx, shipmentNo)) ?? (await refusalOf(tx, shipmentNo));
  if (!known) {
    if (!messages.some(({ what }) => what === 'refused')) messages.push({ what: 'refused', shipmentNo });
    return [];
  }
  const { caseNo } = known;
  const command = { do: 'parcel_signed', by: 'carrier' } as const;
  return await tellCase(tx, { orderNo, caseNo, eventKey: `${shipmentNo}:returned`, command, at });
}

/** The open case about a parcel. */
async function openCaseAbout(tx: Transaction, shipmentNo: string): Promise<{ caseNo: string } | undefined> {
  const [row] = await tx
    .select({ caseNo: afterSales.caseNo })
    .from(afterSales)
    .where(and(eq(afterSales.shipmentNo, shipmentNo), isNull(afterSales.endedAt)));
  return row;
}

async function refusalOf(tx: Transaction, shipmentNo: string): Promise<{ caseNo: string } | undefined> {
  const [row] = await tx
    .select({ caseNo: afterSales.caseNo })
    .from(afterSales)
    .where(eq(afterSales.caseNo, refusalCaseNo(shipmentNo)));
  return row;
}

/** Its buyer has it after all (CN-6): an open case about it waits for it to be sent back. */
async function delivered(
  tx: Transaction,
  { orderNo, shipmentNo }: { orderNo: string; shipmentNo: string },
  at: Date,
): Promise<ParcelMessage[]> {
  const known = await openCaseAbout(tx, shipmentNo);
  if (!known) return [];
  const command = { do: 'delivered', by: 'carrier' } as const;
  return await tellCase(tx, { orderNo, ...known, eventKey: `${shipmentNo}:delivered`, command, at });
}
