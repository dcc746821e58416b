import { z } from 'zod';
import type { Parcel, SubscribeResult } from '../tracking/port.ts';
import { type Kuaidi100Api, phoneField, RESULT_DETAIL } from './api.ts';
import { refusal, SUBSCRIBE_CODES, unknownResult } from './errors.ts';

const CALL = 'poll';

const answer = z.object({
  result: z.boolean(),
  returnCode: z.union([z.string(), z.number()]).transform(String),
  message: z.string().nullish(),
});

/** Asks to be told of every change. A parcel that is watched already keeps the address and the salt it had. */
export async function subscribeParcel(
  api: Kuaidi100Api,
  url: string,
  parcel: Parcel,
  callback: { url: string; salt: string },
): Promise<SubscribeResult> {
  const param = {
    company: parcel.carrier,
    number: parcel.trackingNo,
    key: api.keys.key,
    parameters: {
      callbackurl: callback.url,
      salt: callback.salt,
      resultv2: RESULT_DETAIL,
      ...phoneField(parcel),
    },
  };
  const json = await api.post(CALL, url, { schema: 'json', param: JSON.stringify(param) });
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw unknownResult(CALL, 'unverified_answer', 'the answer has no return code');
  const { result, returnCode: code } = parsed.data;
  const message = parsed.data.message ?? '';
  const meaning = SUBSCRIBE_CODES[code];
  if (result !== (meaning === 'subscribed'))
    throw unknownResult(CALL, 'unverified_answer', `result ${result} with ${code}`);
  switch (meaning) {
    case 'subscribed':
    case 'repeated':
      return { result: meaning };
    case 'refused':
      return { result: 'refused', code, message };
    default:
      throw refusal(CALL, code, message, meaning === 'retry');
  }
}
