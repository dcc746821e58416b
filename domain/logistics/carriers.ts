/** Carriers by Kuaidi100's company codes (FU-3). */
export const CARRIERS = [
  'shunfeng',
  'zhongtong',
  'yuantong',
  'shentong',
  'yunda',
  'ems',
  'jd',
  'debangkuaidi',
  'jtexpress',
] as const;
export type Carrier = (typeof CARRIERS)[number];

/** The carriers' own service numbers (LG-5). */
export const CARRIER_PHONES: Record<Carrier, string> = {
  shunfeng: '95338',
  zhongtong: '95311',
  yuantong: '95554',
  shentong: '95543',
  yunda: '95546',
  ems: '11183',
  jd: '950616',
  debangkuaidi: '95353',
  jtexpress: '956025',
};

const FORMATS: Record<Carrier, RegExp> = {
  shunfeng: /^(SF\d{12,15}|\d{12,15})$/,
  zhongtong: /^\d{12,15}$/,
  yuantong: /^(YT\d{13,15}|\d{10,18})$/,
  shentong: /^(STO\d{10,15}|\d{12,15})$/,
  yunda: /^\d{13,15}$/,
  ems: /^([A-Z]{2}\d{9}[A-Z]{2}|\d{13})$/,
  jd: /^(JD|JDV|JDX)[A-Z0-9]{10,20}$/,
  debangkuaidi: /^(DPK\d{10,15}|\d{8,12})$/,
  jtexpress: /^JT\d{13}$/,
};

/** Whether a tracking number has the form its carrier gives out: catches a wrong carrier and most typing errors. */
export function isValidTrackingNo(carrier: Carrier, trackingNo: string): boolean {
  return FORMATS[carrier].test(trackingNo);
}
