import { describe, expect, it } from 'vitest';
import { CARRIERS } from '../../domain/logistics/carriers.ts';
import { carrierOf, failureOf, logisticsCodeOf, reportOf, stageOf } from './codes.ts';

describe('FU-3 carriers', () => {
  it.each([
    ['shunfeng', 'SF'],
    ['zhongtong', 'ZTO'],
    ['yuantong', 'YTO'],
    ['shentong', 'STO'],
    ['yunda', 'YUNDA'],
    ['ems', 'EMS'],
    ['jd', 'JD'],
    ['debangkuaidi', 'DBKD'],
    ['jtexpress', 'JTSD'],
  ] as const)('%s is %s in both directions', (carrier, code) => {
    expect(logisticsCodeOf(carrier)).toBe(code);
    expect(carrierOf(code)).toBe(carrier);
  });

  it('all have a code of their own; the warehouse’s choice has one too, and names nobody', () => {
    expect(new Set(CARRIERS.map(logisticsCodeOf)).size).toBe(CARRIERS.length);
    expect(logisticsCodeOf(null)).toBe('OTHER');
    for (const code of ['OTHER', 'sf', '', 'constructor', '__proto__']) expect(carrierOf(code)).toBeNull();
  });
});

describe('FU-2 statuses', () => {
  it.each([
    ['NEW', 'accepted'],
    ['ACCEPT', 'accepted'],
    ['PRINT', 'accepted'],
    ['CANCELEDFAIL', 'accepted'],
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
    ['OTHER', null],
    ['toString', null],
    ['', null],
  ])('the books’ %s is %s', (status, stage) => {
    expect(stageOf(status)).toBe(stage);
  });

  it.each([
    ['ACCEPT', { stage: 'accepted' }],
    ['PICK', { stage: 'picking' }],
    ['CHECK', { stage: 'checked' }],
    ['PACKAGE', { stage: 'packed' }],
    ['WEIGH', { stage: 'weighed' }],
    ['REJECT', { stage: 'refused' }],
    ['EXCEPTION', { stage: 'exception' }],
    ['CLOSED', { stage: 'cancelled' }],
    ['CANCELED', { stage: 'cancelled' }],
    ['TMSCANCELED', { interceptSucceeded: true }],
    ['TMSCANCELFAILED', { interceptSucceeded: false }],
    ['PRINT', 'noted'],
    ['READY', 'noted'],
    ['DELIVERED', 'noted'],
    ['PARTDELIVERED', 'noted'],
    ['REFUSE', 'noted'],
    ['SIGN', 'noted'],
    ['OTHER', 'noted'],
    ['constructor', 'noted'],
  ])('a report of %s says %o', (processStatus, report) => {
    expect(reportOf(processStatus)).toEqual(report);
  });
});

describe('CN-2 what a failure says', () => {
  it.each([
    ['order-exists', '', 'exists'],
    ['ORDER_ALREADY_EXISTS', '', 'exists'],
    ['E01', '订单已存在', 'exists'],
    ['E01', '发货单S1重复', 'exists'],
    ['order-not-exist', '', 'unknown'],
    ['ORDER_NOT_FOUND', '', 'unknown'],
    ['E02', '订单不存在', 'unknown'],
    ['E02', '查无此订单', 'unknown'],
    ['order-cancelled', '', 'cancelled'],
    ['E03', '订单已取消', 'cancelled'],
    ['order-processing', '订单处理中', 'busy'],
    ['E04', '正在处理，请等待', 'busy'],
    ['sign-check-failure', 'Illegal request', 'unanswered'],
    ['isv.sign-check-failure', '', 'unanswered'],
    ['isp.service-error', '', 'unanswered'],
    ['invalid-timestamp', '', 'unanswered'],
    ['E05', '系统繁忙', 'unanswered'],
    ['invalid-app-key', '', 'misconfigured'],
    ['isv.missing-parameter', '', 'misconfigured'],
    ['0', 'invalid appkey', 'misconfigured'],
    ['order-shipped', '订单已出库', 'refused'],
    ['E06', '订单正在处理中，无法取消', 'refused'],
    ['E07', '仓库不存在', 'refused'],
    ['', '', 'refused'],
  ])('%s %s: %s', (code, message, failure) => {
    expect(failureOf(code, message)).toBe(failure);
  });
});
