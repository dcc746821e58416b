import { furtherStage, isInWarehouse } from '../../domain/fulfilment/stages.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import { type Decision, noEffects } from '../../domain/order/effects.ts';
import { toDispatch } from '../../domain/order/progress.ts';
import { dispatch } from '../../domain/order/steps/dispatch.ts';
import type { Leaving } from '../../domain/order/steps/leave.ts';
import { warehouseOf } from '../../domain/order/steps/stock.ts';
import { takeWarehouseReport } from '../../domain/order/steps/warehouse.ts';
import type { Dice } from './dice.ts';
import { checkAll } from './fulfilment-checks.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { same } from './same.ts';

/** Warehouses that are told what to send. */
export const WITH_SYSTEM = ['W1', 'W2', 'W3', 'W4'];
/** What lies there is the merchant's to ship. */
export const WITHOUT_SYSTEM = 'W0';
/** Where things lie. */
export const PLACES = [WITHOUT_SYSTEM, 'W1', 'W2'];

/** What warehouses do about a leaf: who is being told, and who knows. */
export class WarehouseWalk {
  readonly model: FulfilmentModel;
  /** Shipments that somebody is telling their warehouse. */
  protected readonly toPush = new Set<string>();
  /** Shipments that their warehouse certainly has. */
  protected readonly known = new Set<string>();
  readonly #reports: { shipmentNo: string; parcels: Leaving[] }[] = [];
  protected count = 0;
  readonly #check: () => void;

  /** `check` looks at the whole after each step. */
  constructor(model: FulfilmentModel, check: () => void = () => checkAll(model)) {
    this.model = model;
    this.#check = check;
  }

  protected step(decision: Decision): boolean {
    const isAccepted = this.model.take(decision);
    this.#check();
    this.#checkDispatch();
    return isAccepted;
  }

  /** Once all is dispatched and nobody asks to stop it, what is open lies where no system is, or was refused. */
  #checkDispatch(): void {
    const { leaf } = this.model;
    if (leaf.state !== 'awaiting_shipment' || leaf.dispatch !== 'done' || leaf.cancellationNo) return;
    const forWarehouses = toDispatch(leaf).filter(
      ({ lineNo }) => warehouseOf(leaf, this.model.line(lineNo)) !== WITHOUT_SYSTEM,
    );
    same(forWarehouses, []);
  }

  dispatch(): boolean {
    const { model } = this;
    if (!this.step(dispatch(model.leaf, (warehouseId) => WITH_SYSTEM.includes(warehouseId)))) return false;
    this.tell(this.#untold());
    return true;
  }

  #untold(): string[] {
    return this.model.rows
      .filter(({ stage }) => stage === 'planned' || stage === 'pushing')
      .map(({ shipmentNo }) => shipmentNo);
  }

  protected tell(shipmentNos: readonly string[] = []): void {
    for (const shipmentNo of shipmentNos) this.toPush.add(shipmentNo);
  }

  /** One try to tell a warehouse: it takes the shipment, does not answer, or will not send it. */
  push(dice: Dice): boolean {
    const { model } = this;
    const row = model.shipments.get(dice.one([...this.toPush]) ?? '');
    if (!row) return false;
    const isToBeTold = row.stage === 'planned' || row.stage === 'pushing';
    // While a request to stop is open nothing is told; whoever decides it lets the telling begin again.
    if (!isToBeTold || model.leaf.cancellationNo !== null) return this.toPush.delete(row.shipmentNo) && false;
    const answer = dice.below(6);
    model.shipments.set(row.shipmentNo, { ...row, stage: answer < 3 ? 'accepted' : 'pushing' });
    if (answer < 3) this.known.add(row.shipmentNo);
    if (answer < 3 || answer === 5) this.toPush.delete(row.shipmentNo);
    return answer === 5 ? this.#refuse(row.shipmentNo, dice) : true;
  }

  goOn(dice: Dice): boolean {
    const rows = this.model.rows.filter(
      ({ shipmentNo, stage }) => this.known.has(shipmentNo) && isInWarehouse(stage),
    );
    const row = dice.one(rows);
    if (!row) return false;
    const reported = dice.one(['accepted', 'picking', 'checked', 'packed', 'weighed'] as const) ?? 'picking';
    this.model.shipments.set(row.shipmentNo, { ...row, stage: furtherStage(row.stage, reported) });
    return true;
  }

  /** One to three parcels with some or all of what is left of a shipment. */
  handOver(dice: Dice): boolean {
    const row = dice.one(this.model.rows.filter(({ stage }) => isInWarehouse(stage)));
    if (!row) return false;
    const inside = row.lines.filter(({ quantity }) => quantity > 0);
    let rest: LineQuantity[] = dice.below(2) === 0 ? inside : dice.some(inside);
    const parcels: Leaving[] = [];
    while (rest.length > 0) {
      const lines = parcels.length === 2 || dice.below(2) === 0 ? rest : dice.some(rest);
      rest = without(rest, lines);
      parcels.push({ carrier: 'shunfeng', trackingNo: `SF${++this.count}`, weightGrams: null, lines });
    }
    return this.leave(row.shipmentNo, parcels);
  }

  protected leave(shipmentNo: string, parcels: Leaving[]): boolean {
    this.known.add(shipmentNo);
    this.#reports.push({ shipmentNo, parcels });
    const decision = this.#report(shipmentNo, { what: 'handed_over', parcels });
    // Nothing here is for a person to compare.
    same(decision.effects.workItems, []);
    return this.step(decision);
  }

  #report(
    shipmentNo: string,
    what: { what: 'handed_over'; parcels: Leaving[] } | { what: 'refused'; code: string; message: string },
    instead: string | null = null,
  ) {
    const { leaf, rows: shipments } = this.model;
    const cause = `report-${++this.count}`;
    return takeWarehouseReport({
      leaf,
      shipments,
      report: { shipmentNo, ...what },
      instead,
      cause,
      at: this.model.at,
    });
  }

  /** A confirmation that comes twice changes nothing. */
  tellAgain(dice: Dice): boolean {
    const report = dice.one(this.#reports);
    if (!report) return false;
    const { effects } = this.#report(report.shipmentNo, { what: 'handed_over', parcels: report.parcels });
    same(effects, noEffects());
    return true;
  }

  refuse(dice: Dice): boolean {
    const row = dice.one(this.model.rows);
    return row !== undefined && this.#refuse(row.shipmentNo, dice);
  }

  #refuse(shipmentNo: string, dice: Dice): boolean {
    const { model } = this;
    const tried = new Set(model.rows.map(({ warehouseId }) => warehouseId));
    const free = [...WITH_SYSTEM.filter((warehouseId) => !tried.has(warehouseId)), null];
    const decision = this.#report(
      shipmentNo,
      { what: 'refused', code: 'S', message: 'no' },
      dice.one(free) ?? null,
    );
    return this.step(decision) && decision.effects.shipmentChanges.length > 0;
  }
}

function without(pieces: readonly LineQuantity[], taken: readonly LineQuantity[]): LineQuantity[] {
  return pieces
    .map(({ lineNo, quantity }) => ({
      lineNo,
      quantity: quantity - (taken.find((piece) => piece.lineNo === lineNo)?.quantity ?? 0),
    }))
    .filter(({ quantity }) => quantity > 0);
}
