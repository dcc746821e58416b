import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { orderAddresses, orderLog, orders } from '../schema/index.ts';

/** Every amended address of some leaves (FU-6), by leaf and version; the snapshot's is not among them. */
export async function amendedAddresses(db: Database, orderNos: readonly string[]) {
  return await db
    .select()
    .from(orderAddresses)
    .where(inArray(orderAddresses.orderNo, [...orderNos]))
    .orderBy(asc(orderAddresses.orderNo), asc(orderAddresses.version));
}

/** Where a leaf goes: its newest version; 0 is the snapshot's. Undefined if there is no such order. */
export async function newestAddress(db: Database, orderNo: string) {
  const [row] = await db
    .select({ snapshot: orders.sealedContact, amended: orderAddresses })
    .from(orders)
    .leftJoin(orderAddresses, eq(orderAddresses.orderNo, orders.orderNo))
    .where(eq(orders.orderNo, orderNo))
    .orderBy(sql`${orderAddresses.version} desc nulls last`)
    .limit(1);
  if (!row) return undefined;
  return {
    version: row.amended?.version ?? 0,
    sealedContact: row.amended?.sealedContact ?? row.snapshot,
  };
}

/** The leaves that an amendment changed, with the version it gave each, as the process log has it. */
export async function versionsOfAmendment(db: Database, stepKey: string, orderNos: readonly string[]) {
  const rows = await db
    .select({ orderNo: orderLog.orderNo, input: orderLog.input })
    .from(orderLog)
    .where(and(inArray(orderLog.orderNo, [...orderNos]), eq(orderLog.stepKey, stepKey)))
    .orderBy(asc(orderLog.orderNo));
  return rows.map(({ orderNo, input }) => ({ orderNo, addressVersion: Number(input['version']) }));
}
