import type { Carrier } from '../../domain/logistics/carriers.ts';
import type { WarehouseStage } from '../warehouse/port.ts';

/** Carriers by Cainiao's codes (FU-3). */
const LOGISTICS_CODES: Record<Carrier, string> = {
  shunfeng: 'SF',
  zhongtong: 'ZTO',
  yuantong: 'YTO',
  shentong: 'STO',
  yunda: 'YUNDA',
  ems: 'EMS',
  jd: 'JD',
  debangkuaidi: 'DBKD',
  jtexpress: 'JTSD',
};
const CARRIERS_BY_CODE = new Map(
  Object.entries(LOGISTICS_CODES).map(([carrier, code]) => [code, carrier as Carrier]),
);

/** The format insists on a carrier; `OTHER` is its word for one that the warehouse chooses. */
export function logisticsCodeOf(carrier: Carrier | null): string {
  return carrier === null ? 'OTHER' : LOGISTICS_CODES[carrier];
}

export function carrierOf(logisticsCode: string): Carrier | null {
  return CARRIERS_BY_CODE.get(logisticsCode) ?? null;
}

/** `status` of a query and of a confirmation. */
const STAGES = new Map<string, WarehouseStage>([
  ['NEW', 'accepted'],
  ['ACCEPT', 'accepted'],
  ['CANCELEDFAIL', 'accepted'],
  ['PRINT', 'accepted'],
  ['PICK', 'picking'],
  ['CHECK', 'checked'],
  ['PACKAGE', 'packed'],
  ['WEIGH', 'weighed'],
  ['READY', 'weighed'],
  ['PARTDELIVERED', 'handed_over'],
  ['DELIVERED', 'handed_over'],
  ['REJECT', 'refused'],
  ['CANCELED', 'cancelled'],
  ['CLOSED', 'cancelled'],
  ['EXCEPTION', 'exception'],
]);

/** The stage of a delivery order by its status; null for one that is not listed. */
export function stageOf(status: string): WarehouseStage | null {
  return STAGES.get(status) ?? null;
}

/** What a report tells: a stage, or the carrier's answer to an intercept. */
export type Report = { stage: WarehouseStage } | { interceptSucceeded: boolean } | 'noted';

/** `processStatus` of a report. Leaving is told by the confirmation, which knows the parcels. */
const REPORTS = new Map<string, Report>([
  ['ACCEPT', { stage: 'accepted' }],
  ['PICK', { stage: 'picking' }],
  ['CHECK', { stage: 'checked' }],
  ['PACKAGE', { stage: 'packed' }],
  ['WEIGH', { stage: 'weighed' }],
  ['REJECT', { stage: 'refused' }], // the warehouse will not send it
  ['EXCEPTION', { stage: 'exception' }],
  ['CLOSED', { stage: 'cancelled' }],
  ['CANCELED', { stage: 'cancelled' }],
  ['TMSCANCELED', { interceptSucceeded: true }],
  ['TMSCANCELFAILED', { interceptSucceeded: false }],
]);

/** PRINT, READY, DELIVERED, PARTDELIVERED, SIGN, REFUSE (by the buyer: the track tells) and new ones are only noted. */
export function reportOf(processStatus: string): Report {
  return REPORTS.get(processStatus) ?? 'noted';
}

/**
 * What a failure says. `unanswered` and `misconfigured` are no answer to the question asked: the first may be asked
 * again, the second not before the settings are mended. `refused` is everything else, the warehouse's no.
 */
export type Failure =
  | 'exists'
  | 'unknown'
  | 'cancelled'
  | 'busy'
  | 'unanswered'
  | 'misconfigured'
  | 'refused';

const ORDER = '(?:订单|单据|单号|发货单|出库单)';

/**
 * The format fixes no codes but the signature's: each warehouse has its own, and some have only sentences. Codes go
 * before sentences, earlier rows before later ones. A failure to sign is unanswered, as a key may be being rotated.
 */
const FAILURES: readonly { failure: Failure; code?: RegExp; message?: RegExp }[] = [
  { failure: 'refused', message: /(?:不能|无法|不可以?|不允许)取消/ },
  {
    failure: 'unanswered',
    code: /^(?:(?:isv-)?sign-check-failure|invalid-signature|invalid-timestamp|isp-.+|system-error|service-unavailable)$/,
    message: /系统(?:繁忙|异常|错误)|稍后(?:再试|重试)/,
  },
  {
    failure: 'misconfigured',
    code: /^(?:isv-.+|invalid-(?:app-?key|customer-?id|method|version|format|sign-method))$/,
    message: /^invalid (?:app ?key|customer ?id|method)/i,
  },
  {
    failure: 'exists',
    code: /^order-(?:already-)?exists?$|^duplicate-order$/,
    message: new RegExp(`${ORDER}.*(?:已存在|已经存在|重复)|重复(?:下单|推送|创建)`),
  },
  {
    failure: 'unknown',
    code: /^order-not-(?:exists?|found)$/,
    message: new RegExp(`${ORDER}.*(?:不存在|未找到)|(?:找不到|查无)[该此]?${ORDER}`),
  },
  { failure: 'cancelled', code: /^order-(?:already-)?cancell?ed$/, message: /已经?取消/ },
  { failure: 'busy', code: /^order-(?:in-)?processing$/, message: /处理中|正在处理/ },
];

/** What a failure's code and sentence say; codes are compared whatever their case and separators. */
export function failureOf(code: string, message: string): Failure {
  const normal = code.toLowerCase().replaceAll(/[_.\s]+/g, '-');
  const rule =
    FAILURES.find((one) => one.code?.test(normal)) ?? FAILURES.find((one) => one.message?.test(message));
  return rule?.failure ?? 'refused';
}
