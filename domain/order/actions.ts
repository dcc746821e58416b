import type { Fen } from '../money.ts';
import { isWritable } from './amendable.ts';
import { type LineProgress, openLines } from './progress.ts';
import { type Dispatch, isPossible, type NodeKind, type NodeState, type ReviewState } from './states.ts';

export type Viewer = 'buyer' | 'merchant' | 'platform';

/** What someone can do with an order now, and how (ST-7). `path` is relative to `/v1`. */
export interface Action {
  action: string;
  method: 'POST' | 'PUT';
  path: string;
}

export interface ActionSubject {
  orderNo: string;
  kind: NodeKind;
  paymentRootNo: string;
  state: NodeState;
  review: ReviewState;
  holds: number;
  paymentDeadline: Date;
  receiptExtended: boolean;
  payableFen: Fen;
  creditFen: Fen;
  givenBackFen: Fen;
  /** Its address, or that of a leaf below it, can still change (FU-6). */
  amendable: boolean;
  dispatch: Dispatch;
  progress: LineProgress;
  lines: readonly { lineNo: number; quantity: number }[];
  cancellationNo: string | null;
  cancellationDueAt: Date | null;
  /** It, or a leaf below it, is paid and can still be asked to stop (CN-2). */
  stoppable: boolean;
  /** A warehouse did not say whether it can be stopped: a person does (CN-4). */
  isQueued: boolean;
  /** The refused request on which its buyer chooses (CN-6). */
  toChooseOn: string | null;
}

/** Exactly the actions possible in this state for this role; the steps refuse everything else (ST-7). */
export function actionsOf(order: ActionSubject, viewer: Viewer, now: Date): Action[] {
  if (viewer === 'buyer') return buyerActions(order, now);
  return viewer === 'merchant' ? merchantActions(order) : platformActions(order);
}

const post = (action: string, path: string): Action => ({ action, method: 'POST', path });

function buyerActions(order: ActionSubject, now: Date): Action[] {
  const { orderNo, state } = order;
  const actions: Action[] = [];
  const payable = state === 'awaiting_payment' && now < order.paymentDeadline;
  if (payable) actions.push(post('pay', `/orders/${orderNo}/payments`));
  if (payable || order.stoppable) actions.push(post('cancel', `/orders/${orderNo}/cancellations`));
  if (order.toChooseOn !== null)
    for (const action of ['keep_order', 'return_parcels'])
      actions.push(post(action, `/orders/${orderNo}/cancellation-choices`));
  if (state === 'awaiting_receipt' && order.holds === 0) {
    actions.push(post('confirm_receipt', `/orders/${orderNo}/receipt`));
    if (!order.receiptExtended) actions.push(post('extend_receipt', `/orders/${orderNo}/receipt-extensions`));
  }
  if (order.amendable)
    actions.push({ action: 'amend_address', method: 'PUT', path: `/orders/${orderNo}/address` });
  if (order.kind !== 'parent' && isWritable(order, now))
    actions.push(post('send_message', `/orders/${orderNo}/messages`));
  return actions;
}

function merchantActions(order: ActionSubject): Action[] {
  const { orderNo, state } = order;
  const mine = (action: string, path: string) => post(action, `/merchant/orders/${orderNo}/${path}`);
  const actions = [mine('add_note', 'notes')];
  if (state === 'awaiting_shipment') {
    if (order.review !== 'confirmed') actions.push(mine('confirm', 'review'));
    if (order.review !== 'held') actions.push(mine('hold', 'review'));
    if (order.review !== 'correction_asked') actions.push(mine('ask_correction', 'review'));
    const ships = order.dispatch !== 'due' && openLines(order).length > 0;
    if (order.review === 'confirmed' && order.cancellationNo === null && ships)
      actions.push(mine('ship', 'shipments'), post('ask_waybill', '/merchant/waybills'));
    if (order.stoppable) actions.push(mine('refund_shortage', 'shortages'));
    if (order.cancellationDueAt !== null && order.cancellationNo !== null)
      actions.push(mine('answer_cancellation', 'cancellation-answers'));
  }
  if (isRefundable(order)) actions.push(mine('give_goodwill', 'goodwill'));
  if (state === 'awaiting_payment' && order.payableFen - order.creditFen > 1n)
    actions.push(mine('change_price', 'price-changes'));
  if (state === 'awaiting_payment' && order.paymentRootNo === orderNo)
    actions.push(mine('close', 'closures'));
  return actions;
}

function platformActions(order: ActionSubject): Action[] {
  const { orderNo, state } = order;
  const ours = (action: string, path: string) => post(action, `/platform/orders/${orderNo}/${path}`);
  const actions: Action[] = [];
  if (state === 'awaiting_payment') actions.push(ours('close', 'closures'));
  if (order.stoppable) actions.push(ours('cancel', 'cancellations'));
  if (order.isQueued) actions.push(ours('answer_cancellation', 'cancellation-answers'));
  if (order.kind === 'parent') return actions;
  if (isRefundable(order)) actions.push(ours('refund', 'refunds'), ours('give_goodwill', 'goodwill'));
  if (state === 'awaiting_receipt' || state === 'completed') {
    actions.push(ours('place_hold', 'holds'));
    if (order.holds > 0) actions.push(ours('release_hold', 'hold-releases'));
  }
  return actions;
}

const isRefundable = ({ state, kind, givenBackFen, payableFen }: ActionSubject): boolean =>
  kind !== 'parent' && isPossible('refund', state) && givenBackFen < payableFen;
