import { isInWarehouse, type ShipmentStage } from '../../fulfilment/stages.ts';
import type { LineQuantity } from '../cancellation.ts';
import { accept, change, type Decision, type Effects, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isAllShipped, isWithin, type LineProgress, moved } from '../progress.ts';
import { endRequest } from './conclude-cancel.ts';
import { goOn, type Leaving, merchantsTaskOf, sentShipment, shipmentNoOf, tellParcel } from './leave.ts';
import { reassignStock } from './stock.ts';

/** A shipment as its row is now. */
export interface ShipmentRow {
  shipmentNo: string;
  stage: ShipmentStage;
  warehouseId: string | null;
  partOf: string | null;
  carrier: string | null;
  trackingNo: string | null;
  lines: readonly LineQuantity[];
}

/** What a warehouse says of a shipment, as far as the order is concerned. */
export type WarehouseReport = { shipmentNo: string } & (
  | { what: 'handed_over'; parcels: readonly Leaving[] }
  | { what: 'refused'; code: string; message: string }
);

export interface WarehouseInput {
  leaf: OrderNode;
  /** Every shipment of the leaf. */
  shipments: readonly ShipmentRow[];
  report: WarehouseReport;
  /** The warehouse that can send all of the refused shipment instead, nearest first; null where none can. */
  instead: string | null;
  /** Names the step. */
  cause: string;
  at: Date;
}

/** A warehouse's milestone (FU-2, FU-3, FU-4): parcels have left it, or it will not send the shipment. */
export function takeWarehouseReport(input: WarehouseInput): Decision {
  const { leaf, report } = input;
  const shipment = input.shipments.find(({ shipmentNo }) => shipmentNo === report.shipmentNo);
  if (!shipment) return refuse('not_found', leaf.state);
  return report.what === 'handed_over'
    ? takeParcels(input, shipment, report.parcels)
    : takeRefusal(input, shipment, report);
}

/**
 * Parcels have left. Those known already are passed over, so that a confirmation and a query may both tell of them. What
 * the warehouse packed apart becomes a parcel of its own; the shipment ends with the last of its pieces.
 */
function takeParcels(
  { leaf, shipments, at }: WarehouseInput,
  shipment: ShipmentRow,
  told: readonly Leaving[],
): Decision {
  const parcels = told.filter(
    (parcel) => !shipments.some((known) => isOf(known, shipment) && isSameParcel(known, parcel)),
  );
  if (parcels.length === 0) return accept(noEffects());
  const inside = shipment.lines.filter(({ quantity }) => quantity > 0);
  const pieces = sumPieces(parcels);
  const isExpected =
    leaf.state === 'awaiting_shipment' && isInWarehouse(shipment.stage) && isWithin(pieces, inside);
  if (!isExpected) return differs(leaf, shipment);
  const effects = noEffects();
  const isComplete = inside.every((line) =>
    pieces.some(({ lineNo, quantity }) => lineNo === line.lineNo && quantity === line.quantity),
  );
  // The last parcel ends the shipment under its own number; those before it are set apart.
  const last = isComplete ? parcels.at(-1) : undefined;
  const apart = isComplete ? parcels.slice(0, -1) : parcels;
  const sent = apart.map((parcel, index) =>
    sentShipment(leaf, leaf.shipmentsMade + 1 + index, parcel, {
      warehouseId: shipment.warehouseId,
      partOf: shipment.shipmentNo,
    }),
  );
  effects.shipments.push(...sent);
  effects.shipmentChanges.push({
    shipmentNo: shipment.shipmentNo,
    from: [shipment.stage],
    to: last ? 'handed_over' : shipment.stage,
    ...(last ? { parcel: parcelOf(last) } : {}),
    without: sumPieces(apart),
  });
  for (const [index, parcel] of apart.entries())
    tellParcel(effects, leaf, shipmentNoOf(leaf.orderNo, leaf.shipmentsMade + 1 + index), parcel);
  if (last) tellParcel(effects, leaf, shipment.shipmentNo, last);
  const progress = moved(leaf.progress, pieces, { from: 'planned', to: 'shipped' });
  // With the last of it gone, a request to stop it has its answer.
  const answered = isAllShipped({ ...leaf, progress }) ? endRequest(effects, leaf) : {};
  const set = { progress, shipmentsMade: leaf.shipmentsMade + sent.length, ...answered };
  goOn(effects, leaf, 'warehouse', set, at);
  return accept(effects);
}

const parcelOf = ({ carrier, trackingNo, weightGrams }: Leaving) => ({ carrier, trackingNo, weightGrams });

/** The shipment itself, or a parcel that was packed apart from it. */
const isOf = (known: ShipmentRow, { shipmentNo }: ShipmentRow): boolean =>
  known.stage === 'handed_over' && (known.shipmentNo === shipmentNo || known.partOf === shipmentNo);

const isSameParcel = (known: ShipmentRow, told: Leaving): boolean =>
  known.carrier === told.carrier && known.trackingNo === told.trackingNo;

function sumPieces(parcels: readonly Leaving[]): LineQuantity[] {
  const sums = new Map<number, number>();
  for (const { lineNo, quantity } of parcels.flatMap(({ lines }) => lines))
    sums.set(lineNo, (sums.get(lineNo) ?? 0) + quantity);
  return [...sums].map(([lineNo, quantity]) => ({ lineNo, quantity }));
}

/** The warehouse sent what it was not to send, or does not know what it sent: a person compares the books. */
function differs(leaf: OrderNode, { shipmentNo, stage }: ShipmentRow): Decision {
  const effects = noEffects();
  effects.workItems.push({
    workItemId: `warehouse-${shipmentNo}-differs`,
    kind: 'warehouse_differs',
    orderNo: leaf.orderNo,
    reason: `the warehouse says that ${shipmentNo} has left; here it is ${stage}, and the order ${leaf.state}`,
    ownerRole: 'operations',
    waysOut: ['compare_books'],
  });
  return accept(effects);
}

/**
 * The warehouse will not send it: another with everything takes over, with the stock; else it becomes the merchant's task
 * (FU-2). While a request to stop is open nothing is planned anew: its answer decides.
 */
function takeRefusal(
  { leaf, instead, cause }: WarehouseInput,
  shipment: ShipmentRow,
  { code, message }: { code: string; message: string },
): Decision {
  const isOpen = shipment.stage === 'planned' || isInWarehouse(shipment.stage);
  // Its word that it was stopped, told beside the answer to our asking, or told twice.
  if (!isOpen) return accept(noEffects());
  const { orderNo, merchantId } = leaf;
  const { shipmentNo } = shipment;
  const pieces = shipment.lines.filter(({ quantity }) => quantity > 0);
  const effects = noEffects();
  effects.shipmentChanges.push({ shipmentNo, from: [shipment.stage], to: 'refused' });
  // An order that has ended since needs nobody to send it.
  if (leaf.state !== 'awaiting_shipment') return accept(effects);
  const open = moved(leaf.progress, pieces, { from: 'planned', to: null });
  const takenOver = leaf.cancellationNo === null && instead !== null;
  if (!takenOver) {
    const isTask = leaf.cancellationNo === null;
    const progress = isTask ? byHand(open, pieces) : open;
    effects.nodes.push(change(leaf, 'warehouse', leaf.state, { progress }));
    if (isTask) makeMerchantsTask(effects, leaf, shipmentNo, `${code} ${message}`.trim());
    return accept(effects);
  }
  effects.stock.push(...reassignStock(leaf, pieces, { warehouseId: instead, ref: cause }));
  const elsewhere = Object.fromEntries(
    pieces.map(({ lineNo }) => [lineNo, { ...open[lineNo], warehouseId: instead }]),
  );
  effects.nodes.push(
    change(leaf, 'warehouse', leaf.state, { progress: { ...open, ...elsewhere }, dispatch: 'due' }),
  );
  effects.notices.push({
    orderNo,
    event: `warehouse_replaced:${shipmentNo}`,
    recipient: `merchant:${merchantId}`,
    params: { shipmentNo, code, message, warehouseId: instead },
  });
  return accept(effects);
}

const byHand = (progress: LineProgress, pieces: readonly LineQuantity[]): LineProgress => ({
  ...progress,
  ...Object.fromEntries(pieces.map(({ lineNo }) => [lineNo, { ...progress[lineNo], byHand: true }])),
});

function makeMerchantsTask(effects: Effects, leaf: OrderNode, shipmentNo: string, reason: string): void {
  const { orderNo, merchantId } = leaf;
  effects.workItems.push({
    workItemId: merchantsTaskOf(shipmentNo),
    kind: 'warehouse_refused',
    orderNo,
    reason: `the warehouse does not send ${shipmentNo}: ${reason}`,
    ownerRole: 'merchant',
    waysOut: ['ship_by_hand', 'refund_lines'],
  });
  effects.notices.push({
    orderNo,
    event: `warehouse_refused:${shipmentNo}`,
    recipient: `merchant:${merchantId}`,
    params: { shipmentNo, reason },
  });
}
