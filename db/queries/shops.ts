import { inArray } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { shops } from '../schema/index.ts';

/** The payment methods that all of these shops offer. */
export async function offeredMethods(db: Database, shopIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .select({ methods: shops.paymentMethods })
    .from(shops)
    .where(inArray(shops.shopId, [...shopIds]));
  const [first, ...others] = rows.map((row) => row.methods);
  return (first ?? []).filter((method) => others.every((methods) => methods.includes(method)));
}
