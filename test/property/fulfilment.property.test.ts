import fc from 'fast-check';
import { expect, test } from 'vitest';
import { furtherStage, isInWarehouse } from '../../domain/fulfilment/stages.ts';
import { accounts } from '../../domain/ledger/voucher.ts';
import { sumFen } from '../../domain/money.ts';
import type { LineQuantity } from '../../domain/order/cancellation.ts';
import { type Decision, noEffects } from '../../domain/order/effects.ts';
import type { Contract, OrderLine } from '../../domain/order/node.ts';
import { openLines, toDispatch, unsentPieces } from '../../domain/order/progress.ts';
import { answerCancel, type CancelAnswer } from '../../domain/order/steps/answer-cancel.ts';
import { askCancel, decideCancel, type StopAnswers } from '../../domain/order/steps/cancel.ts';

import { dispatch } from '../../domain/order/steps/dispatch.ts';
import type { Leaving } from '../../domain/order/steps/leave.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { refund } from '../../domain/order/steps/refund.ts';
import { ship } from '../../domain/order/steps/ship.ts';
import { warehouseOf } from '../../domain/order/steps/stock.ts';
import { type ShipmentRow, takeWarehouseReport } from '../../domain/order/steps/warehouse.ts';
import { checkAll } from '../support/fulfilment-checks.ts';
import { FulfilmentModel } from '../support/fulfilment-model.ts';
import { someLines } from '../support/leaf-arbitraries.ts';
import { AT, aLeaf } from '../support/leaves.ts';
import { same } from '../support/same.ts';

const EVENTS = [
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
type EventName = (typeof EVENTS)[number];

interface Event {
  what: EventName;
  dice: readonly number[];
}

/** What must have happened for the rest to be possible. */
const MOSTLY = ['dispatch', 'push', 'handOver', 'decide', 'answer'] as const;
/** W0 has no system: what lies there is the merchant's to ship. */
const WITH_SYSTEM = ['W1', 'W2', 'W3', 'W4'];
const WITHOUT_SYSTEM = 'W0';
const contract: Contract = { contractId: 'C', settleAfterSeconds: 86_400, commissionBps: { default: 437 } };

const someEvents: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...EVENTS, ...MOSTLY),
    dice: fc.array(fc.nat(59), { minLength: 12, maxLength: 12 }),
  }),
  { maxLength: 40, size: 'max' },
);

class Dice {
  readonly #values: readonly number[];
  #next = 0;

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  below(count: number): number {
    return (this.#values[this.#next++ % this.#values.length] as number) % count;
  }

  one<T>(of: readonly T[]): T | undefined {
    return of.length === 0 ? undefined : of[this.below(of.length)];
  }

  /** Some of the pieces, at least one. */
  some(of: readonly LineQuantity[]): LineQuantity[] {
    const chosen = of
      .map(({ lineNo, quantity }) => ({ lineNo, quantity: this.below(quantity + 1) }))
      .filter(({ quantity }) => quantity > 0);
    return chosen.length > 0 ? chosen : of.slice(0, 1).map(({ lineNo }) => ({ lineNo, quantity: 1 }));
  }
}

/** A leaf on its way, with the warehouses' side of it: who is being told, and who knows. */
class Walk {
  readonly model: FulfilmentModel;
  /** How often each event had an effect. */
  readonly done = new Map<string, number>();
  /** Shipments that somebody is telling their warehouse. */
  readonly #toPush = new Set<string>();
  /** Shipments that their warehouse certainly has. */
  readonly #known = new Set<string>();
  readonly #reports: { shipmentNo: string; parcels: Leaving[] }[] = [];
  #count = 0;

  constructor(lines: readonly OrderLine[]) {
    const [first, ...others] = lines as [OrderLine, ...OrderLine[]];
    const discount = {
      step: 'shop_coupon',
      sourceId: 'C',
      name: 'C',
      bearer: 'shop',
      amountFen: 0n,
    } as const;
    const isByHand = lines.every(({ warehouseId }) => warehouseId === WITHOUT_SYSTEM);
    this.model = new FulfilmentModel(
      aLeaf([{ ...first, discounts: [discount] }, ...others], {
        couponIds: ['C'],
        dispatch: isByHand ? 'merchant' : 'due',
      }),
    );
  }

  happen({ what, dice }: Event): void {
    if (this[what](new Dice(dice))) this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  #take(decision: Decision): boolean {
    const isAccepted = this.model.take(decision);
    checkAll(this.model);
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
    if (!this.#take(dispatch(model.leaf, (warehouseId) => WITH_SYSTEM.includes(warehouseId)))) return false;
    this.#tell(this.#untold());
    return true;
  }

  #untold(): string[] {
    return this.model.rows
      .filter(({ stage }) => stage === 'planned' || stage === 'pushing')
      .map(({ shipmentNo }) => shipmentNo);
  }

  #tell(shipmentNos: readonly string[] = []): void {
    for (const shipmentNo of shipmentNos) this.#toPush.add(shipmentNo);
  }

  /** One try to tell a warehouse: it takes the shipment, does not answer, or will not send it. */
  push(dice: Dice): boolean {
    const { model } = this;
    const row = model.shipments.get(dice.one([...this.#toPush]) ?? '');
    if (!row) return false;
    const isToBeTold = row.stage === 'planned' || row.stage === 'pushing';
    // While a request to stop is open nothing is told; whoever decides it lets the telling begin again.
    if (!isToBeTold || model.leaf.cancellationNo !== null)
      return this.#toPush.delete(row.shipmentNo) && false;
    const answer = dice.below(6);
    model.shipments.set(row.shipmentNo, { ...row, stage: answer < 3 ? 'accepted' : 'pushing' });
    if (answer < 3) this.#known.add(row.shipmentNo);
    if (answer < 3 || answer === 5) this.#toPush.delete(row.shipmentNo);
    return answer === 5 ? this.#refuse(row.shipmentNo, dice) : true;
  }

  goOn(dice: Dice): boolean {
    const rows = this.model.rows.filter(
      ({ shipmentNo, stage }) => this.#known.has(shipmentNo) && isInWarehouse(stage),
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
      parcels.push({ carrier: 'shunfeng', trackingNo: `SF${++this.#count}`, weightGrams: null, lines });
    }
    return this.#handOver(row.shipmentNo, parcels);
  }

  #handOver(shipmentNo: string, parcels: Leaving[]): boolean {
    this.#known.add(shipmentNo);
    this.#reports.push({ shipmentNo, parcels });
    const decision = this.#report(shipmentNo, { what: 'handed_over', parcels });
    // Nothing here is for a person to compare.
    same(decision.effects.workItems, []);
    return this.#take(decision);
  }

  #report(
    shipmentNo: string,
    what: { what: 'handed_over'; parcels: Leaving[] } | { what: 'refused'; code: string; message: string },
    instead: string | null = null,
  ) {
    const { leaf, rows: shipments } = this.model;
    const cause = `report-${++this.#count}`;
    return takeWarehouseReport({ leaf, shipments, report: { shipmentNo, ...what }, instead, cause, at: AT });
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
    return this.#take(decision) && decision.effects.shipmentChanges.length > 0;
  }

  ask(dice: Dice): boolean {
    const { model } = this;
    const unsent = unsentPieces(model.leaf);
    const lines = dice.below(4) === 0 || unsent.length === 0 ? null : dice.some(unsent);
    const askedBy = dice.one(['buyer', 'merchant', 'platform'] as const) ?? 'buyer';
    const missing = askedBy === 'merchant' && dice.below(2) === 0;
    const command = { reason: 'test', lines, askedBy, missing };
    const cancellationNo = `X${++this.#count}`;
    const decision = askCancel({ ...model.facts, command, cancellationNo });
    const asked = new Set(
      model.rows.filter(({ stage }) => isInWarehouse(stage)).map((row) => row.shipmentNo),
    );
    for (const shipmentNo of decision.toDo?.stop?.shipmentNos ?? []) same(asked.has(shipmentNo), true);
    return this.#take(decision);
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
    if (!this.#take(decision)) return false;
    this.#tell(decision.toDo?.push);
    for (const [shipmentNo, answer] of Object.entries(shipments))
      if (answer === 'left') this.#known.add(shipmentNo);
    return true;
  }

  answer(dice: Dice): boolean {
    const { leaf } = this.model;
    const said = dice.one(['agree', 'shipped', 'stopped', 'left'] as const) ?? 'agree';
    if (said === 'stopped' || said === 'left') return this.#answer({ by: 'platform', answer: said });
    if (said === 'agree') return this.#answer({ by: 'merchant', answer: said });
    const open = openLines(leaf);
    const lines = dice.below(2) === 0 || open.length === 0 ? {} : { lines: dice.some(open) };
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${++this.#count}` };
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
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${++this.#count}` };
    return this.#take(ship(this.model.leaf, { ...parcel, ...lines }, AT));
  }

  /** Some of the money goes back and all pieces stay. */
  goodwill(dice: Dice): boolean {
    const { model } = this;
    const { payableFen, givenBackFen } = model.leaf;
    const amountFen = ((payableFen - givenBackFen) * BigInt(dice.below(60))) / 60n;
    const cause = `gift-${++this.#count}`;
    return this.#take(
      refund({ ...model.facts, contract, operator: 'system', command: { amountFen, reason: 'test' }, cause }),
    );
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
    const untold = [...this.#toPush].map((shipmentNo) => this.model.shipments.get(shipmentNo) as ShipmentRow);
    for (const row of untold) {
      this.#toPush.delete(row.shipmentNo);
      if (row.stage !== 'planned' && row.stage !== 'pushing') continue;
      this.model.shipments.set(row.shipmentNo, { ...row, stage: 'accepted' });
      this.#known.add(row.shipmentNo);
    }
    const inside = rows.find(({ shipmentNo }) => this.#isLying(shipmentNo));
    if (!inside) return this.shipByHand(new Dice([0]));
    const lines = inside.lines.filter(({ quantity }) => quantity > 0);
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${++this.#count}`, weightGrams: null, lines };
    return this.#handOver(inside.shipmentNo, [parcel]);
  }

  #isLying(shipmentNo: string): boolean {
    const row = this.model.shipments.get(shipmentNo);
    return row !== undefined && this.#known.has(shipmentNo) && isInWarehouse(row.stage);
  }

  #end(shipmentNos: readonly string[], state: string, dice: Dice): boolean {
    if (shipmentNos.length === 0) return this.#answer({ by: 'merchant', answer: 'agree' });
    const said = dice.below(2) === 0 ? 'stopped' : 'left';
    if (state === 'queued') return this.#answer({ by: 'platform', answer: said });
    return this.#decide(Object.fromEntries(shipmentNos.map((shipmentNo) => [shipmentNo, said])));
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

const describe = ({ leaf, rows }: FulfilmentModel): string =>
  JSON.stringify({ dispatch: leaf.dispatch, progress: leaf.progress, rows });

test('FU-2 FU-4 FU-5 CN-2 CN-5 RF-4 whatever happens between payment and receipt, pieces, stock, state and money agree', () => {
  const happened = new Map<string, number>();
  const count = (what: string, times = 1) => happened.set(what, (happened.get(what) ?? 0) + times);
  fc.assert(
    fc.property(
      someLines([WITHOUT_SYSTEM, 'W1', 'W2']),
      someEvents,
      fc.array(fc.nat(1), { minLength: 5, maxLength: 5 }),
      (lines, events, dice) => {
        const walk = new Walk(lines);
        const { model } = walk;
        checkAll(model);
        for (const event of events) walk.happen(event);
        for (const [what, times] of walk.done) count(what, times);
        walk.finish(new Dice(dice));
        for (const { state } of model.cancellations.values()) count(state);
        count(model.leaf.state);
        receiveAndBalance(model);
      },
    ),
    { numRuns: 500 },
  );
  // The search reached every event and every end.
  const ends = ['agreed', 'partly_agreed', 'refused', 'cancelled', 'awaiting_receipt'];
  expect([...EVENTS, ...ends].filter((what) => !happened.has(what))).toEqual([]);
});

/** What was paid is with the buyer again or with the merchant, to the fen (FN-2, RF-4). */
function receiveAndBalance(model: FulfilmentModel): void {
  const { leaf } = model;
  expect(model.balance('channel:alipay')).toBe(leaf.payableFen - model.givenFen);
  const pointsBackFen = sumFen(model.reversals.map(({ pointsFen }) => pointsFen));
  if (leaf.state === 'awaiting_receipt') {
    const { verdict, effects } = receive({
      leaf,
      contract,
      earnRate: 1,
      by: 'buyer',
      operator: 'buyer:B',
      at: AT,
    });
    expect(verdict.result).toBe('accepted');
    const [receipt] = effects.vouchers;
    const receivedFen = sumFen(
      (receipt?.postings ?? []).flatMap(({ debit, amountFen }) =>
        debit === accounts.deposits ? [amountFen] : [],
      ),
    );
    expect(receivedFen + model.givenFen + pointsBackFen).toBe(leaf.payableFen + leaf.pointsFen);
    model.vouchers.push(...effects.vouchers);
    const { settlementLines } = effects;
    expect(sumFen(settlementLines.map(({ baseFen }) => baseFen))).toBe(
      -model.balance(accounts.merchantPayable('M')),
    );
    for (const { baseFen, commissionFen, netFen } of settlementLines) {
      expect(commissionFen >= 0n && netFen >= 0n).toBe(true);
      expect(commissionFen + netFen).toBe(baseFen);
    }
    // What was taken back as a whole brings its merchant nothing.
    for (const { lineNo } of settlementLines)
      expect(leaf.progress[lineNo]?.reversed ?? 0).toBeLessThan(model.line(lineNo).quantity);
  } else expect(model.givenFen + pointsBackFen).toBe(leaf.payableFen + leaf.pointsFen);
  expect(model.balance(accounts.deposits)).toBe(0n);
}
