import type { Voucher } from '../ledger/voucher.ts';
import type { Fen } from '../money.ts';
import type { CancellationChoice } from './cancellation.ts';
import type { CaseLogEntry, CaseRowChange, NewCase, NewSentBack } from './case-effects.ts';
import type {
  DecidedCancellation,
  LineReversal,
  NewCancellation,
  NewShipment,
  NewWorkItem,
  ShipmentChange,
  ShipmentCorrection,
} from './fulfilment-effects.ts';
import type { Goodwill } from './goodwill.ts';
import type { OrderNode } from './node.ts';
import type { LineProgress } from './progress.ts';
import type { DecidedProposal, NewProposal } from './proposal.ts';
import { canTransition, type Dispatch, type NodeState, type ReviewState, type StepAction } from './states.ts';

/** What a step does, as data. `db/commands/commit-step.ts` writes all of it in one statement, or none of it. */
export interface Effects {
  /** Orders that the step makes: a replacement (RT-8). */
  made: OrderNode[];
  nodes: NodeChange[];
  stock: StockChange[];
  points: PointsChange[];
  coupons: CouponChange[];
  payments: PaymentChange[];
  refunds: NewRefund[];
  shipments: NewShipment[];
  shipmentChanges: ShipmentChange[];
  corrections: ShipmentCorrection[];
  reversals: LineReversal[];
  cancellations: NewCancellation[];
  cancellationsDecided: DecidedCancellation[];
  cancellationsChosen: { cancellationNo: string; choice: CancellationChoice }[];
  cases: NewCase[];
  caseChanges: CaseRowChange[];
  caseLog: CaseLogEntry[];
  sentBack: NewSentBack[];
  workItems: NewWorkItem[];
  workItemsDone: { workItemId: string; outcome: string; closedBy?: string }[];
  vouchers: Voucher[];
  settlementLines: NewSettlementLine[];
  notices: Notice[];
  holds: HoldChange[];
  goodwillUsed: GoodwillUse[];
  proposals: NewProposal[];
  proposalsDecided: DecidedProposal[];
}

/** A guarded change of a node: it happens only if the row still has `expectedVersion`. Unset fields stay. */
export interface NodeChange {
  orderNo: string;
  expectedVersion: number;
  from: NodeState;
  to: NodeState;
  set: Partial<{
    review: ReviewState;
    reviewReason: string;
    dispatch: Dispatch;
    progress: LineProgress;
    shipmentsMade: number;
    /** Empty: no request is open any more. */
    cancellationNo: string;
    cancellationDueAt: Date;
    contractId: string;
    paidAt: Date;
    shippedAt: Date;
    autoReceiptAt: Date;
    holds: number;
    clockLeftMs: number;
    receiptExtended: boolean;
    givenBackFen: Fen;
    priceCutFen: Fen;
    freightCutFen: Fen;
    goodwill: Goodwill;
    earnRate: number;
    endedAt: Date;
    endReason: string;
  }>;
}

/** Why pieces that were sold do not go on sale again: not there (FU-5), or what the inspection said (IN-6). */
export type WriteOff = 'shortage' | 'damaged' | 'lost';

export interface StockChange {
  orderNo: string;
  skuId: string;
  warehouseId: string;
  cause: 'reserve' | 'release' | 'sell' | 'return' | 'reassign' | WriteOff;
  onHandDelta: number;
  reservedDelta: number;
  /** Sets apart the movements of one cause, where an order comes back in parts. */
  ref?: string;
}

export interface PointsChange {
  orderNo: string;
  buyerId: string;
  cause: 'freeze' | 'unfreeze' | 'deduct' | 'return' | 'earn' | 'unearn';
  balanceDelta: number;
  frozenDelta: number;
  ref?: string;
}

export interface CouponChange {
  couponId: string;
  orderNo: string;
  from: 'available' | 'locked' | 'used';
  to: 'available' | 'locked' | 'used' | 'expired';
  /** The coupon alike that takes its place (decision 7). */
  reissued?: { couponId: string; validFrom: Date; validTo: Date };
}

export interface PaymentChange {
  outTradeNo: string;
  state: 'succeeded' | 'closed';
  providerTradeNo: string | null;
  paidAt: Date | null;
  receivedFen: Fen | null;
}

export interface NewRefund {
  refundNo: string;
  outTradeNo: string;
  orderNo: string;
  amountFen: Fen;
  reason: string;
  /** Where the money lies until it is back: an order's deposits, or what belonged to no open order (PY-6). */
  source: 'deposits' | 'unallocated';
}

export interface NewSettlementLine {
  orderNo: string;
  lineNo: number;
  /** 0 for the receipt's; later ones take back, and are negative. */
  seq: number;
  merchantId: string;
  dueAt: Date;
  baseFen: Fen;
  commissionFen: Fen;
  netFen: Fen;
}

/** Told to `buyer:<id>`, `merchant:<id>` or `platform:<role>`, once per order and event (NT-2). */
export interface Notice {
  orderNo: string;
  event: string;
  recipient: string;
  params: Record<string, string | number>;
}

/** A hold placed on or taken off a leaf; `orders.holds` counts the open ones. */
export interface HoldChange {
  holdId: string;
  orderNo: string;
  reason: string;
  placedBy: string;
  placed: boolean;
}

/** Goodwill that counts against what its giver can give that day; refused as `goodwill_limit` beyond it (RF-8). */
export interface GoodwillUse {
  operator: string;
  day: string;
  amountFen: Fen;
  limitFen: Fen;
}

/** The consumed message's fate, written into its inbox row and shown to whoever sent it. */
export type Verdict = { result: 'accepted' } | { result: 'refused'; code: string; state: NodeState };

/** Outside work that a step makes necessary: shipments to be told to their warehouse, and a request to be carried out. */
export interface ToDo {
  push?: readonly string[];
  /** An after-sale case that was opened. */
  startCase?: string;
  stop?: { cancellationNo: string; shipmentNos: readonly string[] };
}

/** What a step decides: effects to commit, and the verdict. A refusal has no effects but leaves a log row. */
export interface Decision {
  verdict: Verdict;
  effects: Effects;
  /** Paid, while another attempt could still take money. */
  attemptsLeft?: boolean;
  /** What the log row keeps beside the message: what was there before. */
  trace?: Record<string, unknown>;
  /** What the workflow is to have done outside because of it. */
  toDo?: ToDo;
  /** Not possible yet, something must be done first: nothing is written, not even the refusal. */
  transient?: boolean;
}

export function noEffects(): Effects {
  return {
    made: [],
    nodes: [],
    stock: [],
    points: [],
    coupons: [],
    payments: [],
    refunds: [],
    shipments: [],
    shipmentChanges: [],
    corrections: [],
    reversals: [],
    cancellations: [],
    cancellationsDecided: [],
    cancellationsChosen: [],
    cases: [],
    caseChanges: [],
    caseLog: [],
    sentBack: [],
    workItems: [],
    workItemsDone: [],
    vouchers: [],
    settlementLines: [],
    notices: [],
    holds: [],
    goodwillUsed: [],
    proposals: [],
    proposalsDecided: [],
  };
}

export function refuse(code: string, state: NodeState): Decision {
  return { verdict: { result: 'refused', code, state }, effects: noEffects() };
}

export function accept(effects: Effects): Decision {
  return { verdict: { result: 'accepted' }, effects };
}

/** A guarded change of a node; throws if the table of transitions lacks it, which is a defect of the caller. */
export function change(
  node: OrderNode,
  action: StepAction,
  to: NodeState,
  set: NodeChange['set'] = {},
): NodeChange {
  if (!canTransition(action, node.state, to))
    throw new Error(`no transition ${action}: ${node.state} → ${to}`);
  return { orderNo: node.orderNo, expectedVersion: node.version, from: node.state, to, set };
}
