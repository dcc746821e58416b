import type { Anomaly, ParcelState } from './tracks.ts';

interface Words {
  zh: string;
  en: string;
}

/** Where a parcel is, for buyer and merchant to read (LG-1). */
export const STATE_WORDS: Record<ParcelState, Words> = {
  handed_over: { zh: '已交运', en: 'handed to the carrier' },
  collected: { zh: '已揽收', en: 'collected' },
  in_transit: { zh: '运输中', en: 'in transit' },
  delivering: { zh: '派送中', en: 'out for delivery' },
  difficult: { zh: '派送有疑难', en: 'delivery has a difficulty' },
  customs: { zh: '清关中', en: 'in customs' },
  forwarded: { zh: '已转寄', en: 'forwarded' },
  refused: { zh: '已拒收', en: 'refused' },
  returning: { zh: '退回中', en: 'on its way back' },
  returned: { zh: '已退回', en: 'back with the sender' },
  signed: { zh: '已签收', en: 'signed for' },
};

/** What is wrong with a parcel, and what to do about it (LG-2). */
export const ANOMALY_WORDS: Record<Anomaly, Words> = {
  stalled: {
    zh: '物流长时间未更新，请联系快递公司或商家查询，自动确认收货已暂停',
    en: 'nothing was heard of the parcel for long; ask the carrier or the merchant. Auto-receipt stands still',
  },
  damaged: {
    zh: '包裹在途中破损，签收前请验货，有问题可拒收',
    en: 'the parcel was damaged on the way; look at the goods before you sign, and refuse them if they suffered',
  },
  lost: {
    zh: '包裹可能已丢失，请联系商家补发或退款，自动确认收货已暂停',
    en: 'the parcel seems to be lost; ask the merchant for another one or a refund. Auto-receipt stands still',
  },
  wrong_address: {
    zh: '收货地址有问题，请联系快递公司或商家更正',
    en: 'something is wrong with the address; ask the carrier or the merchant to correct it',
  },
  failed_delivery: {
    zh: '派送未成功，请联系快递员约定派送时间',
    en: 'the delivery failed; agree on another time with the carrier',
  },
  refused: {
    zh: '包裹已拒收，正在退回商家，验货后将为您处理退款',
    en: 'the parcel was refused and goes back to the merchant; the refund follows its inspection',
  },
};

/** The same of a parcel that a buyer sends back for a case (RT-4). */
export const RETURN_ANOMALY_WORDS: Record<Anomaly, Words> = {
  stalled: {
    zh: '退货物流长时间未更新，请买家联系快递公司查询',
    en: 'nothing was heard of the return for long; the buyer should ask the carrier',
  },
  damaged: {
    zh: '退货包裹在途中破损，商家签收前请验货并留存照片',
    en: 'the return was damaged on the way; the merchant should look at it before signing, and take pictures',
  },
  lost: {
    zh: '退货包裹可能已丢失，请买家向快递公司索赔，并与商家协商或申请平台介入',
    en: 'the return seems to be lost; the buyer should claim it from the carrier and agree with the merchant, or call the platform',
  },
  wrong_address: {
    zh: '退货地址有问题，请联系快递公司更正',
    en: 'something is wrong with the return address; ask the carrier to correct it',
  },
  failed_delivery: {
    zh: '退货派送未成功，请商家联系快递员约定派送时间',
    en: 'the return could not be delivered; the merchant should agree on another time with the carrier',
  },
  refused: {
    zh: '退货包裹被拒收，正退回买家，请双方协商或申请平台介入',
    en: 'the return was refused and goes back to the buyer; agree with each other, or call the platform',
  },
};
