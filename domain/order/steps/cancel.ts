import { isInWarehouse } from '../../fulfilment/stages.ts';
import { isDecided, type LineQuantity } from '../cancellation.ts';
import { accept, change, type Decision, type Effects, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isWithin, type LineProgress, moved, openLines, unsentPieces } from '../progress.ts';
import { isPossible } from '../states.ts';
import { type Cancellation, conclude, type Money } from './conclude-cancel.ts';
import type { ShipmentRow } from './warehouse.ts';

export interface CancelCommand {
  reason: string;
  /** Null for all that has not left. */
  lines: readonly LineQuantity[] | null;
  askedBy: 'buyer' | 'merchant' | 'platform';
  /** The pieces are not there (FU-5). */
  missing: boolean;
}

/** Who answered for each shipment that was asked about; the merchant answers for what it ships itself. */
export interface StopAnswers {
  shipments: Readonly<Record<string, 'stopped' | 'left' | 'unknown'>>;
}

/** How long a merchant who ships by hand has to prove that it did (decision 24). */
const PROOF_MS = 24 * 3_600_000;

export interface AskInput extends Money {
  leaf: OrderNode;
  shipments: readonly ShipmentRow[];
  command: CancelCommand;
  cancellationNo: string;
  at: Date;
}

/**
 * A paid leaf, or pieces of it, is to be stopped before it leaves (CN-2, FU-5, RF-1): outbound is paused; what was not
 * pushed yet is stopped at once, a warehouse that may have it is asked, and so is a merchant who ships by hand and has
 * confirmed. Where nobody is to be asked it is agreed in the same step.
 */
export function askCancel(input: AskInput): Decision {
  const { leaf, shipments, command, cancellationNo, at } = input;
  if (!isPossible('ask_cancel', leaf.state)) return refuse('not_awaiting_shipment', leaf.state);
  if (leaf.cancellationNo !== null) return refuse('cancellation_open', leaf.state);
  const unsent = unsentPieces(leaf);
  if (command.lines && !isWithin(command.lines, unsent)) return refuse('more_than_open', leaf.state);
  const effects = noEffects();
  const wanted = command.lines ?? unsent;
  const touched = shipments.filter(
    ({ stage, lines }) =>
      (stage === 'planned' || isInWarehouse(stage)) &&
      lines.some((line) => line.quantity > 0 && wanted.some(({ lineNo }) => lineNo === line.lineNo)),
  );
  const planned = touched.filter(({ stage }) => stage === 'planned');
  const asked = touched.filter(({ stage }) => stage !== 'planned').map(({ shipmentNo }) => shipmentNo);
  const progress = stopShipments(effects, leaf.progress, planned);
  const ofMerchant = leaf.dispatch === 'due' ? [] : openLines(leaf);
  const isByHand = wanted.some(({ lineNo }) => ofMerchant.some((piece) => piece.lineNo === lineNo));
  const byHand = command.askedBy !== 'merchant' && isByHand && leaf.review === 'confirmed';
  const cancellation: Cancellation = {
    cancellationNo,
    ...{ askedBy: command.askedBy, reason: command.reason, lines: command.lines },
    ...{ missing: command.missing, shipmentNos: asked, state: 'asking' },
  };
  if (asked.length === 0 && !byHand) {
    const agreed = conclude(effects, { ...input, leaf: { ...leaf, progress } }, cancellation, 'ask_cancel');
    effects.cancellations.push({ ...rowOf(leaf, cancellation), state: agreed, answerDueAt: null });
    return accept(effects);
  }
  const answerDueAt = asked.length === 0 ? new Date(at.getTime() + PROOF_MS) : null;
  effects.cancellations.push({ ...rowOf(leaf, cancellation), answerDueAt });
  effects.nodes.push(
    change(leaf, 'ask_cancel', leaf.state, {
      progress,
      cancellationNo,
      ...(answerDueAt ? { cancellationDueAt: answerDueAt } : {}),
    }),
  );
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `cancel_asked:${cancellationNo}`,
    recipient: `merchant:${leaf.merchantId}`,
    params: { reason: command.reason },
  });
  return {
    ...accept(effects),
    ...(asked.length > 0 ? { toDo: { stop: { cancellationNo, shipmentNos: asked } } } : {}),
  };
}

export interface DecideInput extends Money {
  leaf: OrderNode;
  shipments: readonly ShipmentRow[];
  cancellation: Cancellation | undefined;
  answers: StopAnswers;
  at: Date;
}

/**
 * The answers are there (CN-3, CN-5): what was stopped is taken back, what had left goes on. A shipment's own row has the
 * last word: what left meanwhile has left. Where nobody knows, money and outbound wait for a person (CN-4).
 */
export function decideCancel(input: DecideInput): Decision {
  const { leaf, shipments, cancellation, answers } = input;
  if (!isPossible('decide_cancel', leaf.state) || leaf.cancellationNo === null)
    return refuse('no_cancellation', leaf.state);
  if (cancellation?.cancellationNo !== leaf.cancellationNo || isDecided(cancellation.state))
    return refuse('no_cancellation', leaf.state);
  const effects = noEffects();
  const open = shipments.filter(
    ({ shipmentNo, stage }) => cancellation.shipmentNos.includes(shipmentNo) && isInWarehouse(stage),
  );
  const answerOf = ({ shipmentNo }: ShipmentRow) => answers.shipments[shipmentNo] ?? 'unknown';
  if (open.some((shipment) => answerOf(shipment) === 'unknown')) return queue(effects, leaf, cancellation);
  const stopped = open.filter((shipment) => answerOf(shipment) === 'stopped');
  const progress = stopShipments(effects, leaf.progress, stopped);
  const state = conclude(effects, { ...input, leaf: { ...leaf, progress } }, cancellation, 'decide_cancel');
  effects.cancellationsDecided.push({ cancellationNo: cancellation.cancellationNo, state });
  effects.workItemsDone.push({ workItemId: questionOf(cancellation), outcome: state });
  return { ...accept(effects), ...telling(shipments.filter((shipment) => !stopped.includes(shipment))) };
}

/** No warehouse is told of anything while a request is open: what goes on and was not taken yet is told at its end. */
export function telling(shipments: readonly ShipmentRow[]): Pick<Decision, 'toDo'> {
  const waiting = shipments.filter(({ stage }) => stage === 'planned' || stage === 'pushing');
  return waiting.length > 0 ? { toDo: { push: waiting.map(({ shipmentNo }) => shipmentNo) } } : {};
}

const questionOf = ({ cancellationNo }: Pick<Cancellation, 'cancellationNo'>): string =>
  `cancel-${cancellationNo}`;

function rowOf({ orderNo }: OrderNode, cancellation: Cancellation) {
  return { ...cancellation, orderNo };
}

/** CN-4: five questions without a verdict. */
function queue(effects: Effects, leaf: OrderNode, cancellation: Cancellation): Decision {
  if (cancellation.state === 'queued') return refuse('warehouse_unknown', leaf.state);
  effects.cancellationsDecided.push({ cancellationNo: cancellation.cancellationNo, state: 'queued' });
  effects.workItems.push({
    workItemId: questionOf(cancellation),
    kind: 'cancel_unanswered',
    orderNo: leaf.orderNo,
    reason: `the warehouse does not say whether ${cancellation.shipmentNos.join(', ')} can be stopped`,
    ownerRole: 'customer_service',
    waysOut: ['stopped', 'left'],
  });
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `cancel_queued:${cancellation.cancellationNo}`,
    recipient: `buyer:${leaf.buyerId}`,
    params: {},
  });
  return accept(effects);
}

/** Shipments that will not leave: their pieces are nobody's to send. */
function stopShipments(
  effects: Effects,
  progress: LineProgress,
  stopped: readonly ShipmentRow[],
): LineProgress {
  effects.shipmentChanges.push(
    ...stopped.map(({ shipmentNo, stage }) => ({ shipmentNo, from: [stage], to: 'cancelled' as const })),
  );
  const pieces = stopped.flatMap(({ lines }) => lines.filter(({ quantity }) => quantity > 0));
  return moved(progress, pieces, { from: 'planned', to: null });
}
