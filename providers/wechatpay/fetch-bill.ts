import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Bill, ProviderError } from '../payments/port.ts';
import type { WechatpayApi } from './api.ts';
import { parseTradeBill, unreadable } from './bill.ts';
import { refusedWith, unexpected } from './errors.ts';

const billAnswer = z.object({
  hash_type: z.literal('SHA1'),
  hash_value: z.string().min(1),
  download_url: z.url(),
});

/** The one path whose answers the SDK takes without a signature. */
const DOWNLOAD_PATH = '/v3/billdownload/file';

/**
 * The trade bill of a Beijing day (PY-9). The address and the SHA-1 of the file come in a signed answer; the file itself
 * is not signed, so the hash is what proves it. Only the token of the address is used: a signed request goes nowhere but
 * to our base address.
 */
export async function fetchTradeBill(api: WechatpayApi, mchId: string, day: string): Promise<Bill> {
  const path = 'v3/bill/tradebill';
  const { data } = await api.get(path, { bill_date: day, bill_type: 'ALL' }).catch((error: unknown) => {
    if (!refusedWith(error, 'NO_STATEMENT_EXIST', 'STATEMENT_CREATING')) throw error;
    throw new ProviderError({
      provider: 'wechatpay',
      code: 'bill_not_ready',
      message: error.message,
      retryable: true,
    });
  });
  const parsed = billAnswer.safeParse(data);
  if (!parsed.success) throw unexpected(path, z.prettifyError(parsed.error));
  const url = new URL(parsed.data.download_url);
  if (url.pathname !== DOWNLOAD_PATH) throw unexpected(path, `the bill is at ${url.pathname}`);
  const file = await api.download(DOWNLOAD_PATH.slice(1), Object.fromEntries(url.searchParams));
  const hash = createHash('sha1').update(file).digest('hex');
  if (hash !== parsed.data.hash_value.toLowerCase())
    throw unreadable(`the file of ${day} has SHA-1 ${hash}, not ${parsed.data.hash_value}`);
  return { day, lines: parseTradeBill(file.toString('utf8'), mchId) };
}
