import { z } from 'zod';
import type { WaybillAccount } from '../../config/keys.ts';
import { type Kuaidi100Api, signatureOf } from './api.ts';
import { LABEL_CODES, type LabelMeaning, refusal, unknownResult } from './errors.ts';

const answer = z.object({
  success: z.boolean(),
  code: z.union([z.string(), z.number()]).transform(String),
  message: z.string().nullish(),
  data: z.unknown(),
});

export interface LabelAnswer {
  meaning: Exclude<LabelMeaning, 'retry'>;
  code: string;
  message: string;
  data: unknown;
}

/**
 * A call to Kuaidi100's electronic waybills. Throws a retryable `NeighbourError` where the result is unknown or the call
 * itself was refused; Kuaidi100's sentence stays out of it, as it may repeat what it was sent.
 */
export async function callLabel(
  api: Kuaidi100Api,
  url: string,
  method: 'order' | 'cancel',
  { secret, param }: { secret: string; param: object },
): Promise<LabelAnswer> {
  const call = `label/order ${method}`;
  const { key } = api.keys;
  const text = JSON.stringify(param);
  const t = String(new Date().getTime());
  const sign = signatureOf(text, t, key, secret);
  const parsed = answer.safeParse(await api.post(call, url, { method, key, t, param: text, sign }));
  if (!parsed.success) throw unknownResult(call, 'unverified_answer', 'the answer has no code');
  const { success, code, data } = parsed.data;
  const meaning = LABEL_CODES[code] ?? 'refused';
  // A repeated one is as good with either word: what counts is whether it brings the number.
  if (meaning !== 'repeated' && success !== (meaning === 'done'))
    throw unknownResult(call, 'unverified_answer', `success ${success} with ${code}`);
  if (meaning === 'retry') throw refusal(call, code, '', true);
  return { meaning, code, message: parsed.data.message ?? '', data };
}

/** The account as both calls name it. */
export function accountFields({ template: _template, ...account }: WaybillAccount): object {
  return account;
}
