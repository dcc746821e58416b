/** The states an order shows (ST-1). */
export const ORDER_STATES = [
  'awaiting_payment',
  'awaiting_shipment',
  'awaiting_receipt',
  'completed',
  'cancelled',
  'closed',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** The state of a node's row. `split` is a paid parent: its work went to its children, its state is theirs. */
export type NodeState = OrderState | 'split';

export type NodeKind = 'single' | 'parent' | 'child';
export type ReviewState = 'pending' | 'confirmed' | 'held' | 'correction_asked';

/** Who ships a leaf: its merchant; or a warehouse, which is to be told (`due`) or was told (`done`). */
export type Dispatch = 'merchant' | 'due' | 'done';

/** What can move a node, or be refused (ST-1). The names are those of the process log's `action`. */
export type StepAction =
  | 'submit'
  | 'record_payment'
  | 'change_price'
  | 'amend_address'
  | 'cancel_unpaid'
  | 'expire'
  | 'review'
  | 'dispatch'
  | 'ship'
  | 'warehouse'
  | 'ask_cancel'
  | 'decide_cancel'
  | 'choose_after_refusal'
  | 'correct_shipment'
  | 'receive'
  | 'extend_receipt'
  | 'parcel'
  | 'urge'
  | 'refund'
  | 'propose_refund'
  | 'refuse_refund'
  | 'open_case'
  | 'after_sale'
  | 'hold'
  | 'release';

/** The one table of allowed transitions: every state change of every node is a row of it (ST-1, I4). */
export const TRANSITIONS: readonly { action: StepAction; from: NodeState | null; to: NodeState }[] = [
  { action: 'submit', from: null, to: 'awaiting_payment' },
  { action: 'submit', from: null, to: 'awaiting_shipment' }, // nothing to pay
  { action: 'submit', from: null, to: 'split' }, // nothing to pay for a tree
  { action: 'record_payment', from: 'awaiting_payment', to: 'awaiting_shipment' },
  { action: 'record_payment', from: 'awaiting_payment', to: 'split' },
  { action: 'record_payment', from: 'awaiting_payment', to: 'cancelled' }, // stock gone when paid (IN-4)
  { action: 'cancel_unpaid', from: 'awaiting_payment', to: 'cancelled' },
  { action: 'expire', from: 'awaiting_payment', to: 'cancelled' },
  { action: 'ship', from: 'awaiting_shipment', to: 'awaiting_receipt' },
  { action: 'warehouse', from: 'awaiting_shipment', to: 'awaiting_receipt' },
  { action: 'ask_cancel', from: 'awaiting_shipment', to: 'cancelled' },
  { action: 'ask_cancel', from: 'awaiting_shipment', to: 'awaiting_receipt' }, // what was left of it is taken back
  { action: 'decide_cancel', from: 'awaiting_shipment', to: 'cancelled' },
  { action: 'decide_cancel', from: 'awaiting_shipment', to: 'awaiting_receipt' },
  { action: 'ask_cancel', from: 'awaiting_shipment', to: 'closed' }, // what had left came back before
  { action: 'decide_cancel', from: 'awaiting_shipment', to: 'closed' },
  { action: 'receive', from: 'awaiting_receipt', to: 'completed' },
  { action: 'refund', from: 'awaiting_shipment', to: 'cancelled' }, // all of it, before hand-over (decision 14)
  { action: 'refund', from: 'awaiting_shipment', to: 'closed' }, // part of it had left
  { action: 'refund', from: 'completed', to: 'closed' },
  { action: 'after_sale', from: 'awaiting_shipment', to: 'closed' }, // all that had left came back, the rest was taken back
  { action: 'after_sale', from: 'awaiting_receipt', to: 'closed' },
  { action: 'after_sale', from: 'completed', to: 'closed' },
  { action: 'refund', from: 'awaiting_receipt', to: 'closed' }, // all of it, after hand-over
];

/** Steps that change a node without moving its state, and where they are possible. */
export const IN_PLACE: readonly { action: StepAction; in: NodeState }[] = [
  { action: 'change_price', in: 'awaiting_payment' },
  { action: 'amend_address', in: 'awaiting_payment' },
  { action: 'amend_address', in: 'awaiting_shipment' }, // until its push (FU-6)
  { action: 'review', in: 'awaiting_shipment' },
  { action: 'dispatch', in: 'awaiting_shipment' },
  { action: 'ship', in: 'awaiting_shipment' }, // not all of it (FU-4)
  { action: 'warehouse', in: 'awaiting_shipment' },
  { action: 'ask_cancel', in: 'awaiting_shipment' },
  { action: 'decide_cancel', in: 'awaiting_shipment' },
  { action: 'decide_cancel', in: 'awaiting_receipt' }, // all of it had left
  { action: 'choose_after_refusal', in: 'awaiting_shipment' }, // part of it has left (CN-6)
  { action: 'choose_after_refusal', in: 'awaiting_receipt' },
  { action: 'extend_receipt', in: 'awaiting_receipt' },
  { action: 'refund', in: 'awaiting_shipment' },
  { action: 'refund', in: 'awaiting_receipt' },
  { action: 'refund', in: 'completed' },
  ...(['awaiting_shipment', 'awaiting_receipt', 'completed'] as const).map(
    (state) => ({ action: 'propose_refund', in: state }) as const,
  ),
  // Whatever became of the order since it was proposed.
  ...(['awaiting_shipment', 'awaiting_receipt', 'completed', 'cancelled', 'closed'] as const).map(
    (state) => ({ action: 'refuse_refund', in: state }) as const,
  ),
  { action: 'open_case', in: 'awaiting_receipt' },
  { action: 'open_case', in: 'completed' },
  { action: 'after_sale', in: 'awaiting_shipment' }, // a parcel of it was refused
  { action: 'after_sale', in: 'awaiting_receipt' },
  { action: 'after_sale', in: 'completed' },
  { action: 'refund', in: 'split' }, // a child of it ended
  { action: 'after_sale', in: 'split' }, // the same, by an exchange: nothing is refunded
  { action: 'correct_shipment', in: 'awaiting_shipment' },
  { action: 'correct_shipment', in: 'awaiting_receipt' },
  { action: 'parcel', in: 'awaiting_shipment' },
  { action: 'parcel', in: 'awaiting_receipt' },
  { action: 'parcel', in: 'closed' }, // its trouble is over, and so is its hold
  { action: 'urge', in: 'awaiting_shipment' },
  { action: 'urge', in: 'awaiting_receipt' },
  { action: 'hold', in: 'awaiting_receipt' },
  { action: 'hold', in: 'completed' },
  { action: 'release', in: 'awaiting_receipt' },
  { action: 'release', in: 'completed' },
  { action: 'release', in: 'closed' }, // a case closed it under another hold
];

export function canTransition(action: StepAction, from: NodeState | null, to: NodeState): boolean {
  return (
    TRANSITIONS.some((t) => t.action === action && t.from === from && t.to === to) ||
    (from === to && IN_PLACE.some((s) => s.action === action && s.in === from))
  );
}

/** Whether an action may be asked for in a state at all; used for the API's answer and the step's guard alike (ST-7). */
export function isPossible(action: StepAction, state: NodeState): boolean {
  return (
    TRANSITIONS.some((t) => t.action === action && t.from === state) ||
    IN_PLACE.some((s) => s.action === action && s.in === state)
  );
}

export function isFinal(state: NodeState): boolean {
  return state === 'completed' || state === 'cancelled' || state === 'closed' || state === 'split';
}

const PROGRESS: readonly OrderState[] = [
  'awaiting_payment',
  'awaiting_shipment',
  'awaiting_receipt',
  'completed',
];

/**
 * The state a parent shows: ignoring dead children, the least advanced; all cancelled → cancelled; all dead and any
 * closed → closed (decision 13).
 */
export function parentState(children: readonly OrderState[]): OrderState {
  const alive = PROGRESS.find((state) => children.includes(state));
  if (alive) return alive;
  return children.includes('closed') ? 'closed' : 'cancelled';
}

/** How many children are in each state, for the parent's representation. */
export function countStates(children: readonly OrderState[]): Partial<Record<OrderState, number>> {
  const counts: Partial<Record<OrderState, number>> = {};
  for (const state of children) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
