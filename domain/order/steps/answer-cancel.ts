import type { LineQuantity } from '../cancellation.ts';
import { type Decision, refuse } from '../effects.ts';
import { unsentPieces } from '../progress.ts';
import { type DecideInput, decideCancel, telling } from './cancel.ts';
import { dispatchAnew } from './conclude-cancel.ts';
import { ship } from './ship.ts';

/** Who answers a request to stop in the warehouse's stead. */
export type CancelAnswer =
  /** The merchant who ships by hand agrees, or proves that it was handed over (decision 24). */
  | { by: 'merchant'; answer: 'agree' }
  | {
      by: 'merchant';
      answer: 'shipped';
      carrier: string;
      trackingNo: string;
      lines?: readonly LineQuantity[];
    }
  /** A person found out what the warehouse did not say (CN-4). */
  | { by: 'platform'; answer: 'stopped' | 'left' };

/**
 * An answer of a person. A merchant's proof refuses the request and ships at once (CN-3); the platform's word counts for
 * every shipment that was asked about, once the warehouse was asked in vain.
 */
export function answerCancel(input: Omit<DecideInput, 'answers'> & { answer: CancelAnswer }): Decision {
  const { leaf, cancellation, answer, at } = input;
  if (leaf.cancellationNo === null || cancellation?.cancellationNo !== leaf.cancellationNo)
    return refuse('no_cancellation', leaf.state);
  const byHand = cancellation.shipmentNos.length === 0;
  if (byHand !== (answer.by === 'merchant')) return refuse('not_asked', leaf.state);
  if (answer.by === 'platform') {
    if (cancellation.state !== 'queued') return refuse('warehouse_asked', leaf.state);
    const shipments = Object.fromEntries(
      cancellation.shipmentNos.map((shipmentNo) => [shipmentNo, answer.answer]),
    );
    return decideCancel({ ...input, answers: { shipments } });
  }
  if (answer.answer === 'agree') return decideCancel({ ...input, answers: { shipments: {} } });
  const shipping = ship({ ...leaf, cancellationNo: null }, answer, at);
  if (shipping.verdict.result === 'refused') return shipping;
  const { effects } = shipping;
  const [now] = effects.nodes;
  const left = unsentPieces({ ...leaf, ...now?.set });
  const isOpen = (cancellation.lines ?? left).some(({ lineNo }) =>
    left.some((piece) => piece.lineNo === lineNo),
  );
  // Part of it had left (CN-5): the request goes on about the rest.
  if (isOpen) return shipping;
  const anew = now?.to === 'awaiting_shipment' ? dispatchAnew({ ...leaf, ...now.set }) : {};
  effects.nodes = effects.nodes.map((change) => ({
    ...change,
    set: { ...change.set, ...anew, cancellationNo: '' },
  }));
  effects.cancellationsDecided.push({ cancellationNo: cancellation.cancellationNo, state: 'refused' });
  for (const recipient of [`buyer:${leaf.buyerId}`, `merchant:${leaf.merchantId}`])
    effects.notices.push({
      orderNo: leaf.orderNo,
      event: `cancel_refused:${cancellation.cancellationNo}`,
      recipient,
      params: { reason: cancellation.reason },
    });
  return { ...shipping, ...telling(input.shipments) };
}
