import type { OrderRow } from '../../db/queries/orders.ts';
import { isInWarehouse, isSent } from '../../domain/fulfilment/stages.ts';
import { sumFen } from '../../domain/money.ts';
import { actionsOf } from '../../domain/order/actions.ts';
import { isAmendable } from '../../domain/order/amendable.ts';
import { requestToChooseOn } from '../../domain/order/cancellation.ts';
import { pointsEarned } from '../../domain/order/earned-points.ts';
import { isReviewOverdue, shipByOf, shipOverdueSince } from '../../domain/order/overdue.ts';
import type { Progress } from '../../domain/order/progress.ts';
import { merchantPromptOf, type PromptSubject, promptOf } from '../../domain/order/prompts.ts';
import { countStates, type OrderState, parentState } from '../../domain/order/states.ts';
import type { Access } from '../access.ts';
import type { NodeContact } from './contacts.ts';
import type { OrderRepresentation } from './order-schema.ts';
import { representCancellation, representShipment } from './shipment.ts';

type NodeRepresentation = OrderRepresentation['children'][number];
type Contacts = ReadonlyMap<string, NodeContact>;

/** An order as its viewer sees it: snapshot, state, countdown, actions, prompt; a parent with its children (SP-2). */
export function representOrder(access: Access, contacts: Contacts, now: Date): OrderRepresentation {
  const children = access.subtree.filter((node) => node.parentNo === access.node.orderNo);
  return {
    ...representNode(access, access.node, children, contacts, now),
    children: children.map((child) => representNode(access, child, [], contacts, now)),
  };
}

function representNode(
  { viewer, tree }: Access,
  node: OrderRow,
  children: readonly OrderRow[],
  contacts: Contacts,
  now: Date,
): NodeRepresentation {
  const leaves = children.length > 0 ? children : [node];
  const state = stateOf(node, children);
  const secondsLeft =
    state === 'awaiting_payment'
      ? Math.max(0, Math.ceil((node.paymentDeadline.getTime() - now.getTime()) / 1000))
      : null;
  const shipments = leaves.flatMap(({ orderNo: leafNo, shipments: its }) =>
    its.map((shipment) => ({ ...shipment, orderNo: leafNo })),
  );
  const payments = tree.find((candidate) => candidate.orderNo === node.paymentRootNo)?.payments ?? [];
  const refunds = [node, ...children].flatMap((candidate) => candidate.refunds);
  const settlement = settlementOf(node);
  const shipBy = shipByOf(node);
  const overdueSince = shipOverdueSince(leaves, now);
  const reviewOverdue = leaves.some((leaf) => isReviewOverdue(leaf, now));
  const subject: PromptSubject = {
    ...node,
    payableFen: node.payableFen - node.creditFen,
    state,
    secondsLeft,
    shipBy,
    overdueSince,
    reviewOverdue,
    lastFailure: lastFailure(payments.at(-1)),
    held: node.holds > 0,
    shipments: shipments.filter(isSent),
    inWarehouse: shipments.filter(({ stage }) => stage === 'planned' || isInWarehouse(stage)),
    mayChoose: viewer === 'buyer' && leaves.some((leaf) => requestToChooseOn(leaf) !== null),
    isStopping: leaves.some((leaf) => leaf.cancellationNo !== null),
    refunds,
    settlementDueAt: settlement ? new Date(settlement.dueAt) : null,
  };
  const { orderNo, kind, parentNo, paymentRootNo, splitRule, shopId } = node;
  const stagesOf = (leaf: OrderRow) => leaf.shipments.map(({ stage }) => stage);
  const amendable = leaves.some((leaf) => isAmendable(leaf, stagesOf(leaf), now));
  const stoppable = leaves.some((leaf) => leaf.state === 'awaiting_shipment' && leaf.cancellationNo === null);
  const toChooseOn = viewer === 'buyer' && node.kind !== 'parent' ? requestToChooseOn(node) : null;
  const isQueued = node.cancellations.some((cancellation) => cancellation.state === 'queued');
  return {
    orderNo,
    kind,
    parentNo: viewer === 'merchant' ? null : parentNo,
    // A merchant knows nothing of the tree around its leaf (SP-10).
    paymentRootNo: viewer === 'merchant' ? orderNo : paymentRootNo,
    splitRule,
    exchangeOf: node.exchangeOf,
    shopId,
    state,
    ...(children.length > 0
      ? { stateCounts: countStates(children.map((child) => stateOf(child, []))) as Record<string, number> }
      : {}),
    review: node.kind === 'parent' ? null : { state: node.review, reason: node.reviewReason || null },
    amounts: amountsOf(node, payments, refunds),
    lines: leaves.flatMap((leaf) => leaf.lines.map((line) => lineOf(line, leaf.progress[line.lineNo]))),
    priceSteps: node.priceSteps.map((step) => ({
      ...step,
      amountFen: Number(step.amountFen),
      runningTotalFen: Number(step.runningTotalFen),
    })),
    createdAt: node.createdAt.toISOString(),
    paymentDeadline: node.paymentDeadline.toISOString(),
    secondsLeft,
    paidAt: iso(node.paidAt),
    shipBy: iso(shipBy),
    shipOverdue: overdueSince !== null,
    reviewOverdue,
    shippedAt: iso(node.shippedAt),
    autoReceiptAt: state === 'awaiting_receipt' && node.holds === 0 ? iso(node.autoReceiptAt) : null,
    onHold: node.holds > 0,
    endedAt: iso(node.endedAt),
    endReason: node.endReason,
    shipments: shipments.map((shipment) => representShipment(shipment, { shipBy, now })),
    cancellations: leaves.flatMap((leaf) => leaf.cancellations.map(representCancellation)),
    refunds: refunds.map(({ refundNo, amountFen, reason, state: refundState }) => ({
      refundNo,
      amountFen: Number(amountFen),
      reason,
      state: refundState,
    })),
    settlement: viewer === 'buyer' ? null : settlement,
    pointsEarned: leaves.reduce((sum, leaf) => sum + pointsEarned(leaf), 0),
    prompt: viewer === 'merchant' ? merchantPromptOf(subject) : promptOf(subject),
    ...(contacts.get(node.orderNo) ?? { contact: null, addressVersion: 0 }),
    actions: actionsOf({ ...node, amendable, stoppable, isQueued, toChooseOn }, viewer, now),
  };
}

/** The words of the newest attempt's failure: the provider refused it, or declined a try while it is open (PY-4). */
function lastFailure(newest: OrderRow['payments'][number] | undefined) {
  return newest?.state === 'failed' || newest?.state === 'open' ? newest.failure : null;
}

/** The state a node shows: its own, or for a paid parent its children's (decision 13). */
export function stateOf(node: OrderRow, children: readonly OrderRow[]): OrderState {
  return node.state === 'split' ? parentState(children.map((child) => stateOf(child, []))) : node.state;
}

/** The same for a node of a whole tree, as refusals name it. */
export function shownState(node: OrderRow, tree: readonly OrderRow[]): OrderState {
  return stateOf(
    node,
    tree.filter((candidate) => candidate.parentNo === node.orderNo),
  );
}

function amountsOf(node: OrderRow, payments: OrderRow['payments'], refunds: OrderRow['refunds']) {
  const paidByUs = payments.filter((payment) => payment.state === 'succeeded');
  const paidFen =
    node.paymentRootNo === node.orderNo
      ? sumFen(paidByUs.map((payment) => payment.receivedFen ?? 0n))
      : node.paidAt
        ? node.payableFen
        : 0n;
  const refundedFen = sumFen(
    refunds.filter((refund) => refund.state === 'succeeded').map((refund) => refund.amountFen),
  );
  return {
    goodsFen: Number(node.goodsFen),
    discountFen: Number(node.discountFen),
    freightFen: Number(node.freightFen),
    points: node.points,
    pointsFen: Number(node.pointsFen),
    payableFen: Number(node.payableFen),
    creditFen: Number(node.creditFen),
    paidFen: Number(paidFen),
    refundedFen: Number(refundedFen),
  };
}

function lineOf(line: OrderRow['lines'][number], progress: Progress = {}) {
  const { lineNo, skuId, title, spec, quantity, points } = line;
  return {
    lineNo,
    skuId,
    title,
    spec,
    quantity,
    unitPriceFen: Number(line.unitPriceFen),
    goodsFen: Number(line.goodsFen),
    discounts: line.discounts.map((discount) => ({ ...discount, amountFen: Number(discount.amountFen) })),
    discountFen: Number(line.discountFen),
    freightFen: Number(line.freightFen),
    points,
    pointsFen: Number(line.pointsFen),
    payableFen: Number(line.payableFen),
    shippedQuantity: progress.shipped ?? 0,
    reversedQuantity: progress.reversed ?? 0,
  };
}

function settlementOf(node: OrderRow) {
  const [first] = node.settlementLines;
  if (!first) return null;
  const total = (pick: (line: OrderRow['settlementLines'][number]) => bigint) =>
    Number(sumFen(node.settlementLines.map(pick)));
  return {
    state: node.settlementLines.every((line) => line.state === 'settled')
      ? ('settled' as const)
      : ('due' as const),
    dueAt: first.dueAt.toISOString(),
    baseFen: total((line) => line.baseFen),
    commissionFen: total((line) => line.commissionFen),
    netFen: total((line) => line.netFen),
  };
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
