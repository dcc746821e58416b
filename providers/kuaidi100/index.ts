import type { Keys, Kuaidi100Keys } from '../../config/keys.ts';
import type { TrackAcknowledgement, TrackingService } from '../tracking/port.ts';
import { Kuaidi100Api } from './api.ts';
import { verifyNotice } from './notice.ts';
import { queryTrack } from './query.ts';
import { subscribeParcel } from './subscribe.ts';

export interface Kuaidi100Config {
  /** `https://poll.kuaidi100.com/poll`, or the sandbox's. */
  pollUrl: string;
  /** `https://poll.kuaidi100.com/poll/query.do`, or the sandbox's. */
  queryUrl: string;
  keys: Keys<Kuaidi100Keys>;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

/** Kuaidi100 asks the carrier while we wait. */
const DEFAULT_TIMEOUT_MS = 8000;

/** Tracks of all carriers from Kuaidi100 (快递100): told by push and asked for by query (LG-1). */
export function createKuaidi100(config: Kuaidi100Config): TrackingService {
  const { pollUrl, queryUrl, keys, timeoutMs = DEFAULT_TIMEOUT_MS } = config;
  const api = new Kuaidi100Api({ keys, timeoutMs });
  return {
    name: 'kuaidi100',
    subscribe: (parcel, callback) => subscribeParcel(api, pollUrl, parcel, callback),
    query: (parcel) => queryTrack(api, queryUrl, parcel),
    verify: verifyNotice,
    acknowledgement: (outcome) => ACKNOWLEDGEMENTS[outcome],
  };
}

const acknowledgement = (
  status: TrackAcknowledgement['status'],
  body: { result: boolean; returnCode: string; message: string },
): TrackAcknowledgement => ({ status, contentType: 'application/json', body: JSON.stringify(body) });

const failure = (status: TrackAcknowledgement['status'], message: string): TrackAcknowledgement =>
  acknowledgement(status, { result: false, returnCode: '500', message });

/** Kuaidi100 reads the body: anything but `result` true with 200 is told again. */
const ACKNOWLEDGEMENTS: Record<Parameters<TrackingService['acknowledgement']>[0], TrackAcknowledgement> = {
  taken: acknowledgement(200, { result: true, returnCode: '200', message: '成功' }),
  refused: failure(401, '验签失败'),
  unknown: failure(404, '运单不存在'),
  failed: failure(503, '系统繁忙，请稍后重试'),
};
