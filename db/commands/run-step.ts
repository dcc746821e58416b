import type { Decision } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import type { StepAction } from '../../domain/order/states.ts';
import { type StepResult, viewOf } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { outsideWork } from '../queries/fulfilment.ts';
import { loadStoredResult, wasStored } from '../queries/order-nodes.ts';
import { type CommitRefusal, CommitRefused, commitStep } from './commit-step.ts';
import type { StepCommit } from './step-document.ts';

export interface StepRequest {
  orderNo: string;
  /** Names the step among those of its order: the message that caused it, or the timer's name. */
  stepKey: string;
  action: StepAction;
  actor: string;
  at: Date;
  inboxId?: string | undefined;
  input: Record<string, unknown>;
}

/** What a step found and decided: the nodes it may change (its own first), and the decision. */
export interface Considered {
  nodes: readonly OrderNode[];
  decision: Decision;
  /** The rows of orders that it makes. */
  newOrders?: StepCommit['newOrders'];
}

const TRIES = 6;

/**
 * Runs one step by its contract: load, decide, commit in one statement. A row that moved in between is looked at
 * again; a step that ran before answers what it answered then, with the row as it is now.
 *
 * `consider` loads and decides afresh at each try and is told why the database refused the last one.
 */
export async function runStep(
  db: Database,
  request: StepRequest,
  consider: (refusal: CommitRefusal | null) => Promise<Considered>,
): Promise<StepResult> {
  let refusal: CommitRefusal | null = null;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const { nodes, decision, newOrders = [] } = await consider(refusal);
    const refused = decision.verdict.result === 'refused';
    const result = resultOf(refused ? 'conflict' : 'applied', nodes, decision);
    // A timer's step that is not possible now leaves no trace: it may be possible later, under the same key.
    if (refused && request.inboxId === undefined) return result;
    if (decision.transient) return result;
    try {
      await commitStep(db, {
        at: request.at,
        effects: decision.effects,
        newOrders,
        newLines: decision.effects.made.flatMap(({ orderNo, lines }) =>
          lines.map((line) => ({ ...line, orderNo })),
        ),
        log: [...logRows(request, nodes, decision, result), ...decision.effects.made.map(bornBy(request))],
        inbox: request.inboxId ? { inboxId: request.inboxId, verdict: decision.verdict } : undefined,
      });
      return result;
    } catch (error) {
      if (!(error instanceof CommitRefused)) throw error;
      if (error.reason === 'repeated') return await repeated(db, request, consider);
      if (error.reason === 'duplicate') {
        if (await wasStored(db, request.orderNo, request.stepKey))
          return await repeated(db, request, consider);
        throw error.cause ?? error;
      }
      refusal = error.reason;
    }
  }
  throw new Error(`the step ${request.action} of ${request.orderNo} found the row changed ${TRIES} times`);
}

/**
 * The same for a step whose key is its caller's: what is refused because it was done under this key before was accepted.
 */
export async function runKeyedStep(
  db: Database,
  request: Omit<StepRequest, 'inboxId'>,
  consider: (refusal: CommitRefusal | null) => Promise<Considered>,
): Promise<StepResult> {
  const result = await runStep(db, request, consider);
  const isRepeated =
    result.verdict.result === 'refused' && (await wasStored(db, request.orderNo, request.stepKey));
  return isRepeated ? { ...result, outcome: 'repeated', verdict: { result: 'accepted' } } : result;
}

async function repeated(
  db: Database,
  { orderNo, stepKey }: StepRequest,
  consider: (refusal: CommitRefusal | null) => Promise<Considered>,
): Promise<StepResult> {
  const [stored, { nodes }] = await Promise.all([loadStoredResult(db, orderNo, stepKey), consider(null)]);
  const [own, ...others] = nodes;
  return {
    ...(stored as unknown as StepResult),
    outcome: 'repeated',
    node: own ? viewOf(own, others) : null,
    // Steps after this one may have run, too, in a task whose worker died: what they left to do is asked of the rows.
    ...(own ? { toDo: await outsideWork(db, own) } : {}),
  };
}

function resultOf(
  outcome: StepResult['outcome'],
  nodes: readonly OrderNode[],
  { verdict, effects, attemptsLeft, toDo }: Decision,
): StepResult {
  const [own, ...others] = nodes.map((node) => after(node, effects.nodes));
  return {
    outcome,
    verdict,
    node: own ? viewOf(own, others) : null,
    refundNos: effects.refunds.map((refund) => refund.refundNo),
    ...(attemptsLeft ? { attemptsLeft: true } : {}),
    ...(toDo ? { toDo } : {}),
  };
}

/** The node as the commit will leave it. */
function after(node: OrderNode, changes: Decision['effects']['nodes']): OrderNode {
  const change = changes.find((candidate) => candidate.orderNo === node.orderNo);
  if (!change) return node;
  const { review, contractId, autoReceiptAt, holds, clockLeftMs, receiptExtended } = change.set;
  const { givenBackFen, priceCutFen, freightCutFen, dispatch, progress } = change.set;
  const { cancellationNo, cancellationDueAt } = change.set;
  return {
    ...node,
    state: change.to,
    version: node.version + 1,
    review: review ?? node.review,
    dispatch: dispatch ?? node.dispatch,
    progress: progress ?? node.progress,
    cancellationNo: cancellationNo === '' ? null : (cancellationNo ?? node.cancellationNo),
    cancellationDueAt: cancellationDueAt ?? node.cancellationDueAt,
    contractId: contractId ?? node.contractId,
    autoReceiptAt: autoReceiptAt ?? node.autoReceiptAt,
    holds: holds ?? node.holds,
    clockLeftMs: clockLeftMs ?? node.clockLeftMs,
    receiptExtended: receiptExtended ?? node.receiptExtended,
    givenBackFen: givenBackFen ?? node.givenBackFen,
    // The node as loaded has its earlier cuts taken off; its view has these too.
    payableFen:
      node.payableFen -
      ((priceCutFen ?? node.priceCutFen) - node.priceCutFen) -
      ((freightCutFen ?? node.freightCutFen) - node.freightCutFen),
  };
}

/** A log row per node that changed, and one for the step's own node in any case: it carries the stored result. */
function logRows(
  request: StepRequest,
  nodes: readonly OrderNode[],
  { effects, trace }: Decision,
  result: StepResult,
) {
  const { stepKey, action, actor, input, at } = request;
  const { node: _view, ...stored } = result;
  return nodes
    .filter((node, index) => index === 0 || effects.nodes.some((change) => change.orderNo === node.orderNo))
    .map((node) => {
      const then = after(node, effects.nodes);
      const { orderNo } = node;
      return {
        orderNo,
        stepKey,
        action,
        actor,
        fromState: node.state,
        toState: then.state,
        version: then.version,
        input: { ...input, ...trace },
        result: { ...stored },
        at,
      };
    });
}

/** The first log row of an order that a step made. */
const bornBy =
  ({ actor, at, input }: StepRequest) =>
  ({ orderNo, state, version }: OrderNode): StepCommit['log'][number] => ({
    ...{ orderNo, stepKey: 'submit', action: 'submit', actor, at, input, version, fromState: null },
    toState: state,
    result: { outcome: 'applied', verdict: { result: 'accepted' }, refundNos: [] },
  });
