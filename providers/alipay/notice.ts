import type { AlipaySdk } from 'alipay-sdk';
import { z } from 'zod';
import { parseYuan } from '../../domain/money.ts';
import type { PaymentNotice, VerifiedNotice } from '../payments/port.ts';
import { parseBeijing } from './times.ts';

const trade = z.object({
  notify_id: z.string().min(1),
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.enum(['WAIT_BUYER_PAY', 'TRADE_SUCCESS', 'TRADE_FINISHED', 'TRADE_CLOSED']),
  total_amount: z.string(),
  refund_fee: z.string().optional(),
  gmt_payment: z.string().optional(),
  out_biz_no: z.string().optional(),
});

/**
 * Verifies a notification and says what it reports (PY-2). RSA2 is demanded here because the SDK follows whatever
 * `sign_type` was posted. No age limit: however late a notification comes, it is true (decision 20).
 */
export function verifyNotice(
  sdk: Pick<AlipaySdk, 'checkNotifySignV2'>,
  expected: { appId: string; sellerId: string },
  rawBody: string,
): VerifiedNotice {
  const raw = parseForm(rawBody);
  if (!raw) return { ok: false, reason: 'malformed' };
  if (raw.sign_type !== 'RSA2' || !sdk.checkNotifySignV2(raw)) return { ok: false, reason: 'bad_signature' };
  if (raw.app_id !== expected.appId) return { ok: false, reason: 'wrong_app' };
  if (raw.seller_id !== expected.sellerId) return { ok: false, reason: 'wrong_seller' };
  const notice = readNotice(raw);
  return notice ? { ok: true, notice } : { ok: false, reason: 'malformed' };
}

/** The posted form without empty values, which are not signed. Null if a name comes twice: no reading would be safe. */
function parseForm(rawBody: string): Record<string, string> | null {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawBody)) {
    if (fields.has(name)) return null;
    if (value !== '') fields.set(name, value);
  }
  return fields.size > 0 ? Object.fromEntries(fields) : null;
}

function readNotice(raw: Record<string, string>): PaymentNotice | null {
  const parsed = trade.safeParse(raw);
  if (!parsed.success) return null;
  const fields = parsed.data;
  try {
    return { eventKey: fields.notify_id, outTradeNo: fields.out_trade_no, ...factOf(fields) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Money that went back outweighs the status, which stays `TRADE_SUCCESS` after a partial refund; `out_biz_no` is then
 * the refund's number. Throws a RangeError where an amount or a time is none.
 */
function factOf(fields: z.infer<typeof trade>) {
  const { trade_status: status, trade_no: providerTradeNo, refund_fee, out_biz_no } = fields;
  const refundedFen = parseYuan(refund_fee ?? '0');
  if (status !== 'WAIT_BUYER_PAY' && refundedFen > 0n)
    return { outcome: 'refund_changed', refundNo: out_biz_no ?? null } as const;
  if (status === 'WAIT_BUYER_PAY' || status === 'TRADE_CLOSED') return { outcome: 'noted' } as const;
  const amountFen = parseYuan(fields.total_amount);
  const paidAt = parseBeijing(fields.gmt_payment);
  return { outcome: 'paid', providerTradeNo, amountFen, paidAt } as const;
}
