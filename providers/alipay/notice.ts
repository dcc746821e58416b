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
  gmt_refund: z.string().optional(),
  gmt_close: z.string().optional(),
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
    const refundedFen = parseYuan(fields.refund_fee ?? '0');
    const outcome = outcomeOf(fields.trade_status, refundedFen > 0n);
    return {
      eventKey: fields.notify_id,
      outTradeNo: fields.out_trade_no,
      providerTradeNo: fields.trade_no,
      outcome,
      amountFen: outcome === 'refunded' ? refundedFen : parseYuan(fields.total_amount),
      occurredAt: parseBeijing(timeOf(outcome, fields)),
      raw,
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function outcomeOf(
  status: z.infer<typeof trade>['trade_status'],
  refunded: boolean,
): PaymentNotice['outcome'] {
  if (status === 'WAIT_BUYER_PAY') return 'waiting';
  if (refunded) return 'refunded';
  return status === 'TRADE_CLOSED' ? 'closed' : 'paid';
}

function timeOf(outcome: PaymentNotice['outcome'], fields: z.infer<typeof trade>): string | undefined {
  if (outcome === 'paid') return fields.gmt_payment;
  if (outcome === 'refunded') return fields.gmt_refund;
  return outcome === 'closed' ? fields.gmt_close : undefined;
}
