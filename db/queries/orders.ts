import { and, asc, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import { withCuts } from '../../domain/order/price-cut.ts';
import type { NodeState } from '../../domain/order/states.ts';
import { type Database, oncePerDatabase } from '../client.ts';
import * as t from '../schema/index.ts';
import { isReviewOverdue, isShipOverdue } from './overdue.ts';

const ROOT_LENGTH = 21;

/** All that a representation shows of a node. */
const WITH_ALL = {
  shop: { columns: { reviewRules: true } },
  lines: { orderBy: asc(t.orderLines.lineNo) },
  shipments: {
    orderBy: asc(t.shipments.shipmentNo),
    with: {
      lines: { columns: { lineNo: true, quantity: true }, orderBy: asc(t.shipmentLines.lineNo) },
      warehouse: { columns: { name: true, handlingSeconds: true } },
    },
  },
  cancellations: { orderBy: asc(t.cancellations.askedAt) },
  // The newest.
  addresses: { orderBy: desc(t.orderAddresses.version), limit: 1 },
  payments: { orderBy: asc(t.payments.attempt) },
  refunds: { orderBy: asc(t.refunds.refundNo) },
  settlementLines: { orderBy: asc(t.settlementLines.lineNo) },
} as const;

const treeQuery = oncePerDatabase((db) =>
  db.query.orders
    .findMany({
      where: eq(t.orders.rootNo, sql.placeholder('rootNo')),
      orderBy: asc(t.orders.orderNo),
      with: WITH_ALL,
    })
    .prepare('load_tree'),
);

/** A tree's nodes with all that a representation shows, in one query, by any number of the tree. */
export async function loadTree(db: Database, orderNo: string) {
  const rows = await treeQuery(db).execute({ rootNo: orderNo.slice(0, ROOT_LENGTH) });
  return rows.map(withCuts);
}

export type OrderRow = Awaited<ReturnType<typeof loadTree>>[number];

export interface OrderPage {
  before?: string | undefined;
  limit: number;
}

/** A buyer's root orders, newest first. */
export async function listBuyerOrders(db: Database, buyerId: string, { before, limit }: OrderPage) {
  const rows = await db
    .select({ orderNo: t.orders.orderNo })
    .from(t.orders)
    .where(
      and(
        eq(t.orders.buyerId, buyerId),
        eq(t.orders.orderNo, t.orders.rootNo),
        before ? lt(t.orders.orderNo, before) : undefined,
      ),
    )
    .orderBy(desc(t.orders.orderNo))
    .limit(limit);
  return await loadTrees(
    db,
    rows.map((row) => row.orderNo),
  );
}

/** A merchant's own leaves, newest first (SP-10); with `overdueAt`, those that wait too long by then (FU-1, FU-7). */
export async function listMerchantOrders(
  db: Database,
  merchantId: string,
  { state, overdueAt }: { state: NodeState | undefined; overdueAt: Date | undefined },
  { before, limit }: OrderPage,
) {
  const rows = await db
    .select({ orderNo: t.orders.orderNo })
    .from(t.orders)
    .where(
      and(
        eq(t.orders.merchantId, merchantId),
        state ? eq(t.orders.state, state) : undefined,
        overdueAt ? or(isShipOverdue(overdueAt), isReviewOverdue(overdueAt)) : undefined,
        before ? lt(t.orders.orderNo, before) : undefined,
      ),
    )
    .orderBy(desc(t.orders.orderNo))
    .limit(limit);
  const orderNos = rows.map((row) => row.orderNo);
  const trees = await loadTrees(db, [...new Set(orderNos.map((orderNo) => orderNo.slice(0, ROOT_LENGTH)))]);
  return orderNos.flatMap((orderNo) => {
    const tree = trees.find((nodes) => nodes.some((node) => node.orderNo === orderNo));
    return tree ? [{ orderNo, tree }] : [];
  });
}

async function loadTrees(db: Database, rootNos: readonly string[]): Promise<OrderRow[][]> {
  if (rootNos.length === 0) return [];
  const rows = await db.query.orders.findMany({
    where: inArray(t.orders.rootNo, [...rootNos]),
    orderBy: asc(t.orders.orderNo),
    with: WITH_ALL,
  });
  return rootNos
    .map((rootNo) => rows.filter((row) => row.rootNo === rootNo).map(withCuts))
    .filter((tree) => tree.length > 0);
}

/** The process log of some nodes, in the order of their steps (NT-3). */
export async function loadLog(db: Database, orderNos: readonly string[]) {
  return await db
    .select()
    .from(t.orderLog)
    .where(inArray(t.orderLog.orderNo, [...orderNos]))
    .orderBy(asc(t.orderLog.id));
}

/** The vouchers of some nodes with their postings (FN-1). */
export async function loadVouchers(db: Database, orderNos: readonly string[]) {
  const rows = await db
    .select({ voucher: t.vouchers, posting: t.postings })
    .from(t.vouchers)
    .leftJoin(t.postings, eq(t.postings.voucherNo, t.vouchers.voucherNo))
    .where(inArray(t.vouchers.orderNo, [...orderNos]))
    .orderBy(asc(t.vouchers.at), asc(t.vouchers.voucherNo), asc(t.postings.seq));
  const vouchers = new Map<
    string,
    typeof t.vouchers.$inferSelect & { postings: { debit: string; credit: string; amountFen: bigint }[] }
  >();
  for (const { voucher, posting } of rows) {
    const entry = vouchers.get(voucher.voucherNo) ?? { ...voucher, postings: [] };
    if (posting)
      entry.postings.push({ debit: posting.debit, credit: posting.credit, amountFen: posting.amountFen });
    vouchers.set(voucher.voucherNo, entry);
  }
  return [...vouchers.values()];
}

const verdictQuery = oncePerDatabase((db) =>
  db
    .select({ verdict: t.inbox.verdict })
    .from(t.inbox)
    .where(eq(t.inbox.inboxId, sql.placeholder('inboxId')))
    .prepare('inbox_verdict'),
);

/** The verdict of a message, by primary key; asked again and again while a command is under way. */
export async function inboxVerdict(db: Database, inboxId: string) {
  const [row] = await verdictQuery(db).execute({ inboxId });
  return row?.verdict ?? null;
}

/** The stored answer of an order's submit, whether it made the order or refused it. */
export async function submitResult(db: Database, orderNo: string) {
  const [row] = await db
    .select({ result: t.orderLog.result })
    .from(t.orderLog)
    .where(and(eq(t.orderLog.orderNo, orderNo), eq(t.orderLog.stepKey, 'submit')));
  return row?.result ?? null;
}

/** The order that a quote made, or null. */
export async function orderOfQuote(db: Database, quoteId: string): Promise<string | null> {
  const [row] = await db
    .select({ orderNo: t.orders.orderNo })
    .from(t.orders)
    .where(and(eq(t.orders.quoteId, quoteId), isNull(t.orders.parentNo)));
  return row?.orderNo ?? null;
}

/** In-app notices of a recipient, newest first (NT-2). */
export async function listNotices(db: Database, recipients: readonly string[], limit: number) {
  return await db
    .select()
    .from(t.notices)
    .where(inArray(t.notices.recipient, [...recipients]))
    .orderBy(desc(t.notices.id))
    .limit(limit);
}

/** What was settled to a merchant or is due, newest first (FN-6). */
export async function listSettlementLines(db: Database, merchantId: string, limit: number) {
  return await db
    .select()
    .from(t.settlementLines)
    .where(eq(t.settlementLines.merchantId, merchantId))
    .orderBy(desc(t.settlementLines.dueAt), asc(t.settlementLines.orderNo), asc(t.settlementLines.lineNo))
    .limit(limit);
}
