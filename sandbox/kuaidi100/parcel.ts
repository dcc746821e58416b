import type { City } from './cities.ts';

/** The carriers of the sandbox, by Kuaidi100's company codes. */
export const CARRIERS = {
  shunfeng: '顺丰速运',
  zhongtong: '中通快递',
  yuantong: '圆通速递',
  shentong: '申通快递',
  yunda: '韵达快递',
  ems: 'EMS',
  jd: '京东物流',
  debangkuaidi: '德邦快递',
  jtexpress: '极兔速递',
} as const;
export type Carrier = keyof typeof CARRIERS;

export function isCarrier(company: string): company is Carrier {
  return Object.hasOwn(CARRIERS, company);
}

/** Where a parcel can be, with the code that an event of that state has unless it is given a finer one. */
export const STATES = {
  collected: '103',
  in_transit: '1002',
  delivering: '5',
  difficult: '2',
  customs: '11',
  forwarded: '7',
  refused: '14',
  returning: '6',
  returned: '4',
  signed: '301',
} as const;
export type State = keyof typeof STATES;

/** What becomes of a parcel that is left to itself. */
export const COURSES = [
  'signed',
  'refused',
  'stalls',
  'damaged',
  'lost',
  'failed_delivery',
  'wrong_address',
] as const;
export type Course = (typeof COURSES)[number];

export interface ParcelEvent {
  state: State;
  /** Kuaidi100's code of it. */
  code: string;
  text: string;
  location: Place | null;
  atMs: number;
  bookedMs: number;
}

/** A city of the sandbox, or any name, which then has no code. */
export type Place = City | { name: string };

/** Who asked to be told, and how. */
export interface Subscription {
  callbackUrl: string;
  salt: string;
  /** Kuaidi100's level of detail: '' no codes, '1' names, '4' codes. */
  resultv2: string;
  /** Signed or returned: nobody is told any more. */
  ended: boolean;
}

/** A parcel in the books. Times are milliseconds since 1970. */
export interface Parcel {
  carrier: Carrier;
  trackingNo: string;
  /** The receiver's phone as the first subscription told it. */
  phone: string | null;
  course: Course;
  /** The carrier does nothing more with it until the fault is lifted. */
  stalled: boolean;
  /** Oldest first, by their own times. */
  events: ParcelEvent[];
  subscription: Subscription | null;
  createdMs: number;
  updatedMs: number;
}

export function keyOf({ carrier, trackingNo }: Pick<Parcel, 'carrier' | 'trackingNo'>): string {
  return `${carrier}/${trackingNo}`;
}

/** Where its human page is. */
export function pagePath(parcel: Parcel): string {
  return `/kuaidi100/parcel/${keyOf(parcel)}`;
}

/** Null while the carrier has not got it. */
export function stateOf(parcel: Parcel): State | null {
  return parcel.events.at(-1)?.state ?? null;
}

/** Whether it has come to its end: at the receiver or back. */
export function isOver(parcel: Parcel): boolean {
  const state = stateOf(parcel);
  return state === 'signed' || state === 'returned';
}
