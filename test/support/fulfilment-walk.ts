import { isInWarehouse } from '../../domain/fulfilment/stages.ts';
import { openLines, unsentPieces } from '../../domain/order/progress.ts';
import { answerCancel, type CancelAnswer } from '../../domain/order/steps/answer-cancel.ts';
import { askCancel, decideCancel, type StopAnswers } from '../../domain/order/steps/cancel.ts';
import { refund } from '../../domain/order/steps/refund.ts';
import { ship } from '../../domain/order/steps/ship.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import { Dice } from './dice.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { same } from './same.ts';
import { WarehouseWalk } from './warehouse-walk.ts';

/** What can happen to a paid leaf until it is received. */
export const EVENTS = [
  'dispatch',
  'push',
  'goOn',
  'handOver',
  'tellAgain',
  'refuse',
  'ask',
  'decide',
  'answer',
  'shipByHand',
  'goodwill',
] as const;
export type EventName = (typeof EVENTS)[number];

export interface Event {
  what: EventName;
  dice: readonly number[];
}

/** What must have happened for the rest to be possible. */
export const MOSTLY = ['dispatch', 'push', 'handOver', 'decide', 'answer'] as const;

/** A leaf on its way to its buyer, with everybody who acts on it until it has left. */
export class Walk extends WarehouseWalk {
  /** How often each event had an effect. */
  readonly done = new Map<string, number>();

  happen({ what, dice }: Event): void {
    if (this[what](new Dice(dice))) this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  ask(dice: Dice): boolean {
    const { model } = this;
    const unsent = unsentPieces(model.leaf);
    const lines = dice.below(4) === 0 || unsent.length === 0 ? null : dice.some(unsent);
    const askedBy = dice.one(['buyer', 'merchant', 'platform'] as const) ?? 'buyer';
    const missing = askedBy === 'merchant' && dice.below(2) === 0;
    const command = { reason: 'test', lines, askedBy, missing };
    const cancellationNo = `X${++this.count}`;
    const decision = askCancel({ ...model.facts, command, cancellationNo });
    const asked = new Set(
      model.rows.filter(({ stage }) => isInWarehouse(stage)).map((row) => row.shipmentNo),
    );
    for (const shipmentNo of decision.toDo?.stop?.shipmentNos ?? []) same(asked.has(shipmentNo), true);
    return this.step(decision);
  }

  decide(dice: Dice): boolean {
    const cancellation = this.model.openCancellation;
    if (!cancellation || cancellation.shipmentNos.length === 0) return false;
    return this.#decide(
      Object.fromEntries(
        cancellation.shipmentNos.map((shipmentNo) => [
          shipmentNo,
          (['stopped', 'stopped', 'left', 'left', 'unknown'] as const)[dice.below(5)] ?? 'unknown',
        ]),
      ),
    );
  }

  #decide(shipments: StopAnswers['shipments']): boolean {
    const { model } = this;
    const cancellation = model.openCancellation;
    const decision = decideCancel({ ...model.facts, cancellation, answers: { shipments } });
    return this.#decided(decision, shipments);
  }

  #decided(decision: ReturnType<typeof decideCancel>, shipments: StopAnswers['shipments']): boolean {
    if (!this.step(decision)) return false;
    this.tell(decision.toDo?.push);
    for (const [shipmentNo, answer] of Object.entries(shipments))
      if (answer === 'left') this.known.add(shipmentNo);
    return true;
  }

  answer(dice: Dice): boolean {
    const { leaf } = this.model;
    const said = dice.one(['agree', 'shipped', 'stopped', 'left'] as const) ?? 'agree';
    if (said === 'stopped' || said === 'left') return this.#answer({ by: 'platform', answer: said });
    if (said === 'agree') return this.#answer({ by: 'merchant', answer: said });
    const open = openLines(leaf);
    const lines = dice.below(2) === 0 || open.length === 0 ? {} : { lines: dice.some(open) };
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${++this.count}` };
    return this.#answer({ by: 'merchant', answer: said, ...parcel, ...lines });
  }

  #answer(answer: CancelAnswer): boolean {
    const { model } = this;
    const cancellation = model.openCancellation;
    const decision = answerCancel({ ...model.facts, cancellation, answer });
    const left = answer.answer === 'left' ? (cancellation?.shipmentNos ?? []) : [];
    return this.#decided(decision, Object.fromEntries(left.map((shipmentNo) => [shipmentNo, 'left'])));
  }

  shipByHand(dice: Dice): boolean {
    const open = openLines(this.model.leaf);
    const lines = dice.below(2) === 0 || open.length === 0 ? {} : { lines: dice.some(open) };
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${++this.count}` };
    return this.step(ship(this.model.leaf, { ...parcel, ...lines }, this.model.at));
  }

  /** Some of the money goes back and all pieces stay. */
  goodwill(dice: Dice): boolean {
    const { model } = this;
    const { payableFen, givenBackFen } = model.leaf;
    const amountFen = ((payableFen - givenBackFen) * BigInt(dice.below(60))) / 60n;
    const cause = `gift-${++this.count}`;
    return this.step(
      refund({ ...model.facts, operator: 'system', command: { amountFen, reason: 'test' }, cause }),
    );
  }

  /** Its buyer cancels what has just left its warehouses, which say so (CN-5). */
  cancelTooLate(): boolean {
    const { model } = this;
    if (model.leaf.state !== 'awaiting_shipment' || model.openCancellation) return false;
    if (model.leaf.dispatch === 'due') this.dispatch();
    this.#tellAll();
    const inside = model.rows.filter(({ shipmentNo }) => this.#isLying(shipmentNo));
    const lines = unsentPieces(model.leaf)
      .map(({ lineNo }) => ({
        lineNo,
        quantity: inside
          .flatMap((row) => row.lines)
          .reduce((sum, line) => sum + (line.lineNo === lineNo ? line.quantity : 0), 0),
      }))
      .filter(({ quantity }) => quantity > 0);
    const command = { reason: 'test', lines, askedBy: 'buyer' as const, missing: false };
    const cancellationNo = `X${++this.count}`;
    if (lines.length === 0 || !this.step(askCancel({ ...model.facts, command, cancellationNo })))
      return false;
    return this.#allLeft();
  }

  #allLeft(): boolean {
    const asked = this.model.openCancellation?.shipmentNos ?? [];
    return this.#decide(Object.fromEntries(asked.map((shipmentNo) => [shipmentNo, 'left'])));
  }

  /** Everybody does what is theirs until nothing is left to do; fails where the leaf would wait for nobody. */
  finish(dice: Dice): void {
    const { model } = this;
    for (let turn = 0; model.leaf.state === 'awaiting_shipment' || model.openCancellation; turn++) {
      const isDone = turn < 100 && this.#next(dice);
      same(isDone || `stuck: ${describe(this.model)}`, true);
    }
    // Whoever is still in a warehouse would be sent for nobody.
    same(
      model.rows.filter(({ stage }) => stage === 'planned' || isInWarehouse(stage)),
      [],
    );
  }

  #next(dice: Dice): boolean {
    const { leaf, openCancellation, rows } = this.model;
    if (openCancellation) return this.#end(openCancellation.shipmentNos, openCancellation.state, dice);
    if (leaf.dispatch === 'due') return this.dispatch();
    this.#tellAll();
    const inside = rows.find(({ shipmentNo }) => this.#isLying(shipmentNo));
    if (!inside) return this.shipByHand(new Dice([0]));
    const lines = inside.lines.filter(({ quantity }) => quantity > 0);
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${++this.count}`, weightGrams: null, lines };
    return this.leave(inside.shipmentNo, [parcel]);
  }

  /** Every warehouse takes what it is to send. */
  #tellAll(): void {
    const untold = [...this.toPush].map((shipmentNo) => this.model.shipments.get(shipmentNo) as ShipmentRow);
    for (const row of untold) {
      this.toPush.delete(row.shipmentNo);
      if (row.stage !== 'planned' && row.stage !== 'pushing') continue;
      this.model.shipments.set(row.shipmentNo, { ...row, stage: 'accepted' });
      this.known.add(row.shipmentNo);
    }
  }

  #isLying(shipmentNo: string): boolean {
    const row = this.model.shipments.get(shipmentNo);
    return row !== undefined && this.known.has(shipmentNo) && isInWarehouse(row.stage);
  }

  #end(shipmentNos: readonly string[], state: string, dice: Dice): boolean {
    if (shipmentNos.length === 0) return this.#answer({ by: 'merchant', answer: 'agree' });
    const said = dice.below(2) === 0 ? 'stopped' : 'left';
    if (state === 'queued') return this.#answer({ by: 'platform', answer: said });
    return this.#decide(Object.fromEntries(shipmentNos.map((shipmentNo) => [shipmentNo, said])));
  }
}

const describe = ({ leaf, rows }: FulfilmentModel): string =>
  JSON.stringify({ dispatch: leaf.dispatch, progress: leaf.progress, rows });
