import { isCaseOver } from '../../domain/after-sale/case.ts';
import { returnablePieces } from '../../domain/after-sale/open.ts';
import { extendReceipt } from '../../domain/order/steps/holds.ts';
import { type ParcelReport, type ParcelTrouble, reportParcel } from '../../domain/order/steps/parcel.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { refund } from '../../domain/order/steps/refund.ts';
import { CasePlayer, SIDES, type Side, type Stage, WORDS } from './case-player.ts';
import type { Dice } from './dice.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { Walk } from './fulfilment-walk.ts';
import type { CaseRow } from './leaf-books.ts';
import { CONTRACT } from './leaves.ts';
import { same } from './same.ts';

/** One leaf of a tree with everybody who acts on it. */
export class Player extends CasePlayer {
  readonly walk: Walk;
  readonly #alarms = new Map<string, ParcelTrouble>();

  constructor(stage: Stage, model: FulfilmentModel) {
    super(stage, model);
    this.walk = new Walk(model, () => this.check());
  }

  receive(by: 'buyer' | 'auto'): boolean {
    const { model } = this;
    const { autoReceiptAt, holds, state } = model.leaf;
    if (by === 'auto' && autoReceiptAt && holds === 0 && state === 'awaiting_receipt')
      this.stage.moveTo(autoReceiptAt);
    return this.take(() =>
      receive({ leaf: model.leaf, contract: CONTRACT, earnRate: 0, by, operator: by, at: model.at }),
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

  /** What is reported is looked at with the leaf, afresh at each try. */
  #report(reportNow: () => ParcelReport, dice: Dice, effect = () => {}): boolean {
    const { model } = this;
    const signedReceiptSeconds = dice.one([null, 0, 259_200]) ?? null;
    const decide = () => reportParcel(model.leaf, reportNow(), { signedReceiptSeconds }, model.at);
    return this.take(decide, { effect });
  }

  sign(dice: Dice): boolean {
    const parcel = dice.one(this.underWay);
    if (!parcel) return false;
    this.signed.add(parcel.shipmentNo);
    return this.isSigned && this.#report(() => ({ what: 'signed', signedAt: this.model.at }), dice);
  }

  /** The carrier brings back what was refused at the door (LG-3). */
  refuseAtDoor(dice: Dice): boolean {
    const { model } = this;
    const parcel = dice.one(this.underWay);
    if (!parcel || this.stage.isMerchantsFault) return false;
    const { shipmentNo, lines } = parcel;
    return this.take(() => {
      const report = {
        what: 'refused' as const,
        shipmentNo,
        lines,
        inCases: model.inCases,
        periods: {},
        joins: null,
        cancellations: [],
      };
      return reportParcel(model.leaf, report, { signedReceiptSeconds: null }, model.at);
    });
  }

  returnSigned(dice: Dice): boolean {
    const theCase = dice.one(this.model.openCases.filter(({ state }) => state === 'returning'));
    return theCase !== undefined && this.command(theCase.caseNo, { do: 'parcel_signed', by: 'carrier' });
  }

  /** A parcel is silent or lost. */
  alarm(dice: Dice): boolean {
    const parcel = dice.one(this.underWay);
    if (!parcel) return false;
    const [anomaly, id] = [dice.one(['stalled', 'lost'] as const) ?? 'lost', this.stage.next()];
    const { shipmentNo } = parcel;
    const holdId = `${shipmentNo}-${anomaly}-${id}`;
    return this.#report(
      () => ({ what: 'opened', shipmentNo, anomaly, id }),
      dice,
      () => {
        this.#alarms.set(holdId, { shipmentNo, anomaly, id });
        this.model.alarms.add(holdId);
      },
    );
  }

  alarmOver(dice: Dice): boolean {
    const [holdId, trouble] = dice.one([...this.#alarms]) ?? [];
    if (!holdId || !trouble) return false;
    const report = () => ({ ...trouble, what: 'closed' as const, isHeld: this.model.holds.has(holdId) });
    return this.#report(report, dice, () => {
      this.#alarms.delete(holdId);
      this.model.alarms.delete(holdId);
    });
  }

  /** Everybody does what is theirs until nothing about the leaf is open; what is kept of it has left. */
  settle(dice: Dice): void {
    this.walk.finish(dice);
    for (const { caseNo } of this.model.openCases) this.#endCase(caseNo, dice);
    while (this.#alarms.size > 0) same(this.alarmOver(dice), true);
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
