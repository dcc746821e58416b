import { type Fen, minFen, sumFen } from '../money.ts';
import { earnLess, earnRest } from '../order/earned.ts';
import {
  accept,
  change,
  type Decision,
  type Effects,
  type NodeChange,
  noEffects,
  refuse,
} from '../order/effects.ts';
import { type ExchangedPiece, type Replacement, replace } from '../order/exchange.ts';
import type { Contract, OrderNode, PaymentScope } from '../order/node.ts';
import { isAnythingKept, isWithin, keptLines, moved } from '../order/progress.ts';
import { planRefund, type RefundablePayment } from '../order/refund-plan.ts';
import { endRequest } from '../order/steps/conclude-cancel.ts';
import { releasing } from '../order/steps/holds.ts';
import { returnStock, writeOffStock } from '../order/steps/stock.ts';
import { carriedBy, takeBack } from '../order/take-back.ts';
import { type AfterSale, type CaseChange, type CaseCommand, decide, isCaseOver } from './case.ts';
import { periodMs } from './deadlines.ts';
import { REASONS } from './reasons.ts';
import { sendBack } from './send-back.ts';

export interface CaseInput {
  theCase: AfterSale & { holdId: string; merchantId: string };
  leaf: OrderNode;
  scope: PaymentScope;
  payments: readonly RefundablePayment[];
  contract: Contract;
  /** What an exchange gives (RT-8); null where there is none. */
  replacement: Replacement | null;
  command: CaseCommand;
  /** Names the step. */
  cause: string;
  actor: string;
  at: Date;
}

/**
 * One thing that somebody, or the clock, does about a case: its row moves, and where it ends its leaf is let go, the
 * money goes back by the line's own share, what came back goes where the inspection says, and a merchant who was paid
 * already earned less (RF-2, RF-4, RT-2…RT-6, FN-3). One step: all of it or nothing.
 */
export function caseStep(input: CaseInput): Decision {
  const { theCase, leaf, command, cause, actor, at } = input;
  const next = decide(theCase, command);
  if (typeof next === 'string') return refuse(next, leaf.state);
  if (next.offerFen !== undefined && next.offerFen > mostOf(input))
    return refuse('more_than_paid', leaf.state);
  const effects = noEffects();
  const over = isCaseOver(next.to);
  let refundedFen: Fen | undefined;
  if (over) {
    const set = next.refund ? giveBack(effects, input, next.refund) : {};
    if (typeof set === 'string') return refuse(set, leaf.state);
    refundedFen = sumFen(effects.refunds.map(({ amountFen }) => amountFen));
    restock(effects, input, next);
    endOnLeaf(effects, input, set);
  }
  if (isDisputed(theCase.state) && !isDisputed(next.to)) {
    const disputedVersion = theCase.version - (theCase.state === 'arbitration' ? 1 : 0);
    const workItemId = arbitrationOf(theCase.caseNo, disputedVersion);
    effects.workItemsDone.push({ workItemId, outcome: next.to });
  }
  effects.caseChanges.push({
    ...{ caseNo: theCase.caseNo, expectedVersion: theCase.version, to: next.to },
    dueAt: dueAtOf(input, next),
    set: {
      ...(next.offerFen === undefined ? {} : { offerFen: next.offerFen }),
      ...(command.do === 'agree' || command.do === 'give_address'
        ? optional({ returnTo: command.returnTo, instructions: command.instructions })
        : {}),
      ...(command.do === 'send_back' ? { carrier: command.carrier, trackingNo: command.trackingNo } : {}),
      ...(over ? { endedAt: at, outcome: next.outcome ?? next.to } : {}),
      ...(effects.made[0] ? { replacementNo: effects.made[0].orderNo } : {}),
      ...(refundedFen === undefined ? {} : { refundedFen }),
    },
  });
  if (command.do === 'send_back') sendBack(effects, theCase, command);
  const words = wordsOf(command);
  const { caseNo, state: fromState } = theCase;
  effects.caseLog.push({ caseNo, action: command.do, actor, fromState, toState: next.to, words });
  if (next.to === 'disputed') effects.workItems.push(arbitration(theCase, at));
  for (const recipient of [`buyer:${leaf.buyerId}`, `merchant:${theCase.merchantId}`])
    effects.notices.push({
      orderNo: leaf.orderNo,
      event: `after_sale_${next.to}:${caseNo}:${cause}`,
      recipient,
      params: { caseNo },
    });
  return accept(effects);
}

function dueAtOf({ theCase, at }: CaseInput, { within, keepsDue }: CaseChange): Date | null {
  if (keepsDue) return theCase.dueAt;
  return within === null ? null : new Date(at.getTime() + periodMs(theCase.periods, within));
}

const optional = (set: { returnTo: string | undefined; instructions: string | undefined }) => ({
  ...(set.returnTo === undefined ? {} : { returnTo: set.returnTo }),
  ...(set.instructions === undefined ? {} : { instructions: set.instructions }),
});

/** What the case's log keeps of a command: what was said, or the number of the parcel. */
function wordsOf(command: CaseCommand): string | null {
  if (command.do === 'send_back') return `${command.carrier} ${command.trackingNo}`;
  return 'words' in command ? command.words : null;
}

const isDisputed = (state: AfterSale['state']): boolean => state === 'disputed' || state === 'arbitration';

/** A case that is sent back by its ruling can be disputed once more: each dispute has a question of its own. */
const arbitrationOf = (caseNo: string, disputedVersion: number): string =>
  `case-${caseNo}-${disputedVersion}`;

/** RT-3: the platform joins; both sides have 48 hours for evidence, it has 72 more, where the shop says nothing else. */
function arbitration({ caseNo, orderNo, version, periods }: AfterSale, at: Date) {
  return {
    ...{ workItemId: arbitrationOf(caseNo, version + 1), kind: 'after_sale_disputed', orderNo },
    reason: `buyer and merchant disagree about ${caseNo}`,
    ownerRole: 'customer_service',
    waysOut: ['refund', 'return', 'dismiss'],
    dueAt: new Date(at.getTime() + periodMs(periods, 'evidence') + periodMs(periods, 'platformDecides')),
  };
}

/** The pieces' own share is the most that can be offered or given for them (RF-4). */
export function mostOf({ theCase, leaf }: { theCase: Pick<AfterSale, 'pieces'>; leaf: OrderNode }): Fen {
  const shares = theCase.pieces.map(({ lineNo, quantity }) => {
    const line = leaf.lines.find((candidate) => candidate.lineNo === lineNo);
    return line ? carriedBy(line, leaf.progress[lineNo]?.reversed ?? 0, quantity).cashFen : 0n;
  });
  return minFen(sumFen(shares), leaf.payableFen - leaf.givenBackFen);
}

function giveBack(
  effects: Effects,
  input: CaseInput,
  what: NonNullable<CaseChange['refund']>,
): NodeChange['set'] | string {
  const { theCase, leaf, scope, payments, cause, at } = input;
  const { caseNo, pieces } = theCase;
  const reason = theCase.reason;
  if (!isWithin(pieces, keptLines(leaf))) return 'more_than_paid';
  if (what.what !== 'amount') {
    const { replacement } = input;
    const isExchange = what.what === 'exchange';
    if (isExchange && !replacement) return 'no_replacement';
    // What is replaced was delivered; the replacement is sent for nothing.
    const withFreight = !isExchange && REASONS[reason] === 'merchant';
    const taken = takeBack(effects, {
      scope,
      leaf,
      payments,
      pieces,
      withFreight,
      buyerAtFault: !withFreight && input.command.do !== 'decide',
      cause: caseNo,
      reason,
      at,
      ...(isExchange && replacement
        ? {
            exchange: (reversals, cashFen) =>
              replace(effects, {
                ...{ leaf, caseNo, reversals, cashFen, replacement, at },
                pieces: pieces as readonly ExchangedPiece[],
              }),
          }
        : {}),
    });
    if (!taken) return 'more_than_paid';
    const { progress = leaf.progress } = taken;
    return { ...taken, progress: moved(progress, pieces, { from: null, to: 'returned' }) };
  }
  if (what.amountFen > mostOf(input)) return 'more_than_paid';
  const parts = planRefund(payments, what.amountFen);
  if (!parts) return 'more_than_paid';
  const { orderNo, buyerId } = leaf;
  effects.refunds.push(...parts.map((part) => ({ ...part, orderNo, reason, source: 'deposits' as const })));
  effects.notices.push({
    orderNo,
    event: `refund_started:${cause}`,
    recipient: `buyer:${buyerId}`,
    params: { amountFen: Number(what.amountFen), reason },
  });
  return { givenBackFen: leaf.givenBackFen + what.amountFen };
}

/** What came back goes on sale, or is written off as damaged or lost (IN-6). */
function restock(effects: Effects, { leaf, theCase }: CaseInput, { dispositions = [] }: CaseChange): void {
  const of = (quantityOf: (one: (typeof dispositions)[number]) => number) =>
    dispositions.flatMap((one) =>
      quantityOf(one) > 0 ? [{ lineNo: one.lineNo, quantity: quantityOf(one) }] : [],
    );
  const { caseNo } = theCase;
  effects.stock.push(
    ...returnStock(
      leaf,
      of((one) => one.sellable),
      caseNo,
    ),
  );
  for (const why of ['damaged', 'lost'] as const) {
    const pieces = of((one) => one[why]);
    effects.stock.push(...writeOffStock(leaf, pieces, `${caseNo}-${why}`, why));
  }
}

/** The case lets its leaf go; with nothing kept it is closed, and what stays of its money is its merchant's (decision 14). */
function endOnLeaf(effects: Effects, input: CaseInput, set: NodeChange['set']): void {
  const { leaf, theCase, contract, cause, actor, at } = input;
  const after: OrderNode = { ...leaf, ...set };
  const closes = !isAnythingKept(after);
  if (leaf.state === 'completed')
    earnLess(effects, { before: leaf, after }, { contract, cause, operator: actor, at });
  else if (closes) earnRest(effects, after, { contract, operator: actor, at });
  effects.holds.push({
    ...{ holdId: theCase.holdId, orderNo: leaf.orderNo, reason: 'after-sale case', placedBy: actor },
    placed: false,
  });
  const end = closes
    ? {
        ...endRequest(effects, leaf),
        endedAt: at,
        endReason: effects.made.length > 0 ? 'exchanged' : 'refunded',
      }
    : {};
  effects.nodes.push(
    change(leaf, 'after_sale', closes ? 'closed' : leaf.state, { ...set, ...releasing(leaf, at), ...end }),
  );
}
