import { eq, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { payments, refunds, vouchers } from '../schema/index.ts';

/** A refund with the payment it gives back, and the voucher of its money if that belonged to no open order (PY-6). */
export async function loadRefund(db: Database, refundNo: string) {
  const [row] = await db
    .select({ refund: refunds, payment: payments, strayVoucher: vouchers })
    .from(refunds)
    .innerJoin(payments, eq(payments.outTradeNo, refunds.outTradeNo))
    .leftJoin(
      vouchers,
      // Named so by `moneyInVoucher`.
      eq(vouchers.voucherNo, sql`${refunds.orderNo} || '-IN-' || ${refunds.outTradeNo}`),
    )
    .where(eq(refunds.refundNo, refundNo));
  if (!row) throw new Error(`no refund ${refundNo}`);
  return row;
}
