import { randomUUID } from 'node:crypto';
import { and, eq, inArray, isNull, notInArray } from 'drizzle-orm';
import { refusalCaseNo } from '../../domain/after-sale/open.ts';
import type { Anomaly, TrackChange } from '../../domain/logistics/tracks.ts';
import { STOPPING } from '../../domain/order/steps/parcel.ts';
import type { Database } from '../client.ts';
import { afterSales, inbox, notices, orders, parcelAnomalies, shipments } from '../schema/index.ts';

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** What a report makes an order's workflow hear of: ids of inbox messages. */
export interface ParcelMessages {
  orderNo: string;
  inboxIds: string[];
}

/** Anomalies opened and closed, told to buyer and merchant once each (LG-2), and what the order must know. */
export async function announce(
  tx: Transaction,
  { shipmentNo, orderNo }: typeof shipments.$inferSelect,
  change: Pick<TrackChange, 'opened' | 'closed' | 'milestone' | 'lastEventAt'>,
  at: Date,
): Promise<ParcelMessages> {
  const { opened, closed, milestone } = change;
  const messages: Record<string, unknown>[] = [];
  const begun: Record<string, unknown>[] = [];
  if (opened.length > 0) {
    const rows = await tx
      .insert(parcelAnomalies)
      .values(opened.map((kind) => ({ shipmentNo, kind, openedAt: at })))
      .returning({ id: parcelAnomalies.id, kind: parcelAnomalies.kind });
    begun.push(...rows.flatMap((row) => stopping('opened', shipmentNo, row)));
    const [order] = await tx
      .select({ buyerId: orders.buyerId, merchantId: orders.merchantId })
      .from(orders)
      .where(eq(orders.orderNo, orderNo));
    await tx.insert(notices).values(
      rows.flatMap(({ id, kind }) =>
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
  if (closed.length > 0) {
    const rows = await tx
      .update(parcelAnomalies)
      .set({ closedAt: at })
      .where(
        and(
          eq(parcelAnomalies.shipmentNo, shipmentNo),
          inArray(parcelAnomalies.kind, [...closed]),
          isNull(parcelAnomalies.closedAt),
        ),
      )
      .returning({ id: parcelAnomalies.id, kind: parcelAnomalies.kind });
    messages.push(...rows.flatMap((row) => stopping('closed', shipmentNo, row)));
  }
  messages.push(...begun);
  if (opened.includes('refused')) messages.push({ what: 'refused', shipmentNo });
  if (milestone === 'returned') await returned(tx, { orderNo, shipmentNo }, messages, at);
  if (milestone === 'signed') {
    const others = await tx
      .select({ state: shipments.trackState })
      .from(shipments)
      .where(and(eq(shipments.orderNo, orderNo), notInArray(shipments.stage, ['refused', 'cancelled'])));
    if (others.every(({ state }) => state === 'signed'))
      messages.push({ what: 'signed', signedAt: (change.lastEventAt ?? at).toISOString() });
  }
  if (messages.length === 0) return { orderNo, inboxIds: [] };
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
  return { orderNo, inboxIds: rows.map(({ inboxId }) => inboxId) };
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
): Promise<void> {
  const caseNo = refusalCaseNo(shipmentNo);
  const [known] = await tx
    .select({ caseNo: afterSales.caseNo })
    .from(afterSales)
    .where(eq(afterSales.caseNo, caseNo));
  if (!known) {
    if (!messages.some(({ what }) => what === 'refused')) messages.push({ what: 'refused', shipmentNo });
    return;
  }
  await tx
    .insert(inbox)
    .values({
      inboxId: randomUUID(),
      ...{ source: 'tracking', eventKey: `${shipmentNo}:returned`, bodyHash: '', orderNo },
      ...{ kind: 'case_commanded', actor: 'carrier', receivedAt: at },
      payload: { caseNo, command: { do: 'parcel_signed', by: 'carrier' } },
    })
    .onConflictDoNothing();
}
