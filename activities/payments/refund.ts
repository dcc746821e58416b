import type { Database } from '../../db/client.ts';
import { finishRefund as finish, queueRefund as queue } from '../../db/commands/refunds.ts';
import { loadRefund } from '../../db/queries/refunds.ts';
import { accounts } from '../../domain/ledger/voucher.ts';
import { refundVoucher } from '../../domain/ledger/vouchers.ts';
import { type PaymentProviders, providerOf } from './providers.ts';

export type RefundAnswer = { state: 'succeeded' } | { state: 'pending' } | { state: 'refused'; code: string };

/** Why a refund went to a person, for them to read. Others are the provider's own code. */
const WORDS: Record<string, string> = {
  no_end_in_a_week: 'the provider did not finish the refund within a week',
};

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
  const { amountFen, reason } = refund;
  const totalFen = payment.receivedFen ?? payment.amountFen;
  const known = await provider.queryRefund(payment, refundNo);
  const answer =
    known.state === 'not_found'
      ? await provider.refund({ trade: payment, refundNo, amountFen, totalFen, reason })
      : known;
  switch (answer.state) {
    case 'succeeded':
      return { state: 'succeeded' };
    case 'refused':
    case 'abnormal':
      return { state: 'refused', code: answer.code };
    case 'pending':
    case 'not_found':
      return { state: 'pending' };
  }
}

/** Books a refund that the provider has made: voucher, state and notice at once. */
export async function finishRefund(
  db: Database,
  { refundNo, atMs }: { refundNo: string; atMs: number },
): Promise<void> {
  const { refund, payment, rootNo, isMoved } = await loadRefund(db, refundNo);
  const header = { orderNo: refund.orderNo, rootNo, operator: 'system', at: new Date(atMs) };
  const paidFrom = accounts.channel(payment.provider);
  await finish(db, refundNo, refundVoucher(header, { ...refund, paidFrom, isMoved }));
}

/**
 * A refund that the provider refuses, that did not reach the buyer or that does not end goes to a person, with the ways
 * out; nothing of the balance was touched (RF-6).
 */
export async function queueRefund(
  db: Database,
  { refundNo, code, atMs }: { refundNo: string; code: string; atMs: number },
): Promise<void> {
  const { refund } = await loadRefund(db, refundNo);
  const message = WORDS[code] ?? 'the provider did not make the refund';
  await queue(db, { refundNo, orderNo: refund.orderNo, code, message, at: new Date(atMs) });
}
