import type { Address, Line } from './requests.ts';

/** The stages that a delivery order goes through, in order. */
export const STAGES = ['accepted', 'picking', 'checked', 'packed', 'weighed', 'handed_over'] as const;
/** How it can end otherwise. */
const ENDS = ['exception', 'refused', 'cancelled', 'closed'] as const;
export type Stage = (typeof STAGES)[number];
export type End = (typeof ENDS)[number];

/** A delivery order in the warehouse's books. Weights are grams; times are milliseconds since 1970. */
export interface DeliveryOrder {
  /** The owner's number, unique in the warehouse. */
  shipmentNo: string;
  warehouseOrderId: string;
  warehouseCode: string;
  ownerCode: string;
  /** `OTHER`: the warehouse chooses. */
  logisticsCode: string;
  receiver: Address;
  lines: Line[];
  remark: string;
  stage: Stage | End;
  /** When it came to this stage. */
  stageMs: number;
  /** What has left, in one go or in several. */
  handovers: Handover[];
  createdMs: number;
  updatedMs: number;
}

export interface Handover {
  /** The warehouse's number of the event, the same whenever it is told. */
  outBizCode: string;
  parcels: Parcel[];
  /** Whether nothing remained. */
  complete: boolean;
  atMs: number;
}

export interface Parcel {
  logisticsCode: string;
  trackingNo: string;
  weightGrams: number;
  lines: { lineNo: string; itemCode: string; quantity: number }[];
}

/** Qimen's words for the stages, in queries and reports. */
const STATUSES: Record<Stage | End, string> = {
  accepted: 'ACCEPT',
  picking: 'PICK',
  checked: 'CHECK',
  packed: 'PACKAGE',
  weighed: 'WEIGH',
  handed_over: 'DELIVERED',
  exception: 'EXCEPTION',
  refused: 'REJECT',
  cancelled: 'CANCELED',
  closed: 'CLOSED',
};

export function processStatusOf(stage: Stage | End): string {
  return STATUSES[stage];
}

export function statusOf(order: DeliveryOrder): string {
  const partly = order.handovers.length > 0 && !ended(order);
  return partly ? 'PARTDELIVERED' : STATUSES[order.stage];
}

/** Whether nothing more will happen to it in the warehouse. */
export function ended({ stage }: DeliveryOrder): boolean {
  return stage === 'handed_over' || (ENDS as readonly string[]).includes(stage);
}

/** The stages still ahead; none once it has ended. */
export function stagesAhead(order: DeliveryOrder): Stage[] {
  return ended(order) ? [] : STAGES.slice(STAGES.indexOf(order.stage as Stage) + 1);
}

export function parcelsOf(order: DeliveryOrder): Parcel[] {
  return order.handovers.flatMap(({ parcels }) => parcels);
}

/** How many pieces of a line are in these parcels. */
export function packed(parcels: readonly Parcel[], lineNo: string): number {
  return parcels
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => sum + (line.lineNo === lineNo ? line.quantity : 0), 0);
}

/** What has not left yet, by line. */
export function remaining(order: DeliveryOrder): Parcel['lines'] {
  const gone = parcelsOf(order);
  return order.lines
    .map(({ lineNo, itemCode, quantity }) => ({
      lineNo,
      itemCode,
      quantity: quantity - packed(gone, lineNo),
    }))
    .filter(({ quantity }) => quantity > 0);
}
