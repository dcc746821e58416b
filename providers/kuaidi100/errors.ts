import { NeighbourError } from '../neighbour-error.ts';

/** What a return code says to a subscription: an answer about the parcel, or that the call may be made again. */
export type SubscribeMeaning = 'subscribed' | 'repeated' | 'refused' | 'retry';

export const SUBSCRIBE_CODES: Readonly<Record<string, SubscribeMeaning>> = {
  '200': 'subscribed',
  // The phone does not fit the parcel.
  '408': 'refused',
  '500': 'retry',
  '501': 'repeated',
  // The key is wrong or has run out: nothing was done, and the mended key serves the call.
  '600': 'retry',
  '601': 'retry',
  // The parcel's data, its carrier, a carrier that cannot be made out from the number.
  '700': 'refused',
  '701': 'refused',
  '702': 'refused',
};

/** What a return code says to a query: the carrier knows nothing, or the call may be made again. */
export type QueryMeaning = 'no_result' | 'retry';

export const QUERY_CODES: Readonly<Record<string, QueryMeaning>> = {
  '201': 'no_result',
  '500': 'no_result',
  '501': 'retry',
  '502': 'retry',
  // A wrong signature, a wrong or an exhausted key: as with a subscription.
  '503': 'retry',
  '600': 'retry',
  '601': 'retry',
};

/**
 * What a code says to a call about an electronic waybill; one that is not listed refuses it, as 30001 does for wrong
 * fields. `repeated`: the first answer of the same number once more. `absent`: there is no such waybill.
 */
export type LabelMeaning = 'done' | 'repeated' | 'absent' | 'refused' | 'retry';

export const LABEL_CODES: Readonly<Record<string, LabelMeaning>> = {
  '200': 'done',
  '30011': 'repeated',
  '30009': 'absent',
  '30001': 'refused',
  // Something failed at Kuaidi100, and whether the carrier has given a number is unknown.
  '-1': 'retry',
  // A wrong signature, a wrong key, an exhausted one: nothing was done, and the mended account serves the call.
  '30002': 'retry',
  '30003': 'retry',
  '30004': 'retry',
};

/** The error of an answer that refuses the call itself, by its code. A code that no table lists is final. */
export function refusal(call: string, code: string, message: string, retryable: boolean): NeighbourError {
  return new NeighbourError({
    neighbour: 'kuaidi100',
    code,
    message: `${call}: ${code} ${message}`.trim(),
    retryable,
  });
}

/** The error of silence, and of an answer that cannot be believed or read: the call may be made again. */
export function unknownResult(
  call: string,
  code: 'network' | 'unverified_answer',
  problem: string,
  cause?: unknown,
): NeighbourError {
  return new NeighbourError({
    neighbour: 'kuaidi100',
    code,
    message: `${call}: ${problem}`,
    retryable: true,
    cause,
  });
}
