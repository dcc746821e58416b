import { z } from 'zod';
import type { Parcel, Track } from '../tracking/port.ts';
import { type Kuaidi100Api, phoneField, RESULT_DETAIL, signatureOf } from './api.ts';
import { QUERY_CODES, refusal, unknownResult } from './errors.ts';
import { readTrack } from './report.ts';

const CALL = 'query.do';
const FOUND = '200';

const code = z.union([z.string(), z.number()]).transform(String);
/** A report says how it went in `status`, a refusal in `returnCode`. */
const answer = z.union([
  z.object({ returnCode: code, message: z.string().nullish() }),
  z.object({ status: code, message: z.string().nullish(), data: z.array(z.unknown()).nullish() }),
]);

/** The track now; null while the carrier knows nothing of the number. A query says nothing about the watching. */
export async function queryTrack(api: Kuaidi100Api, url: string, parcel: Parcel): Promise<Track | null> {
  const { key, customer } = api.keys;
  const param = JSON.stringify({
    com: parcel.carrier,
    num: parcel.trackingNo,
    resultv2: RESULT_DETAIL,
    ...phoneField(parcel),
  });
  const sign = signatureOf(param, key, customer);
  const json = await api.post(CALL, url, { customer, sign, param });
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw unknownResult(CALL, 'unverified_answer', 'the answer has no code');
  const told = parsed.data;
  const result = 'returnCode' in told ? told.returnCode : told.status;
  if ('returnCode' in told || result !== FOUND) {
    const meaning = QUERY_CODES[result];
    if (meaning === 'no_result') return null;
    throw refusal(CALL, result, told.message ?? '', meaning === 'retry');
  }
  if (!told.data?.length) return null;
  const track = readTrack(json, false);
  if (typeof track === 'string') throw unknownResult(CALL, 'unverified_answer', `the report is ${track}`);
  if (track.carrier !== parcel.carrier || track.trackingNo !== parcel.trackingNo)
    throw unknownResult(CALL, 'unverified_answer', 'the report is about another parcel');
  return track;
}
