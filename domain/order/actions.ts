import type { Fen } from '../money.ts';
import type { NodeKind, NodeState, ReviewState } from './states.ts';

export type Viewer = 'buyer' | 'merchant' | 'platform';

/** What someone can do with an order now, and how (ST-7). `path` is relative to `/v1`. */
export interface Action {
  action: string;
  method: 'POST';
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
  givenBackFen: Fen;
}

/** Exactly the actions possible in this state for this role; the steps refuse everything else (ST-7). */
export function actionsOf(order: ActionSubject, viewer: Viewer, now: Date): Action[] {
  const { orderNo, state } = order;
  const post = (action: string, path: string): Action => ({ action, method: 'POST', path });
  const actions: Action[] = [];
  if (viewer === 'buyer' && state === 'awaiting_payment' && now < order.paymentDeadline) {
    actions.push(
      post('pay', `/orders/${orderNo}/payments`),
      post('cancel', `/orders/${orderNo}/cancellations`),
    );
  }
  if (viewer === 'buyer' && state === 'awaiting_receipt' && order.holds === 0) {
    actions.push(post('confirm_receipt', `/orders/${orderNo}/receipt`));
    if (!order.receiptExtended) actions.push(post('extend_receipt', `/orders/${orderNo}/receipt-extensions`));
  }
  if (viewer === 'merchant' && state === 'awaiting_shipment') {
    if (order.review !== 'confirmed') actions.push(post('confirm', `/merchant/orders/${orderNo}/review`));
    if (order.review !== 'held') actions.push(post('hold', `/merchant/orders/${orderNo}/review`));
    if (order.review !== 'correction_asked')
      actions.push(post('ask_correction', `/merchant/orders/${orderNo}/review`));
    if (order.review === 'confirmed') actions.push(post('ship', `/merchant/orders/${orderNo}/shipments`));
  }
  if (viewer === 'merchant' && state === 'awaiting_payment' && order.payableFen > 1n)
    actions.push(post('change_price', `/merchant/orders/${orderNo}/price-changes`));
  if (viewer === 'merchant' && state === 'awaiting_payment' && order.paymentRootNo === orderNo)
    actions.push(post('close', `/merchant/orders/${orderNo}/closures`));
  if (viewer === 'platform' && state === 'awaiting_payment')
    actions.push(post('close', `/platform/orders/${orderNo}/closures`));
  const refundable = state === 'awaiting_shipment' || state === 'awaiting_receipt';
  if (viewer === 'platform' && refundable && order.kind !== 'parent' && order.givenBackFen < order.payableFen)
    actions.push(post('refund', `/platform/orders/${orderNo}/refunds`));
  if (
    viewer === 'platform' &&
    order.kind !== 'parent' &&
    (state === 'awaiting_receipt' || state === 'completed')
  ) {
    actions.push(post('place_hold', `/platform/orders/${orderNo}/holds`));
    if (order.holds > 0) actions.push(post('release_hold', `/platform/orders/${orderNo}/hold-releases`));
  }
  return actions;
}
