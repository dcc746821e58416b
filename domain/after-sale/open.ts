import type { LineQuantity } from '../order/cancellation.ts';
import { accept, change, type Decision, noEffects, refuse } from '../order/effects.ts';
import type { OrderNode } from '../order/node.ts';
import { isWithin, sentPieces } from '../order/progress.ts';
import { isPossible } from '../order/states.ts';
import { holding } from '../order/steps/holds.ts';
import { type CaseKind, REASONS, type Reason, WITHIN } from './case.ts';

export interface OpenCommand {
  kind: CaseKind;
  reason: Reason;
  pieces: readonly LineQuantity[];
  sealedWords: Buffer;
}

export interface OpenInput {
  leaf: OrderNode;
  command: OpenCommand;
  /** Pieces of the leaf in cases that are open. */
  inCases: readonly LineQuantity[];
  /** When it was received; null while it is not. */
  receivedAt: Date | null;
  /** All its parcels are signed for. */
  isSigned: boolean;
  caseNo: string;
  actor: string;
  at: Date;
}

const DAY_MS = 24 * 3_600_000;
/** How long after the receipt a case can be opened (RT-7): without a reason, and for what is the merchant's fault. */
const WINDOW_DAYS = { buyer: 7, merchant: 15 } as const;

/**
 * A buyer opens a case about pieces that have left (RF-2, RT-1): its hold stops the leaf's receipt and the settlement of
 * its lines from the same step on (RT-7). A piece is in one open case at a time.
 */
export function openCase(input: OpenInput): Decision {
  const { leaf, command, caseNo, inCases, receivedAt, at } = input;
  if (!isPossible('open_case', leaf.state)) return refuse('not_returnable', leaf.state);
  const windowMs = WINDOW_DAYS[REASONS[command.reason]] * DAY_MS;
  if (receivedAt && at.getTime() - receivedAt.getTime() > windowMs)
    return refuse('return_window_over', leaf.state);
  if (!isWithin(command.pieces, returnablePieces(leaf, inCases)))
    return refuse('more_than_shipped', leaf.state);
  const { orderNo, buyerId, merchantId } = leaf;
  if (merchantId === null) return refuse('not_returnable', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'open_case', leaf.state, holding(leaf, at)));
  effects.holds.push({
    holdId: caseNo,
    orderNo,
    reason: 'after-sale case',
    placedBy: input.actor,
    placed: true,
  });
  effects.cases.push({
    ...{ caseNo, orderNo, buyerId, merchantId, holdId: caseNo, wasSigned: input.isSigned },
    ...command,
    state: 'applied',
    dueAt: new Date(at.getTime() + WITHIN.merchantAnswers),
  });
  effects.caseLog.push({
    ...{ caseNo, action: 'apply', actor: input.actor, fromState: null, toState: 'applied' as const },
    words: null,
  });
  effects.notices.push({
    orderNo,
    event: `after_sale_applied:${caseNo}`,
    recipient: `merchant:${merchantId}`,
    params: { caseNo, kind: command.kind, reason: command.reason },
  });
  return accept(effects);
}

/** Pieces that have left, were not taken back, and are in no open case. */
export function returnablePieces(
  leaf: Pick<OrderNode, 'lines' | 'progress'>,
  inCases: readonly LineQuantity[],
): LineQuantity[] {
  return sentPieces(leaf).flatMap(({ lineNo, quantity }) => {
    const busy = inCases
      .filter((piece) => piece.lineNo === lineNo)
      .reduce((sum, piece) => sum + piece.quantity, 0);
    const free = quantity - busy;
    return free > 0 ? [{ lineNo, quantity: free }] : [];
  });
}

/** The number of the case about a parcel that was refused. */
export const refusalCaseNo = (shipmentNo: string): string => `${shipmentNo}R`;

/**
 * A parcel was refused at the door, or comes back undelivered (LG-3): its pieces are on their way back without anybody
 * applying. The merchant inspects them when they arrive; the buyer bears the freight.
 */
export function openRefusal(
  leaf: OrderNode,
  parcel: { shipmentNo: string; lines: readonly LineQuantity[] },
  inCases: readonly LineQuantity[],
  at: Date,
): Decision {
  const { orderNo, buyerId, merchantId } = leaf;
  const free = returnablePieces(leaf, inCases);
  const pieces = parcel.lines.flatMap(({ lineNo, quantity }) => {
    const left = free.find((piece) => piece.lineNo === lineNo)?.quantity ?? 0;
    return left > 0 && quantity > 0 ? [{ lineNo, quantity: Math.min(left, quantity) }] : [];
  });
  if (!isPossible('parcel', leaf.state) || merchantId === null) return refuse('not_returnable', leaf.state);
  if (pieces.length === 0) return refuse('more_than_shipped', leaf.state);
  const caseNo = refusalCaseNo(parcel.shipmentNo);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'parcel', leaf.state, holding(leaf, at)));
  const hold = { holdId: caseNo, orderNo, reason: 'parcel refused', placedBy: 'carrier' };
  effects.holds.push({ ...hold, placed: true });
  effects.cases.push({
    ...{ caseNo, orderNo, buyerId, merchantId, holdId: caseNo, wasSigned: false, sealedWords: null, pieces },
    ...{ kind: 'return_refund', reason: 'refused_delivery', state: 'returning' },
    dueAt: new Date(at.getTime() + WITHIN.parcelArrives),
  });
  effects.caseLog.push({
    ...{ caseNo, action: 'refused', actor: 'carrier', fromState: null },
    ...{ toState: 'returning', words: null },
  });
  for (const recipient of [`buyer:${buyerId}`, `merchant:${merchantId}`])
    effects.notices.push({ orderNo, event: `after_sale_returning:${caseNo}`, recipient, params: { caseNo } });
  return { ...accept(effects), toDo: { startCase: caseNo } };
}
