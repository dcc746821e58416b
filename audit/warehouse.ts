import { type Delivery, type Facts, type Finding, type Piece, type Shipment } from './facts.ts';
import { OPEN_STAGES } from './pieces.ts';
import { grouped } from './sums.ts';

type WarehouseFacts = Pick<Facts, 'shipments' | 'deliveries' | 'workItems'>;

/** Cainiao's codes, as warehouses write carriers. */
const LOGISTICS_CODES: Record<string, string> = {
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

/** How a shipment that will not leave may stand in its warehouse. */
const STOPPED = new Set(['cancelled', 'refused', 'exception', 'closed']);

/** I1: what left a warehouse by its own books is what left it by ours, parcel by parcel, and nothing left that was stopped. */
export function auditWarehouses({ shipments, deliveries, workItems }: WarehouseFacts): Finding[] {
  const ours = shipments.filter(({ warehouseId }) => warehouseId !== null);
  const parcelsOf = grouped(
    ours.filter(({ stage }) => stage === 'handed_over'),
    ({ shipmentNo, partOf }) => partOf ?? shipmentNo,
  );
  const theirs = new Map(deliveries.map((delivery) => [delivery.shipmentNo, delivery]));
  const whole = ours.filter(({ partOf }) => partOf === null);
  const known = new Set(whole.map(({ shipmentNo }) => shipmentNo));
  // A person was told and compares the books.
  const compared = new Set(workItems.filter(({ open }) => open).map(({ workItemId }) => workItemId));
  const findings = [
    ...whole.flatMap((shipment) => {
      const delivery = theirs.get(shipment.shipmentNo);
      return [...stages(shipment, delivery), ...parcels(parcelsOf.of(shipment.shipmentNo), delivery)].map(
        (problem) => ({ shipmentNo: shipment.shipmentNo, problem }),
      );
    }),
    ...deliveries
      .filter(({ shipmentNo }) => !known.has(shipmentNo))
      .map(({ shipmentNo }) => ({ shipmentNo, problem: 'the warehouse has it, no row of ours does' })),
  ];
  return findings
    .filter(({ shipmentNo }) => !compared.has(`warehouse-${shipmentNo}-differs`))
    .map(({ shipmentNo, problem }) => ({ invariant: 'I1', subject: `shipment ${shipmentNo}`, problem }));
}

function stages({ stage, warehouseId }: Shipment, delivery: Delivery | undefined): string[] {
  if (delivery && delivery.warehouseCode !== warehouseId)
    return [`it is in ${delivery.warehouseCode} there, in ${warehouseId} here`];
  if (agrees(stage, delivery?.stage)) return [];
  return [`it is ${delivery?.stage ?? 'unknown'} there, ${stage} here`];
}

function agrees(here: string, there: string | undefined): boolean {
  if (here === 'handed_over') return there === here;
  if (here === 'cancelled' || here === 'refused') return there === undefined || STOPPED.has(there);
  if (there === undefined) return here === 'planned' || here === 'pushing';
  return here !== 'planned' && OPEN_STAGES.includes(there);
}

function parcels(ours: readonly Shipment[], delivery: Delivery | undefined): string[] {
  const here = ours.map(({ carrier, trackingNo, lines }) =>
    parcelText(LOGISTICS_CODES[carrier ?? ''] ?? `${carrier}`, trackingNo ?? '', lines),
  );
  const there = (delivery?.parcels ?? []).map(({ logisticsCode, trackingNo, lines }) =>
    parcelText(logisticsCode, trackingNo, lines),
  );
  return [
    ...without(there, here).map((parcel) => `by the warehouse ${parcel} has left, by our rows it has not`),
    ...without(here, there).map((parcel) => `by our rows ${parcel} has left, by the warehouse it has not`),
  ];
}

/** `ZTO 7123 with 1×2, 2×1`: carrier, number, and pieces by line. */
function parcelText(code: string, trackingNo: string, lines: readonly Piece[]): string {
  const pieces = lines
    .toSorted((a, b) => a.lineNo - b.lineNo)
    .map(({ lineNo, quantity }) => `${lineNo}×${quantity}`);
  return `${code} ${trackingNo} with ${pieces.join(', ')}`;
}

/** The texts of `all` that `some` does not have, each as often as it has it too few times. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const left = [...some];
  return all.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
