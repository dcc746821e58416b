import { and, eq, lte, or } from 'drizzle-orm';
import { settlementVoucher } from '../../domain/ledger/vouchers.ts';
import { sumFen } from '../../domain/money.ts';
import type { Database } from '../client.ts';
import { orders, postings, settlementLines, vouchers } from '../schema/index.ts';

/**
 * Settles due lines of orders without an open hold, at most `limit` orders' worth, with a voucher for each order whose
 * lines do not cancel out. Locked rows are passed over, so that several workers may run it at once. The number of lines
 * settled.
 */
export async function settleBatch(db: Database, at: Date, limit: number): Promise<number> {
  return await db.transaction(async (tx) => {
    const due = await tx
      .select({ line: settlementLines, rootNo: orders.rootNo })
      .from(settlementLines)
      .innerJoin(orders, eq(orders.orderNo, settlementLines.orderNo))
      .where(and(eq(settlementLines.state, 'due'), lte(settlementLines.dueAt, at), eq(orders.holds, 0)))
      .orderBy(settlementLines.orderNo, settlementLines.lineNo, settlementLines.seq)
      .limit(limit)
      // The order row too: a hold being placed at this moment waits, or makes us wait and see it.
      .for('no key update', { skipLocked: true });
    if (due.length === 0) return 0;
    const settlementNo = `S${at.toISOString().replace(/\D/g, '').slice(0, 14)}`;
    const byOrder = groupByOrder(due);
    for (const [orderNo, rows] of byOrder) {
      const [first] = rows as [(typeof due)[number]];
      const { postings: movements, ...voucher } = settlementVoucher(
        { orderNo, rootNo: first.rootNo, operator: 'system', at },
        {
          merchantId: first.line.merchantId,
          settlementNo: `${settlementNo}-${first.line.lineNo}${first.line.seq > 0 ? `-${first.line.seq}` : ''}`,
          commissionFen: sumFen(rows.map((row) => row.line.commissionFen)),
          netFen: sumFen(rows.map((row) => row.line.netFen)),
        },
      );
      const rowsToPost = movements.map((posting, seq) => ({ voucherNo: voucher.voucherNo, seq, ...posting }));
      // Earned and taken back in one run: nothing moves.
      if (rowsToPost.length > 0) {
        await tx.insert(vouchers).values(voucher);
        await tx.insert(postings).values(rowsToPost);
      }
      await tx
        .update(settlementLines)
        .set({ state: 'settled', settlementNo, settledAt: at })
        .where(
          and(
            eq(settlementLines.orderNo, orderNo),
            or(
              ...rows.map(({ line }) =>
                and(eq(settlementLines.lineNo, line.lineNo), eq(settlementLines.seq, line.seq)),
              ),
            ),
          ),
        );
    }
    return due.length;
  });
}

function groupByOrder<T extends { line: { orderNo: string } }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(row.line.orderNo, [...(groups.get(row.line.orderNo) ?? []), row]);
  return groups;
}
