import { sql } from 'drizzle-orm';
import type { Database } from '../client.ts';

/** The balance of every account from the vouchers alone, at any moment (FN-2): debits less credits, in fen. */
export async function accountBalances(
  db: Database,
  at: Date,
): Promise<{ account: string; balanceFen: bigint }[]> {
  const rows = await db.execute<{ account: string; balance: string }>(sql`
    SELECT account, sum(amount_fen)::text AS balance FROM account_entries WHERE at <= ${at.toISOString()} GROUP BY account ORDER BY account`);
  return [...rows].map(({ account, balance }) => ({ account, balanceFen: BigInt(balance) }));
}

/** What a buyer paid and got back, order by order, from the vouchers alone (FN-2). */
export async function buyerMoney(db: Database, buyerId: string) {
  const rows = await db.execute<{ order_no: string; paid: string; refunded: string }>(sql`
    SELECT o.order_no, sum(greatest(e.amount_fen, 0))::text AS paid, sum(greatest(-e.amount_fen, 0))::text AS refunded
    FROM account_entries e JOIN orders o USING (order_no)
    WHERE o.buyer_id = ${buyerId} AND (e.account LIKE 'channel:%' OR e.account = 'paid_by_hand') GROUP BY o.order_no ORDER BY o.order_no`);
  return [...rows].map((row) => ({
    orderNo: row.order_no,
    paidFen: BigInt(row.paid),
    refundedFen: BigInt(row.refunded),
  }));
}
