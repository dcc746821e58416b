import type { CancellationState, LineQuantity } from '../cancellation.ts';
import { earnRest } from '../earned.ts';
import { change, type Effects, type NodeChange } from '../effects.ts';
import type { Contract, OrderNode, PaymentScope } from '../node.ts';
import { isAnythingKept, isAnythingShipped, openLines, toDispatch, unsentPieces } from '../progress.ts';
import type { RefundablePayment } from '../refund-plan.ts';
import type { StepAction } from '../states.ts';
import { takeBack } from '../take-back.ts';
import { finishTasks, goOn } from './leave.ts';
import { returnStock, writeOffStock } from './stock.ts';

/** A request to stop as its row is now. */
export interface Cancellation {
  cancellationNo: string;
  askedBy: string;
  reason: string;
  lines: readonly LineQuantity[] | null;
  missing: boolean;
  shipmentNos: readonly string[];
  state: CancellationState;
}

/** What the leaf was paid with. */
export interface Money {
  scope: PaymentScope;
  payments: readonly RefundablePayment[];
  /** By which its merchant earns what stays of it; null while nothing has left, when nothing does. */
  contract: Contract | null;
}

/**
 * Takes back what was asked for as far as it is here, and lets the rest go on: what was stopped and not asked for is
 * dispatched anew (FU-5, CN-5).
 */
export function conclude(
  effects: Effects,
  { leaf, scope, payments, contract, at }: Money & { leaf: OrderNode; at: Date },
  cancellation: Cancellation,
  action: StepAction,
): Exclude<CancellationState, 'asking' | 'queued'> {
  const here = openLines(leaf);
  const wanted = cancellation.lines ?? unsentPieces(leaf);
  const pieces = wanted.flatMap(({ lineNo, quantity }) => {
    const free = here.find((piece) => piece.lineNo === lineNo)?.quantity ?? 0;
    return free > 0 ? [{ lineNo, quantity: Math.min(free, quantity) }] : [];
  });
  const isAll =
    pieces.length === wanted.length &&
    pieces.every(({ quantity }, index) => quantity === wanted[index]?.quantity);
  const { orderNo, buyerId, merchantId } = leaf;
  const { cancellationNo: cause, reason } = cancellation;
  // Nothing of it is here any more: 订单已经出库.
  const hasLeft = pieces.length === 0;
  const state = hasLeft ? 'refused' : isAll && !isAnyShipped(cancellation, leaf) ? 'agreed' : 'partly_agreed';
  let set: NodeChange['set'] = { progress: leaf.progress };
  if (!hasLeft) {
    const buyerAtFault = cancellation.askedBy === 'buyer';
    const what = { pieces, withFreight: true, buyerAtFault, cause, reason };
    const taken = takeBack(effects, { scope, leaf, payments, ...what, at });
    if (!taken) throw new Error(`the payments of ${orderNo} do not hold what was paid for it`);
    set = taken;
    effects.stock.push(...(cancellation.missing ? writeOffStock : returnStock)(leaf, pieces, cause));
  }
  const kept = isAnythingKept({ ...leaf, ...set });
  if (!kept && leaf.dispatch !== 'merchant') finishTasks(effects, leaf, 'cancelled');
  if (!kept) {
    // What had left came back before: it is closed (decision 14), and what stays of its money is earned.
    const end = isAnythingShipped(leaf) ? 'closed' : 'cancelled';
    if (end === 'closed') {
      if (!contract) throw new Error(`${orderNo} has left without a contract`);
      earnRest(effects, { ...leaf, ...set } as OrderNode, { contract, operator: 'system', at });
    }
    effects.nodes.push(
      change(leaf, action, end, { ...set, cancellationNo: '', endedAt: at, endReason: reason }),
    );
  } else {
    const anew = dispatchAnew({ ...leaf, ...set });
    goOn(effects, leaf, action, { ...set, ...anew, cancellationNo: '' }, at);
  }
  for (const recipient of [`buyer:${buyerId}`, `merchant:${merchantId}`])
    effects.notices.push({ orderNo, event: `cancel_${state}:${cause}`, recipient, params: { reason } });
  return state;
}

/** What was stopped and stays goes to its warehouse once more (FU-5). */
export const dispatchAnew = (leaf: OrderNode): NodeChange['set'] =>
  leaf.dispatch === 'done' && toDispatch(leaf).length > 0 ? { dispatch: 'due' } : {};

/** A request for the whole order of which a part had left is agreed in part (CN-5). */
const isAnyShipped = ({ lines }: Cancellation, leaf: OrderNode): boolean =>
  lines === null && leaf.lines.some(({ lineNo }) => (leaf.progress[lineNo]?.shipped ?? 0) > 0);

/** A request about a leaf that has left and ends now is answered by that: it was refused. */
export function endRequest(effects: Effects, leaf: OrderNode): NodeChange['set'] {
  const { orderNo, buyerId, merchantId, cancellationNo } = leaf;
  if (cancellationNo === null) return {};
  for (const recipient of [`buyer:${buyerId}`, `merchant:${merchantId}`])
    effects.notices.push({ orderNo, event: `cancel_refused:${cancellationNo}`, recipient, params: {} });
  effects.cancellationsDecided.push({ cancellationNo, state: 'refused' });
  effects.workItemsDone.push({ workItemId: `cancel-${cancellationNo}`, outcome: 'refused' });
  return { cancellationNo: '' };
}
