import { and, asc, desc, eq, gt, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { Contract, OrderNode, PaymentScope } from '../../domain/order/node.ts';
import { withCuts } from '../../domain/order/price-cut.ts';
import { type Database, oncePerDatabase } from '../client.ts';
import * as t from '../schema/index.ts';

const NODE_COLUMNS = {
  orderNo: true,
  kind: true,
  rootNo: true,
  parentNo: true,
  paymentRootNo: true,
  buyerId: true,
  shopId: true,
  merchantId: true,
  payableFen: true,
  points: true,
  pointsFen: true,
  discountFen: true,
  shopDiscountFen: true,
  couponIds: true,
  exchangeOf: true,
  creditFen: true,
  autoReceiptSeconds: true,
  shipWithinSeconds: true,
  createdAt: true,
  state: true,
  version: true,
  paymentDeadline: true,
  review: true,
  reviewReason: true,
  dispatch: true,
  progress: true,
  shipmentsMade: true,
  cancellationNo: true,
  cancellationDueAt: true,
  contractId: true,
  autoReceiptAt: true,
  holds: true,
  clockLeftMs: true,
  receiptExtended: true,
  freightFen: true,
  givenBackFen: true,
  priceCutFen: true,
  freightCutFen: true,
  earnRate: true,
  goodwill: true,
} as const;

const scopeQuery = oncePerDatabase((db) =>
  db.query.orders
    .findMany({
      columns: NODE_COLUMNS,
      where: eq(t.orders.paymentRootNo, sql.placeholder('rootNo')),
      orderBy: asc(t.orders.orderNo),
      with: {
        lines: { orderBy: asc(t.orderLines.lineNo) },
        coupons: { columns: { couponId: true, validTo: true } },
        payments: {
          columns: { outTradeNo: true, provider: true, method: true, amountFen: true, state: true },
        },
      },
    })
    .prepare('load_payment_scope'),
);

/** A payment root with its leaves and attempts, in one query; undefined if there is no such payment root. */
export async function loadPaymentScope(db: Database, rootNo: string): Promise<PaymentScope | undefined> {
  const rows = (await scopeQuery(db).execute({ rootNo })).map(withCuts);
  const root = rows.find((row) => row.orderNo === rootNo);
  if (!root) return undefined;
  const leaves = root.kind === 'parent' ? rows.filter((row) => row.kind === 'child') : [root];
  return { root, leaves, attempts: root.payments, coupons: root.coupons };
}

const nodeQuery = oncePerDatabase((db) =>
  db.query.orders
    .findFirst({
      columns: NODE_COLUMNS,
      where: eq(t.orders.orderNo, sql.placeholder('orderNo')),
      with: { lines: { orderBy: asc(t.orderLines.lineNo) } },
    })
    .prepare('load_node'),
);

/** A node with its lines; undefined if there is none of that number. */
export async function loadNode(db: Database, orderNo: string): Promise<OrderNode | undefined> {
  const row = await nodeQuery(db).execute({ orderNo });
  return row && withCuts(row);
}

/** A node that must be there: its number came from a row that refers to it. */
export async function requireNode(db: Database, orderNo: string): Promise<OrderNode> {
  const node = await loadNode(db, orderNo);
  if (!node) throw new Error(`no order ${orderNo}`);
  return node;
}

/** The contracts of merchants in force at a moment (FN-5). */
export async function contractsInForce(
  db: Database,
  at: Date,
  merchants: { merchantIds: readonly string[] } | { paymentRootNo: string },
): Promise<(merchantId: string) => string | null> {
  const among =
    'merchantIds' in merchants
      ? [...merchants.merchantIds]
      : db
          .select({ merchantId: sql<string>`${t.orders.merchantId}` })
          .from(t.orders)
          .where(eq(t.orders.paymentRootNo, merchants.paymentRootNo));
  const rows = await db
    .select({ merchantId: t.contracts.merchantId, contractId: t.contracts.contractId })
    .from(t.contracts)
    .where(
      and(
        inArray(t.contracts.merchantId, among),
        lte(t.contracts.validFrom, at),
        or(isNull(t.contracts.validTo), gt(t.contracts.validTo, at)),
      ),
    )
    .orderBy(desc(t.contracts.validFrom));
  return (merchantId) => rows.find((row) => row.merchantId === merchantId)?.contractId ?? null;
}

export async function loadContract(db: Database, contractId: string): Promise<Contract | undefined> {
  const [row] = await db.select().from(t.contracts).where(eq(t.contracts.contractId, contractId));
  return row;
}

/** Pieces that can still be taken of each SKU, all warehouses together. */
export async function availableStock(db: Database, skuIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await stockLevelsOf(db, skuIds);
  const available = new Map<string, number>(skuIds.map((skuId) => [skuId, 0]));
  for (const row of rows)
    available.set(row.skuId, (available.get(row.skuId) ?? 0) + row.onHand - row.reserved);
  return available;
}

/** The levels of SKUs in each warehouse. */
export async function stockLevelsOf(db: Database, skuIds: readonly string[]) {
  return await db
    .select()
    .from(t.stockLevels)
    .where(inArray(t.stockLevels.skuId, [...skuIds]));
}

const messageQuery = oncePerDatabase((db) =>
  db
    .select()
    .from(t.inbox)
    .where(eq(t.inbox.inboxId, sql.placeholder('inboxId')))
    .prepare('load_inbox_message'),
);

export async function loadInboxMessage(db: Database, inboxId: string): Promise<typeof t.inbox.$inferSelect> {
  const [row] = await messageQuery(db).execute({ inboxId });
  if (!row) throw new Error(`no inbox row ${inboxId}`);
  return row;
}

/** Whether a step ran before. */
export async function wasStored(db: Database, orderNo: string, stepKey: string): Promise<boolean> {
  const rows = await db
    .select({ id: t.orderLog.id })
    .from(t.orderLog)
    .where(and(eq(t.orderLog.orderNo, orderNo), eq(t.orderLog.stepKey, stepKey)));
  return rows.length > 0;
}

/** What a step answered when it ran first. */
export async function loadStoredResult(
  db: Database,
  orderNo: string,
  stepKey: string,
): Promise<Record<string, unknown>> {
  const [row] = await db
    .select({ result: t.orderLog.result })
    .from(t.orderLog)
    .where(and(eq(t.orderLog.orderNo, orderNo), eq(t.orderLog.stepKey, stepKey)));
  if (!row) throw new Error(`no stored result of ${stepKey} on ${orderNo}`);
  return row.result;
}
