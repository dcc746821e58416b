import { isCaseOver } from '../../domain/after-sale/case.ts';
import { returnablePieces } from '../../domain/after-sale/open.ts';
import { freightLeft } from '../../domain/order/kept-money.ts';
import type { Giver } from '../../domain/order/refund-policy.ts';
import { giveGoodwill } from '../../domain/order/steps/goodwill.ts';
import { extendReceipt } from '../../domain/order/steps/holds.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { refund } from '../../domain/order/steps/refund.ts';
import { SIDES, type Side, type Stage, WORDS } from './case-player.ts';
import type { Dice } from './dice.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { Walk } from './fulfilment-walk.ts';
import type { CaseRow } from './leaf-books.ts';
import { CONTRACT } from './leaves.ts';
import { ParcelPlayer } from './parcel-player.ts';
import { same } from './same.ts';

/** One leaf of a tree with everybody who acts on it. */
export class Player extends ParcelPlayer {
  readonly walk: Walk;

  constructor(stage: Stage, model: FulfilmentModel) {
    super(stage, model);
    this.walk = new Walk(model, () => this.check());
  }

  receive(by: 'buyer' | 'auto'): boolean {
    const { earnRate } = this.stage;
    const { model } = this;
    const { autoReceiptAt, holds, state } = model.leaf;
    if (by === 'auto' && autoReceiptAt && holds === 0 && state === 'awaiting_receipt')
      this.stage.moveTo(autoReceiptAt);
    return this.take(() =>
      receive({ leaf: model.leaf, contract: CONTRACT, earnRate, by, operator: by, at: model.at }),
    );
  }

  extend(): boolean {
    return this.take(() => extendReceipt(this.model.leaf));
  }

  /** Finance gives back all that is left of the money. */
  refundAll(dice: Dice): boolean {
    const { model } = this;
    const leftFen = model.leaf.payableFen - model.leaf.givenBackFen;
    const amountFen = dice.below(2) === 0 || leftFen === 0n ? null : leftFen;
    const cause = `all-${this.stage.next()}`;
    const command = { amountFen, reason: 'test' };
    return this.take(() => refund({ ...model.facts, operator: 'finance', command, cause }), { all: true });
  }

  /** Somebody gives money back without being obliged to, freight alone or any (RF-8). */
  give(giver: Giver, dice: Dice): boolean {
    const { model } = this;
    const kind = dice.one(['goodwill', 'freight'] as const) ?? 'goodwill';
    const leftFen = model.leaf.payableFen - model.leaf.givenBackFen;
    const mostFen = kind === 'freight' ? freightLeft(model.leaf) : leftFen;
    const amountFen = dice.below(6) === 0 ? mostFen : (mostFen * BigInt(dice.below(64))) / 60n;
    const cause = `given-${this.stage.next()}`;
    const [operator, words] = [`${giver}:P`, 'test'];
    let before = model.leaf;
    const isAccepted = this.take(
      () => {
        before = model.leaf;
        return giveGoodwill({
          ...{ ...model.facts, cause, operator, command: { kind, giver, amountFen, words } },
          allowance: this.stage.rows.allowanceOf(operator),
        });
      },
      {
        effect: () => {
          if (kind === 'freight') model.freight.aloneFen += amountFen;
          if (giver === 'platform') model.platformGivenFen += amountFen;
        },
      },
    );
    if (!isAccepted) return false;
    // It never ends anything (decision 14), and is all that was asked for.
    same([model.leaf.state, model.leaf.givenBackFen - before.givenBackFen], [before.state, amountFen]);
    this.stage.count(`${kind} by the ${giver}`);
    return true;
  }

  /** A replacement is dearer, and its buyer pays the difference, or ends it, or lets its time pass (RT-8). */
  payDifference(dice: Dice): boolean {
    return this.#endWaiting(dice, 'pay');
  }

  leaveUnpaid(dice: Dice): boolean {
    return this.#endWaiting(dice, dice.one(['cancel_unpaid', 'expire'] as const) ?? 'expire');
  }

  #endWaiting(dice: Dice, how: 'pay' | 'cancel_unpaid' | 'expire'): boolean {
    const { rows } = this.stage;
    const waiting = dice.one(rows.waiting);
    if (!waiting) return false;
    if (how === 'expire') this.stage.moveTo(waiting.row.paymentDeadline);
    if (how === 'pay') rows.payDifference(waiting);
    else rows.endUnpaid(waiting, how);
    rows.check();
    return true;
  }

  /** A parcel is silent or lost. */
  alarm(dice: Dice): boolean {
    const parcel = dice.one(this.underWay);
    if (!parcel) return false;
    const [anomaly, id] = [dice.one(['stalled', 'lost'] as const) ?? 'lost', this.stage.next()];
    const { shipmentNo } = parcel;
    const holdId = `${shipmentNo}-${anomaly}-${id}`;
    return this.report(
      () => ({ what: 'opened', shipmentNo, anomaly, id }),
      dice,
      () => {
        this.alarms.set(holdId, { shipmentNo, anomaly, id });
        this.model.alarms.add(holdId);
      },
    );
  }

  alarmOver(dice: Dice): boolean {
    const [holdId, trouble] = dice.one([...this.alarms]) ?? [];
    if (!holdId || !trouble) return false;
    const report = () => ({ ...trouble, what: 'closed' as const, isHeld: this.model.holds.has(holdId) });
    return this.report(report, dice, () => {
      this.alarms.delete(holdId);
      this.model.alarms.delete(holdId);
    });
  }

  /** Everybody does what is theirs until nothing about the leaf is open; what is kept of it has left. */
  settle(dice: Dice): void {
    this.walk.finish(dice);
    this.choose(dice);
    for (const { caseNo } of this.model.openCases) this.#endCase(caseNo, dice);
    while (this.alarms.size > 0) same(this.alarmOver(dice), true);
  }

  /** All that is to be sent leaves. */
  sendAll(dice: Dice): boolean {
    if (this.model.leaf.state !== 'awaiting_shipment') return false;
    this.walk.finish(dice);
    return true;
  }

  /** Some of it is on its way back with its merchant's consent, to be refunded or replaced; often it is inspected, too. */
  bringBack(dice: Dice): boolean {
    const isInspected = dice.below(3) > 0;
    // What replaced something is there by then.
    if (this.model.leaf.exchangeOf !== null) this.sendAll(dice);
    const known = this.model.cases.size;
    if (!this.apply(dice, dice.below(3) === 0 ? 'return_refund' : 'exchange')) return false;
    const [theCase] = [...this.model.cases.values()].slice(known);
    if (!theCase) return false;
    const steps: [Side, string][] = [
      ['merchant', 'agree'],
      ['buyer', 'send_back'],
    ];
    if (isInspected) steps.push(['merchant', 'pass']);
    for (const [side, action] of steps)
      this.command(theCase.caseNo, this.commandOf(action, side, theCase, dice));
    return true;
  }

  /** What is kept is received. */
  keep(): void {
    if (this.model.leaf.state === 'awaiting_receipt') same(this.receive('auto'), true);
    this.checkOver();
  }

  /** The leaf has ended, and nobody waits for anything. */
  checkOver(): void {
    const { leaf, workItems, openCases } = this.model;
    same([leaf.holds, workItems.size, openCases], [0, 0, []]);
    same(['completed', 'closed', 'cancelled'].includes(leaf.state), true);
  }

  #endCase(caseNo: string, dice: Dice): void {
    for (let turn = 0; ; turn++) {
      const theCase = this.model.cases.get(caseNo) as CaseRow;
      if (isCaseOver(theCase.state)) return;
      same(turn < 100 || theCase.state, true);
      // Rulings can send a case round in a circle; at last it is decided.
      const isLong = turn > 30;
      if (theCase.state === 'arbitration' || (isLong && theCase.state === 'disputed'))
        this.command(caseNo, { do: 'decide', by: 'platform', outcome: 'refund', ...WORDS });
      else if (theCase.state === 'intercepting' && dice.below(2) === 0) this.intercept(dice, theCase);
      else if (theCase.shipmentNo && dice.below(3) === 0 && this.sign(dice)) continue;
      else if (isLong || dice.below(2) === 0) this.endTime(theCase);
      else this.act(dice.one(SIDES) ?? 'buyer', dice);
    }
  }

  /**
   * All that is kept goes back at the merchant's fault; where it is too late for that, finance gives the money back.
   * `last` is called before the step that ends the leaf.
   */
  giveAllBack(dice: Dice, last: () => void): void {
    const { model } = this;
    const pieces = returnablePieces(model.leaf, []);
    if (pieces.length === 0) return;
    if (!this.open({ kind: 'return_refund', reason: 'defective', pieces })) {
      // What was given back already as a goodwill leaves nothing to refund, and the goods with their buyer.
      const isGiven = model.leaf.payableFen > 0n && model.leaf.givenBackFen === model.leaf.payableFen;
      last();
      same(this.refundAll(dice), !isGiven);
      if (isGiven) this.keep();
      return;
    }
    const theCase = model.openCases[0] as CaseRow;
    const next = (side: Side, action: string) =>
      same(this.command(theCase.caseNo, this.commandOf(action, side, theCase, dice)), true);
    next('merchant', 'agree');
    next('buyer', 'send_back');
    last();
    next('merchant', 'pass');
  }
}
