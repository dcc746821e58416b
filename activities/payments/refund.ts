import type { Database } from '../../db/client.ts';
import { finishRefund as finish, queueRefund as queue } from '../../db/commands/refunds.ts';
import { loadRefund } from '../../db/queries/refunds.ts';
import { refundVoucher } from '../../domain/ledger/vouchers.ts';
import { type PaymentProviders, providerOf } from './providers.ts';

export type RefundAnswer = { state: 'succeeded' } | { state: 'pending' } | { state: 'refused'; code: string };

/**
 * Sends a refund by the original route, or asks what became of it (PY-8). The provider is asked first, by our number,
 * so that an unknown result never becomes a second refund (PY-7).
 */
export async function sendRefund(
  db: Database,
  providers: PaymentProviders,
  refundNo: string,
): Promise<RefundAnswer> {
  const { refund, payment } = await loadRefund(db, refundNo);
  if (refund.state === 'queued') return { state: 'refused', code: 'with_a_person' };
  if (refund.state === 'succeeded') return { state: 'succeeded' };
  const provider = providerOf(providers, payment.provider);
  const known = await provider.queryRefund(refund.outTradeNo, refundNo);
  const answer =
    known.state === 'not_found'
      ? await provider.refund({
          refundNo,
          outTradeNo: refund.outTradeNo,
          amountFen: refund.amountFen,
          totalFen: payment.receivedFen ?? payment.amountFen,
          reason: refund.reason,
        })
      : known;
  if (answer.state === 'succeeded') return { state: 'succeeded' };
  if (answer.state === 'refused') return { state: 'refused', code: answer.code };
  return { state: 'pending' };
}

/** Books a refund that the provider has made: voucher, state and notice in one statement. */
export async function finishRefund(
  db: Database,
  { refundNo, atMs }: { refundNo: string; atMs: number },
): Promise<void> {
  const { refund, payment, strayVoucher: stray } = await loadRefund(db, refundNo);
  const at = new Date(atMs);
  const voucher = refundVoucher(
    { orderNo: refund.orderNo, rootNo: stray?.rootNo ?? payment.orderNo, operator: 'system', at },
    {
      refundNo,
      provider: payment.provider,
      amountFen: refund.amountFen,
      from: stray ? 'unallocated' : 'deposits',
      reverses: stray?.voucherNo ?? `${refund.orderNo}-PAY-${refund.outTradeNo}`,
    },
  );
  await finish(db, refundNo, voucher);
}

/** A refund that the provider refuses goes to a person, with the ways out; nothing of the balance was touched. */
export async function queueRefund(
  db: Database,
  { refundNo, code, atMs }: { refundNo: string; code: string; atMs: number },
): Promise<void> {
  const { refund } = await loadRefund(db, refundNo);
  await queue(db, { refundNo, orderNo: refund.orderNo, code, at: new Date(atMs) });
}
