import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import { z } from 'zod';
import type { WechatpayKeys } from '../../config/keys.ts';
import type { NoticeDelivery, PaymentNotice, VerifiedNotice } from '../payments/port.ts';
import { parseRfc3339 } from './times.ts';

/** WeChat Pay's own rule: a notification signed longer ago, or later than now, is not answered for. */
const FRESH_SECONDS = 300;

const envelope = z.object({
  id: z.string().min(1),
  event_type: z.string().min(1),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string().min(1),
    nonce: z.string().min(1),
    associated_data: z.string().default(''),
  }),
});

const about = z.object({
  out_trade_no: z.string().min(1),
  mchid: z.string().optional(),
  /** Not part of a refund's notification. */
  appid: z.string().optional(),
  amount: z.object({ currency: z.string().optional() }).optional(),
});

const payment = z.object({
  appid: z.string(),
  transaction_id: z.string().min(1),
  trade_state: z.string(),
  success_time: z.string().optional(),
  amount: z.object({ total: z.int().positive() }),
});

const refund = z.object({ out_refund_no: z.string().min(1) });

/**
 * Verifies a notification over its raw body, opens it with whichever APIv3 key fits, and says what it reports (PY-2).
 * WeChat Pay also sends probes with a wrong signature on purpose; they fail like any other.
 */
export function verifyNotice(
  { platform, apiV3Keys }: WechatpayKeys,
  expected: { appId: string; mchId: string },
  delivery: NoticeDelivery,
): VerifiedNotice {
  const timestamp = delivery.header('wechatpay-timestamp') ?? '';
  const nonce = delivery.header('wechatpay-nonce');
  const signature = delivery.header('wechatpay-signature');
  const serial = delivery.header('wechatpay-serial');
  if (!/^\d{1,12}$/.test(timestamp) || !nonce || !signature || !serial)
    return { ok: false, reason: 'bad_signature' };
  const key = Object.hasOwn(platform, serial) ? platform[serial] : undefined;
  if (key === undefined) return { ok: false, reason: 'unknown_key' };
  if (Math.abs(delivery.receivedAt.getTime() / 1000 - Number(timestamp)) > FRESH_SECONDS)
    return { ok: false, reason: 'stale' };
  if (!Rsa.verify(Formatter.response(timestamp, nonce, delivery.rawBody), signature, key))
    return { ok: false, reason: 'bad_signature' };

  const parsed = envelope.safeParse(json(delivery.rawBody));
  if (!parsed.success) return { ok: false, reason: 'malformed' };
  const { id, event_type: event, resource } = parsed.data;
  const plain = decrypt(resource, apiV3Keys);
  if (plain === null) return { ok: false, reason: 'unknown_key' };
  return read(id, event, json(plain), expected);
}

function read(
  id: string,
  event: string,
  resource: unknown,
  expected: { appId: string; mchId: string },
): VerifiedNotice {
  const common = about.safeParse(resource);
  if (!common.success) return { ok: false, reason: 'malformed' };
  const { out_trade_no: outTradeNo, mchid, appid, amount } = common.data;
  if (mchid !== expected.mchId) return { ok: false, reason: 'wrong_seller' };
  if (appid !== undefined && appid !== expected.appId) return { ok: false, reason: 'wrong_app' };
  if ((amount?.currency ?? 'CNY') !== 'CNY') return { ok: false, reason: 'wrong_currency' };
  const named = { eventKey: id, outTradeNo };
  if (event.startsWith('REFUND.')) {
    const about = refund.safeParse(resource);
    if (!about.success) return { ok: false, reason: 'malformed' };
    return told({ ...named, outcome: 'refund_changed', refundNo: about.data.out_refund_no });
  }
  if (event !== 'TRANSACTION.SUCCESS') return told({ ...named, outcome: 'noted' });
  const paid = payment.safeParse(resource);
  if (!paid.success) return { ok: false, reason: 'malformed' };
  if (paid.data.trade_state !== 'SUCCESS') return told({ ...named, outcome: 'noted' });
  const paidAt = parseRfc3339(paid.data.success_time);
  if (!paidAt) return { ok: false, reason: 'malformed' };
  return told({
    ...named,
    outcome: 'paid',
    providerTradeNo: paid.data.transaction_id,
    amountFen: BigInt(paid.data.amount.total),
    paidAt,
  });
}

const told = (notice: PaymentNotice): VerifiedNotice => ({ ok: true, notice });

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The plain text under the first key that opens it; null when none does. */
function decrypt(
  { ciphertext, nonce, associated_data: data }: z.infer<typeof envelope>['resource'],
  keys: readonly string[],
): string | null {
  for (const key of keys) {
    try {
      return Aes.AesGcm.decrypt(ciphertext, key, nonce, data);
    } catch {
      // Sealed with another key, which is what a rotation looks like.
    }
  }
  return null;
}
