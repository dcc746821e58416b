import { and, type Column, eq, isNotNull, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { inbox, orders } from '../schema/index.ts';

const PAGE = 500;

/** What decides whether an order can be shipped, of those among `orderNos` that are the merchant's, by number. */
export async function loadShippable(db: Database, merchantId: string, orderNos: readonly string[]) {
  const pages = await inPages(orderNos, (page) =>
    db.query.orders.findMany({
      columns: { orderNo: true, state: true, review: true },
      where: and(among(orders.orderNo, page), eq(orders.merchantId, merchantId)),
      with: { shipments: { columns: { carrier: true, trackingNo: true } } },
    }),
  );
  return new Map(pages.map((order) => [order.orderNo, order]));
}

/** The verdicts there are by now, by message. */
export async function inboxVerdicts(db: Database, inboxIds: readonly string[]) {
  const rows = await inPages(inboxIds, (page) =>
    db
      .select({ inboxId: inbox.inboxId, verdict: inbox.verdict })
      .from(inbox)
      .where(and(among(inbox.inboxId, page), isNotNull(inbox.verdict))),
  );
  return new Map(rows.map(({ inboxId, verdict }) => [inboxId, verdict]));
}

/** One parameter, however many ids: a list of them would be a statement to prepare for each length. */
const among = (column: Column, ids: readonly string[]) => sql`${column} = any(${sql.param(ids)}::text[])`;

async function inPages<T>(ids: readonly string[], load: (page: string[]) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let from = 0; from < ids.length; from += PAGE)
    found.push(...(await load(ids.slice(from, from + PAGE))));
  return found;
}
