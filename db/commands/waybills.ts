import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { type Consigned, consign, type WaybillState } from '../../domain/fulfilment/waybills.ts';
import type { Carrier } from '../../domain/logistics/carriers.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import type { Database } from '../client.ts';
import { newestAddress } from '../queries/order-addresses.ts';
import { requireNode } from '../queries/order-nodes.ts';
import {
  type Consignment,
  consignmentOf,
  isUsed,
  type WaybillRow,
  waybilledPieces,
} from '../queries/waybills.ts';
import { merchants, orders, waybillLines, waybillOrders, waybills } from '../schema/index.ts';
import type { Privacy } from './privacy.ts';

export interface WaybillRequest {
  waybillNo: string;
  bodyHash: string;
  merchantId: string;
  buyerId: string;
  carrier: Carrier;
  weightGrams: number | null;
  orders: readonly { orderNo: string; lines?: readonly LineQuantity[] | undefined }[];
  actor: string;
  at: Date;
}

/**
 * Writes down that a waybill is asked for (FU-8), before any carrier is: orders are locked, so that no piece gets two
 * waybills. Answers why not, and of which order; asked again under its number, there is nothing left to do.
 */
export async function askForWaybill(
  db: Database,
  privacy: Privacy,
  request: WaybillRequest,
): Promise<{ result: 'asked' } | Extract<Consigned, { result: 'refused' }>> {
  const { waybillNo, merchantId, buyerId, at, actor } = request;
  const [merchant] = await db.select().from(merchants).where(eq(merchants.merchantId, merchantId));
  if (!merchant?.sender)
    return { result: 'refused', code: 'no_waybill_account', orderNo: request.orders[0]?.orderNo ?? '' };
  // The buyer's key is at hand from here on: a transaction is to wait for no other connection.
  const [first] = request.orders;
  if (first) await openReceiver(db, privacy, buyerId, first.orderNo);
  return await db.transaction(async (tx) => {
    await tx
      .select({ orderNo: orders.orderNo })
      .from(orders)
      .where(
        inArray(
          orders.orderNo,
          request.orders.map(({ orderNo }) => orderNo),
        ),
      )
      .orderBy(asc(orders.orderNo))
      .for('no key update');
    const [same] = await tx.select().from(waybills).where(eq(waybills.waybillNo, waybillNo));
    if (same) return { result: 'asked' };
    const packings = [];
    for (const { orderNo, lines } of request.orders) {
      const { version, contact } = await openReceiver(tx, privacy, buyerId, orderNo);
      if (!contact) return { result: 'refused', code: 'address_erased', orderNo };
      const [leaf, waybilled] = [await requireNode(tx, orderNo), await waybilledPieces(tx, orderNo)];
      packings.push({ leaf, receiver: contact, waybilled, lines, version });
    }
    const consigned = consign(packings);
    if (consigned.result === 'refused') return consigned;
    const { bodyHash, carrier, weightGrams } = request;
    await tx.insert(waybills).values({
      ...{ waybillNo, bodyHash, merchantId, buyerId, carrier, weightGrams },
      ...{ createdBy: actor, createdAt: at, askedAt: at },
    });
    await tx
      .insert(waybillOrders)
      .values(
        packings.map(({ leaf, version }) => ({ waybillNo, orderNo: leaf.orderNo, addressVersion: version })),
      );
    await tx
      .insert(waybillLines)
      .values(
        consigned.pieces.flatMap(({ orderNo, lines }) =>
          lines.map((line) => ({ waybillNo, orderNo, ...line })),
        ),
      );
    return { result: 'asked' };
  });
}

async function openReceiver(db: Database, privacy: Privacy, buyerId: string, orderNo: string) {
  const address = await newestAddress(db, orderNo);
  if (!address) throw new Error(`no order ${orderNo}`);
  return { version: address.version, contact: await privacy.open(buyerId, address.sealedContact) };
}

type Refusal = { result: 'refused'; code: string; message: string };

/**
 * Asks the carrier for a waybill that was written down, by `ask`, and keeps what it says; its label under the buyer's
 * key. What `ask` throws leaves it asked for: the same number may be asked for again.
 */
export async function issueWaybill(
  db: Database,
  privacy: Privacy,
  row: WaybillRow,
  ask: (
    consignment: Consignment,
  ) => Promise<
    { result: 'issued'; trackingNo: string; labelUrl: string; carrierOrderNo: string | null } | Refusal
  >,
  at: Date,
): Promise<void> {
  const { waybillNo, buyerId } = row;
  const consignment = await consignmentOf(db, privacy, row);
  const answer = consignment ? await ask(consignment) : ERASED;
  if (answer.result === 'refused') {
    const { code, message } = answer;
    await move(db, waybillNo, ['asked'], { state: 'refused', refusal: { code, message }, endedAt: at });
    return;
  }
  const { trackingNo, labelUrl, carrierOrderNo } = answer;
  const sealedLabelUrl = await privacy.sealText(buyerId, labelUrl);
  await move(db, waybillNo, ['asked'], { state: 'issued', trackingNo, carrierOrderNo, sealedLabelUrl });
}

const ERASED: Refusal = { result: 'refused', code: 'address_erased', message: 'the buyer was erased' };

/** The carrier never answered; its merchant asks anew. */
export async function waybillUnanswered(db: Database, waybillNo: string, at: Date): Promise<void> {
  const refusal = { code: 'no_answer', message: 'the carrier did not answer for a day' };
  await move(db, waybillNo, ['asked'], { state: 'refused', refusal, endedAt: at });
}

/** The carrier is asked once more, now. */
export async function waybillAskedAgain(db: Database, waybillNo: string, at: Date): Promise<void> {
  await move(db, waybillNo, ['asked', 'voiding'], { askedAt: at });
}

/**
 * Gives a waybill back to its carrier, by `ask`; nobody hands the parcel over with it from here on. What the carrier
 * refuses leaves it as it was, with the reason; what `ask` throws leaves it to be given back. False where the parcel has
 * left with it, or it is void.
 */
export async function voidWaybill(
  db: Database,
  waybillNo: string,
  ask: (waybill: VoidableWaybill) => Promise<{ result: 'voided' } | Refusal>,
  at: Date,
): Promise<boolean> {
  const [row] = await db
    .update(waybills)
    .set({ state: 'voiding', askedAt: at, refusal: null })
    .where(
      and(
        eq(waybills.waybillNo, waybillNo),
        inArray(waybills.state, ['issued', 'voiding']),
        sql`NOT ${isUsed}`,
      ),
    )
    .returning();
  if (!row?.trackingNo) return false;
  const { merchantId, carrier, trackingNo, carrierOrderNo } = row;
  const answer = await ask({ merchantId, carrier, trackingNo, carrierOrderNo });
  if (answer.result === 'voided')
    return await move(db, waybillNo, ['voiding'], { state: 'voided', endedAt: at });
  const { code, message } = answer;
  return await move(db, waybillNo, ['voiding'], { state: 'issued', refusal: { code, message } });
}

export type VoidableWaybill = Pick<WaybillRow, 'merchantId' | 'carrier' | 'carrierOrderNo'> & {
  trackingNo: string;
};

/** The parcel left with it; false where it is not there to be handed over. Told again, it is true again. */
export async function waybillHandedOver(db: Database, waybillNo: string, at: Date): Promise<boolean> {
  return await move(db, waybillNo, ['issued', 'handed_over'], { state: 'handed_over', endedAt: at });
}

/** Waybills whose number a merchant entered by hand, or named to refuse a cancel, have left too. */
export async function noteUsedWaybills(db: Database, at: Date): Promise<void> {
  await db
    .update(waybills)
    .set({ state: 'handed_over', endedAt: at })
    .where(and(eq(waybills.state, 'issued'), isUsed));
}

/** None of its orders could leave with it. */
export async function handOverFailed(db: Database, waybillNo: string): Promise<void> {
  await move(db, waybillNo, ['handed_over'], { state: 'issued', endedAt: null });
}

async function move(
  db: Database,
  waybillNo: string,
  from: WaybillState[],
  set: Partial<typeof waybills.$inferInsert>,
): Promise<boolean> {
  const rows = await db
    .update(waybills)
    .set(set)
    .where(and(eq(waybills.waybillNo, waybillNo), inArray(waybills.state, from)))
    .returning({ waybillNo: waybills.waybillNo });
  return rows.length > 0;
}
