import { z } from 'zod';
import type { Fen } from '../../domain/money.ts';
import { ProviderError, type RefundRequest, type RefundStatus } from '../payments/port.ts';
import type { WechatpayApi } from './api.ts';
import { refusedWith, unexpected } from './errors.ts';
import { parseRfc3339 } from './times.ts';
import { withinBytes } from './trades.ts';

const refundAnswer = z.object({
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  status: z.enum(['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL']),
  success_time: z.string().optional(),
  amount: z.object({ refund: z.int().positive(), currency: z.string().default('CNY') }),
});

const PATH = 'v3/refund/domestic/refunds';

/** What is asked about: `amountFen` is null where only the state matters. */
interface Asked {
  outTradeNo: string;
  refundNo: string;
  amountFen: Fen | null;
}

/**
 * Asks for a refund under our stable number; a repeat gives that refund's state. An answer means accepted, not done. A
 * refusal is believed only when no refund of this number exists: a repeat may be refused because the first one emptied
 * the trade (PY-8).
 */
export async function refundTrade(
  api: WechatpayApi,
  { notifyUrl }: { notifyUrl: string },
  request: RefundRequest,
): Promise<RefundStatus> {
  const { refundNo, amountFen } = request;
  const asked = { outTradeNo: request.trade.outTradeNo, refundNo, amountFen };
  const reason = withinBytes(request.reason, 80);
  try {
    const { data } = await api.post(PATH, {
      out_trade_no: asked.outTradeNo,
      out_refund_no: refundNo,
      ...(reason !== '' && { reason }),
      notify_url: notifyUrl,
      amount: { refund: Number(amountFen), total: Number(request.totalFen), currency: 'CNY' },
    });
    return statusOf(PATH, data, asked);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.retryable) throw error;
    const found = await findRefund(api, asked);
    if (found.state !== 'not_found') return found;
    return { state: 'refused', code: error.code, message: error.message };
  }
}

/** `not_found` means ask again or repeat under the same number, never under another. */
export function queryRefund(api: WechatpayApi, outTradeNo: string, refundNo: string): Promise<RefundStatus> {
  return findRefund(api, { outTradeNo, refundNo, amountFen: null });
}

async function findRefund(api: WechatpayApi, asked: Asked): Promise<RefundStatus> {
  const path = `${PATH}/${encodeURIComponent(asked.refundNo)}`;
  try {
    const { data } = await api.get(path);
    return statusOf(path, data, asked);
  } catch (error) {
    if (refusedWith(error, 'RESOURCE_NOT_EXISTS')) return { state: 'not_found' };
    throw error;
  }
}

function statusOf(path: string, data: unknown, { refundNo, outTradeNo, amountFen }: Asked): RefundStatus {
  const parsed = refundAnswer.safeParse(data);
  if (!parsed.success) throw unexpected(path, z.prettifyError(parsed.error));
  const { amount, status, ...answer } = parsed.data;
  if (answer.out_refund_no !== refundNo)
    throw unexpected(path, `the answer is about ${answer.out_refund_no}`);
  const other =
    answer.out_trade_no !== outTradeNo ||
    amount.currency !== 'CNY' ||
    (amountFen !== null && BigInt(amount.refund) !== amountFen);
  if (other)
    return {
      state: 'refused',
      code: 'refund_no_reused',
      message: `${refundNo} refunded ${amount.refund} fen ${amount.currency} of ${answer.out_trade_no}`,
    };
  switch (status) {
    case 'SUCCESS':
      return { state: 'succeeded', refundedAt: parseRfc3339(answer.success_time) };
    case 'PROCESSING':
      return { state: 'pending' };
    case 'CLOSED':
      return { state: 'refused', code: 'REFUND_CLOSED', message: `${refundNo} was closed` };
    case 'ABNORMAL':
      return {
        state: 'abnormal',
        code: 'REFUND_ABNORMAL',
        message: `${refundNo} could not be credited to the buyer`,
      };
  }
}
