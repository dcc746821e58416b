import { eq, inArray } from 'drizzle-orm';
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

/** Points that a shop gives per whole yuan of goods (CK-12). */
export async function earnRateOf(db: Database, shopId: string | null): Promise<number> {
  const [row] = await db
    .select({ earnRate: shops.earnRate })
    .from(shops)
    .where(eq(shops.shopId, shopId ?? ''));
  if (!row) throw new Error(`no shop ${shopId}`);
  return row.earnRate;
}
