import { BASIC_CODES, nameOf } from './codes.ts';
import type { Parcel, ParcelEvent } from './parcel.ts';
import { beijing, signatureOf } from './wire.ts';

export const MONITOR_STATUSES = ['polling', 'shutdown', 'abort', 'updateall'] as const;
export type MonitorStatus = (typeof MONITOR_STATUSES)[number];

/** The level of detail at which codes are told. */
const CODES_FROM = '4';

/** What a push tells, before it is signed with the subscription's salt. */
export interface PushContent {
  carrier: string;
  salt: string;
  status: MonitorStatus;
  message: string;
  lastResult: Record<string, unknown>;
}

/** The whole track, newest event first, as pushes and answers to queries carry it. */
export function lastResult(
  { carrier, trackingNo, events }: Pick<Parcel, 'carrier' | 'trackingNo' | 'events'>,
  resultv2: string,
): Record<string, unknown> {
  const newest = events.at(-1);
  return {
    message: 'ok',
    nu: trackingNo,
    ischeck: newest?.state === 'signed' ? '1' : '0',
    com: carrier,
    status: '200',
    state: newest ? codeOf(newest, resultv2) : BASIC_CODES.in_transit,
    condition: '00',
    data: events.map((event) => eventFields(event, resultv2)).reverse(),
  };
}

function codeOf({ state, code }: ParcelEvent, resultv2: string): string {
  return resultv2 === CODES_FROM ? code : BASIC_CODES[state];
}

function eventFields(event: ParcelEvent, resultv2: string): Record<string, unknown> {
  const { text, location, atMs, state } = event;
  const time = beijing(atMs);
  const code = codeOf(event, resultv2);
  const city = location && 'areaCode' in location ? location : null;
  return {
    time,
    ftime: time,
    context: text,
    ...(resultv2 !== '' && {
      status: nameOf(code, state),
      areaCode: city?.areaCode ?? null,
      areaName: city?.areaName ?? null,
    }),
    ...(resultv2 === CODES_FROM && { statusCode: code, location: location?.name ?? '' }),
  };
}

/** What Kuaidi100 says of a number that its carrier never knew. */
export const NEVER_KNOWN = {
  monitor: '3天查询无记录',
  result: { message: '快递公司参数异常：单号不存在或者已经过期', status: '201', condition: '' },
} as const;

/** One delivery: a form with the report and its signature; a forged one is signed over something else. */
export function composePush(
  { salt, status, message, lastResult }: PushContent,
  forged: boolean,
): { headers: Record<string, string>; body: string } {
  const param = JSON.stringify({
    status,
    billstatus: status === 'polling' ? 'change' : 'check',
    message,
    autoCheck: '0',
    comOld: '',
    comNew: '',
    lastResult,
  });
  const sign = signatureOf(forged ? `${param} ` : param, salt);
  return {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' },
    body: new URLSearchParams({ sign, param }).toString(),
  };
}

/** Kuaidi100 tells again unless the body says that the report was taken. */
export function isTaken(status: number, body: string): boolean {
  if (status !== 200) return false;
  try {
    const answer = JSON.parse(body) as { result?: unknown; returnCode?: unknown } | null;
    return answer?.result === true && String(answer.returnCode) === '200';
  } catch {
    return false;
  }
}
