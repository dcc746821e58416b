import { caseActions } from '../../domain/after-sale/actions.ts';
import { CASE_KINDS, type CaseCommand, type CaseKind } from '../../domain/after-sale/case.ts';
import { type ExchangeableItem, openCase, returnablePieces } from '../../domain/after-sale/open.ts';
import { APPLIED_REASONS, REASONS } from '../../domain/after-sale/reasons.ts';
import { caseStep } from '../../domain/after-sale/step.ts';
import type { Decision } from '../../domain/order/effects.ts';
import type { ShipmentRow } from '../../domain/order/steps/warehouse.ts';
import type { Dice } from './dice.ts';
import { replacementFor, wantedFor } from './exchanges.ts';
import { checkAll } from './fulfilment-checks.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import type { CaseRow } from './leaf-books.ts';
import type { PaidTree } from './reverse-tree.ts';
import { same } from './same.ts';

/** What goes with every word that has to be given. */
export const WORDS = { words: 'test' };
const MERCHANTS_FAULT = APPLIED_REASONS.filter((reason) => REASONS[reason] === 'merchant');

/** Who acts on a case. */
export type Side = 'buyer' | 'merchant' | 'platform';
export const SIDES: readonly Side[] = ['buyer', 'merchant', 'platform'];

/** What the players of a tree have in common. */
export interface Stage {
  readonly rows: PaidTree;
  /** Whether goods come back at the merchant's fault alone. */
  readonly isMerchantsFault: boolean;
  /** Points per whole yuan that the shops give (CK-12). */
  readonly earnRate: number;
  /** Whether somebody is to act between the look and the step of the event that happens. */
  readonly hasRival: boolean;
  /** Lets the rival act, if there is one; whether there was. */
  letRival: () => boolean;
  /** A number that was not given before. */
  next: () => number;
  count: (what: string) => void;
  /** The clock never goes back. */
  moveTo: (at: Date) => void;
}

/** The cases of one leaf with everybody who acts on them. */
export class CasePlayer {
  readonly model: FulfilmentModel;
  protected readonly stage: Stage;
  protected readonly signed = new Set<string>();
  protected readonly refused = new Set<string>();

  constructor(stage: Stage, model: FulfilmentModel) {
    this.stage = stage;
    this.model = model;
  }

  /** All that must hold after a step on this leaf. */
  check(): void {
    checkAll(this.model);
    this.stage.rows.check();
  }

  /**
   * Decides on the rows and writes it. Where a rival acts in between and has changed what was looked at, the rows refuse,
   * and it is decided again (the step contract).
   */
  take(
    decide: () => Decision,
    { all = false, effect = () => {} }: { all?: boolean; effect?: () => void } = {},
  ): boolean {
    let decision = decide();
    if (this.stage.letRival() && this.model.isStale(decision)) {
      this.stage.count('looked again');
      decision = decide();
    }
    if (decision.verdict.result === 'accepted') effect();
    const isAccepted = this.model.take(decision, all);
    this.check();
    return isAccepted;
  }

  protected get isSigned(): boolean {
    return this.model.receivedAt !== null || this.sent.every(({ shipmentNo }) => this.signed.has(shipmentNo));
  }

  protected get sent(): ShipmentRow[] {
    return this.model.rows.filter(({ stage }) => stage === 'handed_over');
  }

  protected get underWay(): ShipmentRow[] {
    return this.sent.filter(
      ({ shipmentNo }) => !this.signed.has(shipmentNo) && !this.refused.has(shipmentNo),
    );
  }

  protected trackOf(shipmentNo: string): 'signed' | 'refused' | 'delivering' {
    if (this.refused.has(shipmentNo)) return 'refused';
    return this.signed.has(shipmentNo) ? 'signed' : 'delivering';
  }

  /** A case as its row is now, with the track of the parcel that it is about. */
  protected rowOf(caseNo: string): CaseRow {
    const row = this.model.cases.get(caseNo) as CaseRow;
    return row.shipmentNo ? { ...row, outbound: { trackState: this.trackOf(row.shipmentNo) } } : row;
  }

  protected caseAbout(shipmentNo: string): CaseRow | undefined {
    const open = this.model.openCases.find((one) => one.shipmentNo === shipmentNo);
    return open && this.rowOf(open.caseNo);
  }

  /** A buyer applies, at times for more than there is. */
  apply(dice: Dice, as?: CaseKind): boolean {
    const { model } = this;
    const free = returnablePieces(model.leaf, model.inCases);
    const isFair = free.length > 0 && dice.below(8) > 0;
    const pieces = isFair
      ? dice.some(free)
      : model.leaf.lines.map(({ lineNo, quantity }) => ({ lineNo, quantity }));
    const reasons = this.stage.isMerchantsFault ? MERCHANTS_FAULT : APPLIED_REASONS;
    const kind = as ?? dice.one(CASE_KINDS) ?? 'refund_only';
    const reason = dice.one(reasons) ?? 'defective';
    if (kind !== 'exchange') return this.open({ kind, reason, pieces });
    const items = pieces.map(({ lineNo }) =>
      wantedFor(model.leaf, model.line(lineNo), { dice, number: this.stage.next() }),
    );
    return this.open({
      ...{ kind, reason, items },
      pieces: pieces.map((piece, index) => ({ ...piece, wantSkuId: items[index]?.skuId })),
    });
  }

  protected open({
    items = [],
    ...command
  }: Pick<Parameters<typeof openCase>[0]['command'], 'kind' | 'reason' | 'pieces'> & {
    items?: readonly ExchangeableItem[];
  }): boolean {
    const { model } = this;
    const caseNo = `${model.leaf.orderNo}C${this.stage.next()}`;
    return this.take(() =>
      openCase({
        ...{ leaf: model.leaf, inCases: model.inCases, items, periods: {}, receivedAt: model.receivedAt },
        ...{ isSigned: this.isSigned, caseNo, actor: 'buyer:B', at: model.at },
        command: { ...command, sealedWords: Buffer.alloc(0) },
      }),
    );
  }

  /** A side does one of the things that it is offered (ST-7), which is accepted unless money stands against it. */
  act(side: Side, dice: Dice): boolean {
    const theCase = dice.one(this.model.openCases.filter((one) => caseActions(one, side).length > 0));
    const action = theCase && dice.one(caseActions(theCase, side));
    if (!theCase || !action) return false;
    const isFree = !['offer', 'accept_offer', 'decide'].includes(action) && !this.stage.hasRival;
    const isAccepted = this.command(theCase.caseNo, this.commandOf(action, side, theCase, dice));
    if (isFree) same([action, isAccepted], [action, true]);
    return isAccepted;
  }

  protected commandOf(action: string, side: Side, { pieces, kind }: CaseRow, dice: Dice): CaseCommand {
    const { payableFen } = this.model.leaf;
    const someFen = 1n + (payableFen * BigInt(dice.below(60))) / 60n;
    const by = side;
    switch (action) {
      case 'offer':
        return { do: 'offer', by: 'merchant', amountFen: someFen };
      case 'send_back':
        return { do: 'send_back', by: 'buyer', carrier: 'shunfeng', trackingNo: `SFB${this.stage.next()}` };
      case 'agree':
        return { do: 'agree', by: 'merchant', ...(dice.below(2) === 0 ? { returnTo: 'test' } : {}) };
      case 'give_address':
        return { do: 'give_address', by: 'merchant', returnTo: 'test' };
      case 'pass':
        return {
          ...{ do: 'pass', by: 'merchant' },
          ...(kind === 'exchange' && dice.below(4) === 0 ? { refundInstead: true } : {}),
          dispositions: pieces.map(({ lineNo, quantity }) => {
            const sellable = dice.below(quantity + 1);
            const damaged = dice.below(quantity - sellable + 1);
            return { lineNo, sellable, damaged, lost: quantity - sellable - damaged };
          }),
        };
      case 'decide': {
        const outcome = dice.one(['refund', 'refund', 'return', 'dismiss'] as const) ?? 'refund';
        const isPart = outcome === 'refund' && dice.below(3) === 0;
        return { do: 'decide', by: 'platform', outcome, ...(isPart ? { amountFen: someFen } : {}), ...WORDS };
      }
      default:
        return { do: action, by, ...WORDS } as CaseCommand;
    }
  }

  /** Anybody tries anything about any case, also about one that is over. */
  meddle(dice: Dice): boolean {
    const theCase = dice.one([...this.model.cases.values()]);
    const side = dice.one(SIDES) ?? 'buyer';
    const actions = [
      ...['withdraw', 'agree', 'reject', 'offer', 'accept_offer', 'reject_offer', 'send_back', 'pass'],
      ...['fail', 'dispute', 'decide', 'parcel_signed', 'give_address', 'intercepted', 'delivered'],
    ];
    const action = dice.one(actions) ?? 'agree';
    return theCase !== undefined && this.command(theCase.caseNo, this.commandOf(action, side, theCase, dice));
  }

  command(caseNo: string, command: CaseCommand): boolean {
    const { model } = this;
    const isTimer = command.do === 'time_over';
    const cause = isTimer ? `case-${caseNo}-${model.cases.get(caseNo)?.version}` : `M${this.stage.next()}`;
    const replacement = command.do === 'pass' ? replacementFor(this.rowOf(caseNo), this.stage.next()) : null;
    return this.take(
      () => {
        const theCase = this.rowOf(caseNo);
        return caseStep({ ...model.facts, theCase, replacement, command, cause, actor: command.by });
      },
      {
        effect: () => {
          if (command.do === 'pass') model.inspect(command.dispositions);
        },
      },
    );
  }

  /** Whose turn it is lets the time pass. */
  timeOver(dice: Dice): boolean {
    const theCase = dice.one(this.model.openCases.filter(({ dueAt }) => dueAt !== null));
    return theCase !== undefined && this.endTime(theCase);
  }

  protected endTime({ caseNo, dueAt }: CaseRow): boolean {
    const isFree = !this.stage.hasRival;
    if (dueAt) this.stage.moveTo(dueAt);
    const isOver = this.command(caseNo, { do: 'time_over', by: 'system' });
    if (isFree) same(isOver, true);
    return isOver;
  }
}
