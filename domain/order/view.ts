import type { ToDo, Verdict } from './effects.ts';
import type { OrderNode } from './node.ts';
import type { Dispatch, NodeKind, NodeState, ReviewState } from './states.ts';

/** What a workflow knows of its row: ids, states, times in epoch milliseconds and money as integers; nothing personal. */
export interface NodeView {
  orderNo: string;
  kind: NodeKind;
  state: NodeState;
  version: number;
  review: ReviewState;
  dispatch: Dispatch;
  merchantId: string | null;
  payableFen: number;
  paymentDeadlineMs: number;
  autoReceiptAtMs: number | null;
  held: boolean;
  /** Confirmed, and its warehouse is not told yet (FU-2). */
  toDispatch: boolean;
  /** When a request to cancel is agreed if the merchant does not prove the hand-over (decision 24). */
  cancellationDueAtMs: number | null;
  children: string[];
}

/**
 * The answer of a step. `applied`: written now; `repeated`: it had been written before, this is the stored answer;
 * `conflict`: refused, see the verdict. Whatever it says, `node` is the row as it is: the workflow adopts it.
 */
export interface StepResult {
  outcome: 'applied' | 'repeated' | 'conflict';
  verdict: Verdict;
  node: NodeView | null;
  /** Refunds this step wrote, whose workflows are to be started. */
  refundNos: string[];
  /** The order is paid, and another attempt of it could still take money: it is to be closed at its provider. */
  attemptsLeft?: true;
  /** What is to be done outside because of this step. */
  toDo?: ToDo;
}

export function viewOf(node: OrderNode, children: readonly OrderNode[] = []): NodeView {
  return {
    orderNo: node.orderNo,
    kind: node.kind,
    state: node.state,
    version: node.version,
    review: node.review,
    dispatch: node.dispatch,
    merchantId: node.merchantId,
    payableFen: Number(node.payableFen),
    paymentDeadlineMs: node.paymentDeadline.getTime(),
    autoReceiptAtMs: node.autoReceiptAt?.getTime() ?? null,
    held: node.holds > 0,
    toDispatch:
      node.dispatch === 'due' &&
      node.state === 'awaiting_shipment' &&
      node.review === 'confirmed' &&
      node.cancellationNo === null,
    cancellationDueAtMs: node.cancellationNo === null ? null : (node.cancellationDueAt?.getTime() ?? null),
    children:
      node.kind === 'parent'
        ? children.filter((child) => child.state === 'awaiting_shipment').map((child) => child.orderNo)
        : [],
  };
}
