import type { AfterSale, CaseState } from './case.ts';
import { needsAddress } from './outbound.ts';

/** Where a case is, in words (RF-6). */
export const CASE_WORDS: Record<CaseState, { zh: string; en: string }> = {
  applied: { zh: '已提交申请，等待商家处理', en: 'Applied; the merchant is to answer' },
  countered: {
    zh: '商家提出了其他方案，等待买家确认',
    en: 'The merchant offers another amount; the buyer is to answer',
  },
  rejected: { zh: '商家已拒绝，可申请平台介入', en: 'Rejected; either side can call the platform' },
  intercepting: {
    zh: '正在联系快递拦截，包裹退回验收后退款',
    en: 'The carrier is asked to bring the parcel back; the refund follows its inspection',
  },
  awaiting_parcel: {
    zh: '退货已同意，请寄回商品并填写单号',
    en: 'Agreed; send the goods back and enter the number',
  },
  returning: { zh: '商品退回中，等待商家验收', en: 'On the way back; the merchant is to inspect it' },
  inspection_failed: {
    zh: '商家验收未通过，可申请平台介入',
    en: 'Inspection failed; either side can call the platform',
  },
  disputed: { zh: '平台已介入，请双方提交证据', en: 'The platform has joined; both sides give evidence' },
  arbitration: { zh: '平台裁决中', en: 'The platform is deciding' },
  refunded: { zh: '已退款，款项原路退回', en: 'Refunded by the original route' },
  exchanged: {
    zh: '验收通过，换货订单已生成',
    en: 'Inspected; the replacement has an order of its own',
  },
  closed: { zh: '售后已关闭', en: 'Closed without a refund' },
};

/** Where a case is and what to do (RF-6); a parcel that could not be called back can still be refused (CN-6). */
export function caseWords(theCase: AfterSale): { zh: string; en: string } {
  const { state, reason, outbound } = theCase;
  if (state !== 'awaiting_parcel') return CASE_WORDS[state];
  const isComing = reason === 'cancelled_late' && outbound?.trackState !== 'signed';
  const said = isComing
    ? {
        zh: '包裹未能拦截，派送时请拒收，或签收后寄回并填写单号',
        en: 'The parcel could not be called back; refuse it at the door, or send it back once you have it and enter the number',
      }
    : CASE_WORDS.awaiting_parcel;
  if (!needsAddress(theCase)) return said;
  return {
    zh: `${said.zh}；商家尚未填写退货地址`,
    en: `${said.en}. The merchant has yet to say where to`,
  };
}
