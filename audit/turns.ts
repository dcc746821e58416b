import { type Books, type Finding, type Order } from './facts.ts';
import { OPEN_STAGES } from './pieces.ts';
import { grouped } from './sums.ts';

type TurnBooks = Pick<Books, 'orders' | 'lines' | 'shipments' | 'workItems' | 'cancellations'>;

/** How long a shipment may wait to be told to its warehouse before a person must know. */
export const PUSH_PATIENCE_MS = 600_000;

const ENDED = new Set(['completed', 'cancelled', 'closed', 'awaiting_receipt']);

const finding = (subject: string, problem: string): Finding => ({ invariant: 'I5', subject, problem });

/** I5: every paid leaf was shipped or given back, or it is somebody's turn. */
export function auditTurns(books: TurnBooks): Finding[] {
  return [...turns(books), ...waitingPushes(books), ...openRequests(books)];
}

function turns({ orders, lines, shipments, workItems }: TurnBooks): Finding[] {
  const shipmentsOf = grouped(
    shipments.filter(({ stage }) => OPEN_STAGES.includes(stage)),
    ({ orderNo }) => orderNo,
  );
  const itemsOf = grouped(
    workItems.filter(({ open }) => open),
    ({ orderNo }) => orderNo ?? '',
  );
  const unsent = grouped(
    lines.filter(
      ({ quantity, planned, shipped, reversed, returned }) =>
        quantity > planned + shipped + reversed - returned,
    ),
    ({ orderNo }) => orderNo,
  );
  const isSomebodys = ({ orderNo, review, dispatch, cancellationNo }: Order): boolean =>
    cancellationNo !== null ||
    review !== 'confirmed' ||
    dispatch === 'due' ||
    shipmentsOf.of(orderNo).length > 0 ||
    itemsOf.of(orderNo).length > 0 ||
    unsent.of(orderNo).length > 0;
  return orders
    .filter(({ kind, isPaid, state }) => kind !== 'parent' && isPaid && !ENDED.has(state))
    .flatMap((order) => {
      const subject = `order ${order.orderNo}`;
      if (order.state !== 'awaiting_shipment') return [finding(subject, `it is paid and ${order.state}`)];
      return isSomebodys(order) ? [] : [finding(subject, 'it is paid, and it is nobody’s turn')];
    });
}

/** A shipment that its warehouse was not told of, or did not answer: a person knows of it before long. */
function waitingPushes({ orders, shipments, workItems }: TurnBooks): Finding[] {
  const known = new Set(workItems.filter(({ open }) => open).map(({ orderNo }) => orderNo));
  const paused = new Set(
    orders.filter(({ cancellationNo }) => cancellationNo !== null).map(({ orderNo }) => orderNo),
  );
  return shipments
    .filter(({ stage, orderNo, ageMs }) => {
      const isUntold = stage === 'planned' || stage === 'pushing';
      return isUntold && (ageMs ?? 0) > PUSH_PATIENCE_MS && !known.has(orderNo) && !paused.has(orderNo);
    })
    .map(({ shipmentNo, stage, ageMs }) =>
      finding(
        `shipment ${shipmentNo}`,
        `it is ${stage} for ${Math.round((ageMs ?? 0) / 1000)} s, and nobody knows`,
      ),
    );
}

/** A leaf names the request about it that is open, and an open request has its leaf waiting for it. */
function openRequests({ orders, cancellations }: TurnBooks): Finding[] {
  const open = cancellations.filter((cancellation) => cancellation.open);
  const named = new Map(orders.map(({ orderNo, cancellationNo }) => [orderNo, cancellationNo]));
  const undecided = new Set(open.map(({ cancellationNo }) => cancellationNo));
  return [
    ...open
      .filter(({ orderNo, cancellationNo }) => named.get(orderNo) !== cancellationNo)
      .map(({ cancellationNo, orderNo }) =>
        finding(`cancellation ${cancellationNo}`, `it is open, and order ${orderNo} does not wait for it`),
      ),
    ...orders
      .filter(({ cancellationNo }) => cancellationNo !== null && !undecided.has(cancellationNo))
      .map(({ orderNo, cancellationNo }) =>
        finding(`order ${orderNo}`, `it waits for cancellation ${cancellationNo}, which is not open`),
      ),
  ];
}
