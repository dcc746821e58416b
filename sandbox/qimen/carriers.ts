import { randomInt } from 'node:crypto';

/** The carriers that the warehouse hands over to, by Cainiao's code: name, and how their numbers begin and how long they are. */
const CARRIERS: Record<string, { name: string; prefix: string; digits: number }> = {
  SF: { name: '顺丰速运', prefix: 'SF', digits: 13 },
  ZTO: { name: '中通快递', prefix: '7', digits: 13 },
  YTO: { name: '圆通速递', prefix: 'YT', digits: 13 },
  STO: { name: '申通快递', prefix: 'STO', digits: 12 },
  YUNDA: { name: '韵达快递', prefix: '4', digits: 14 },
  EMS: { name: '邮政速递', prefix: '1', digits: 12 },
  JD: { name: '京东物流', prefix: 'JDX', digits: 12 },
  DBKD: { name: '德邦快递', prefix: 'DPK', digits: 12 },
  JTSD: { name: '极兔速递', prefix: 'JT', digits: 13 },
};

/** What the warehouse takes where the choice is its own. */
export const OWN_CHOICE = 'ZTO';
export const LOGISTICS_CODES = Object.keys(CARRIERS);

export function carrierName(logisticsCode: string): string {
  return CARRIERS[logisticsCode]?.name ?? logisticsCode;
}

/** A new waybill number of the carrier's form. */
export function newTrackingNo(logisticsCode: string): string {
  const carrier = CARRIERS[logisticsCode];
  if (!carrier) throw new Error(`no carrier ${logisticsCode}`);
  return carrier.prefix + Array.from({ length: carrier.digits }, () => randomInt(10)).join('');
}
