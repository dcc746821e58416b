import type { Fen } from '../../money.ts';
import { earnLess, earnRest } from '../earned.ts';
import {
  accept,
  change,
  type Decision,
  type Effects,
  type NodeChange,
  noEffects,
  refuse,
} from '../effects.ts';
import type { Goodwill } from '../goodwill.ts';
import type { Contract, OrderNode, PaymentScope } from '../node.ts';
import {
  isAnythingPlanned,
  isAnythingShipped,
  keptLines,
  moved,
  sentPieces,
  unsentPieces,
} from '../progress.ts';
import { planRefund, type RefundablePayment } from '../refund-plan.ts';
import { isPossible } from '../states.ts';
import { takeBack } from '../take-back.ts';
import { endRequest } from './conclude-cancel.ts';
import { finishTasks } from './leave.ts';
import { returnStock } from './stock.ts';

export interface RefundCommand {
  /** Null for all that is left. */
  amountFen: Fen | null;
  reason: string;
}

export interface RefundInput {
  scope: PaymentScope;
  leaf: OrderNode;
  /** The payments that paid the scope. */
  payments: readonly RefundablePayment[];
  command: RefundCommand;
  /** By which it is earned; null where nothing is: it is not received, nor was the platform's money given. */
  contract: Contract | null;
  /** Names the step. */
  cause: string;
  operator: string;
  at: Date;
}

/**
 * Part or all of a leaf's money goes back (PY-8): in parts as often as asked, never more than was paid for it, by the
 * route it came. With the last fen the leaf ends: cancelled before hand-over, with its stock back; closed after it, also
 * when it was received (decision 14), and then its merchant earned less (FN-3). What a warehouse may be packing is to be
 * stopped first: that is a cancellation.
 */
export function refund(input: RefundInput): Decision {
  const { leaf, command } = input;
  if (leaf.kind === 'parent' || !isPossible('refund', leaf.state))
    return refuse('not_refundable', leaf.state);
  const leftFen = leaf.payableFen - leaf.givenBackFen;
  const amountFen = command.amountFen ?? leftFen;
  const isNothing = command.amountFen === null ? leaf.payableFen > 0n && leftFen === 0n : amountFen <= 0n;
  if (isNothing || amountFen > leftFen) return refuse('more_than_paid', leaf.state);
  // What a case is about is the case's to give back.
  if (amountFen === leftFen && leaf.holds > 0) return refuse('held', leaf.state);
  if (amountFen === leftFen) return refundAll(input);
  return giveBackPart(input, { amountFen, reason: command.reason });
}

/** Part of a leaf's money goes back, all pieces stay; `goodwill` is what becomes of the leaf's by it (RF-8). */
export function giveBackPart(
  input: Omit<RefundInput, 'command'>,
  { amountFen, reason, goodwill }: { amountFen: Fen; reason: string; goodwill?: Goodwill },
): Decision {
  const { leaf, payments, cause } = input;
  const parts = planRefund(payments, amountFen);
  if (!parts) return refuse('more_than_paid', leaf.state);
  const { orderNo, buyerId } = leaf;
  const effects = noEffects();
  effects.refunds.push(...parts.map((part) => ({ ...part, orderNo, reason, source: 'deposits' as const })));
  effects.notices.push({
    orderNo,
    event: `refund_started:${cause}`,
    recipient: `buyer:${buyerId}`,
    params: { amountFen: Number(amountFen), reason },
  });
  const set = { givenBackFen: leaf.givenBackFen + amountFen, ...(goodwill ? { goodwill } : {}) };
  effects.nodes.push(change(leaf, 'refund', leaf.state, set));
  undoReceipt(effects, input, set);
  return accept(effects);
}

/** Received: what it brought its merchant goes down with it. */
function undoReceipt(effects: Effects, input: Omit<RefundInput, 'command'>, set: NodeChange['set']): void {
  const { leaf, contract } = input;
  if (leaf.state !== 'completed') return;
  if (!contract) throw new Error(`${leaf.orderNo} was received without a contract`);
  const { givenBackFen = leaf.givenBackFen, progress = leaf.progress, goodwill = leaf.goodwill } = set;
  const after = { ...leaf, givenBackFen, progress, goodwill };
  earnLess(effects, { before: leaf, after }, { ...input, contract });
}

/** Freight that its buyer bore, and that came back as the platform's goodwill, is its merchant's all the same (RF-5, RF-8). */
function earnGoodwill(
  effects: Effects,
  { leaf, contract, operator, at }: RefundInput,
  set: NodeChange['set'],
): void {
  const { givenBackFen = leaf.givenBackFen, progress = leaf.progress, goodwill = leaf.goodwill } = set;
  if (!goodwill.platformFen) return;
  if (!contract) throw new Error(`${leaf.orderNo} was given the platform's money without a contract`);
  earnRest(effects, { ...leaf, givenBackFen, progress, goodwill }, { contract, operator, at });
}

function refundAll(input: RefundInput): Decision {
  const { scope, leaf, payments, command, cause, at } = input;
  if (leaf.state === 'awaiting_shipment') {
    if (leaf.cancellationNo !== null) return refuse('cancellation_open', leaf.state);
    if (isAnythingPlanned(leaf)) return refuse('cancel_first', leaf.state);
  }
  const { orderNo, merchantId } = leaf;
  const effects = noEffects();
  const kept = keptLines(leaf);
  const taken = takeBack(effects, {
    ...{ scope, leaf, payments, cause, at },
    ...{ pieces: kept, withFreight: true, buyerAtFault: false, reason: command.reason },
    cashFen: leaf.payableFen - leaf.givenBackFen,
  });
  if (!taken) return refuse('more_than_paid', leaf.state);
  const { progress = leaf.progress } = taken;
  const set = { ...taken, progress: moved(progress, sentPieces(leaf), { from: null, to: 'returned' }) };
  undoReceipt(effects, input, set);
  const hasLeft = leaf.state !== 'awaiting_shipment' || isAnythingShipped(leaf);
  if (hasLeft && leaf.state !== 'completed') earnGoodwill(effects, input, set);
  if (leaf.state === 'awaiting_shipment' && leaf.dispatch !== 'merchant')
    finishTasks(effects, leaf, 'refunded');
  effects.nodes.push(
    change(leaf, 'refund', hasLeft ? 'closed' : 'cancelled', {
      ...{ ...set, ...endRequest(effects, leaf) },
      ...{ endedAt: at, endReason: 'refunded' },
    }),
  );
  effects.notices.push({
    orderNo,
    event: 'refunded_in_full',
    recipient: `merchant:${merchantId}`,
    params: {},
  });
  if (leaf.state === 'awaiting_shipment') effects.stock.push(...returnStock(leaf, unsentPieces(leaf), cause));
  return accept(effects);
}
