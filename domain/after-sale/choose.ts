import type { ParcelState } from '../logistics/tracks.ts';
import {
  type CancellationChoice,
  type CancellationState,
  count,
  type LineQuantity,
  requestToChooseOn,
} from '../order/cancellation.ts';
import { accept, change, type Decision, noEffects, refuse } from '../order/effects.ts';
import type { OrderNode } from '../order/node.ts';
import { isPossible } from '../order/states.ts';
import { holding } from '../order/steps/holds.ts';
import { forMoney } from './case.ts';
import { type AfterSalePeriods, type Period, periodMs } from './deadlines.ts';
import { returnablePieces } from './open.ts';

/** A parcel that has left, as its row is now. */
export interface LeftParcel {
  shipmentNo: string;
  /** The warehouse's shipment that it is a part of: what can be called back. */
  deliveryNo: string;
  lines: readonly LineQuantity[];
  trackState: ParcelState;
  /** Its warehouse has a system that can be asked. */
  hasSystem: boolean;
  /** The number of a case about it. */
  caseNo: string;
}

export interface ChoiceInput {
  leaf: OrderNode;
  cancellations: readonly {
    cancellationNo: string;
    askedBy: string;
    state: CancellationState;
    choice: CancellationChoice | null;
    lines: readonly LineQuantity[] | null;
  }[];
  cancellationNo: string;
  choice: CancellationChoice;
  parcels: readonly LeftParcel[];
  /** Pieces of the leaf in cases that are open. */
  inCases: readonly LineQuantity[];
  /** Its shop's periods. */
  periods: AfterSalePeriods;
  actor: string;
  at: Date;
}

/**
 * A cancel was refused, 订单已经出库, and its buyer keeps the order or wants it refunded once it is back (CN-6). For the
 * latter each parcel with pieces of the request has a case of its own: it comes back by itself, or alone. Nothing is
 * refunded before that.
 */
export function chooseAfterRefusal(input: ChoiceInput): Decision {
  const { leaf, cancellations, cancellationNo, choice, periods, actor, at } = input;
  const request = cancellations.find((one) => one.cancellationNo === cancellationNo);
  if (!request || requestToChooseOn({ state: leaf.state, cancellations: [request] }) === null)
    return refuse('nothing_to_choose', leaf.state);
  const { orderNo, buyerId, merchantId } = leaf;
  if (!isPossible('choose_after_refusal', leaf.state) || merchantId === null)
    return refuse('nothing_to_choose', leaf.state);
  const effects = noEffects();
  effects.cancellationsChosen.push({ cancellationNo, choice });
  if (choice === 'keep') {
    effects.nodes.push(change(leaf, 'choose_after_refusal', leaf.state));
    effects.notices.push({
      ...{ orderNo, event: `cancel_kept:${cancellationNo}`, recipient: `merchant:${merchantId}`, params: {} },
    });
    return accept(effects);
  }
  const returns = returnsOf(input, request.lines);
  if (returns.length === 0) return refuse('more_than_shipped', leaf.state);
  const holds = leaf.holds + returns.length;
  effects.nodes.push(change(leaf, 'choose_after_refusal', leaf.state, { ...holding(leaf, at), holds }));
  for (const { caseNo, shipmentNo, pieces, trackState, state, within } of returns) {
    const hold = { holdId: caseNo, orderNo, reason: 'cancelled after it had left', placedBy: actor };
    effects.holds.push({ ...hold, placed: true });
    effects.cases.push({
      ...{ caseNo, orderNo, buyerId, merchantId, holdId: caseNo, shipmentNo, state },
      pieces: pieces.map(forMoney),
      ...{ kind: 'return_refund', reason: 'cancelled_late', sealedWords: null },
      wasSigned: trackState === 'signed',
      periods,
      dueAt: new Date(at.getTime() + periodMs(periods, within)),
    });
    effects.caseLog.push({
      ...{ caseNo, action: 'cancelled_late', actor, fromState: null, toState: state, words: null },
    });
    for (const recipient of [`buyer:${buyerId}`, `merchant:${merchantId}`])
      effects.notices.push({
        orderNo,
        event: `after_sale_${state}:${caseNo}`,
        recipient,
        params: { caseNo },
      });
  }
  return accept(effects);
}

type Return = LeftParcel & {
  pieces: LineQuantity[];
  state: 'intercepting' | 'awaiting_parcel' | 'returning';
  within: Period;
};

/** What is to come back, by parcel. */
function returnsOf({ leaf, parcels, inCases }: ChoiceInput, asked: readonly LineQuantity[] | null): Return[] {
  const free = new Map(
    returnablePieces(leaf, inCases).map(({ lineNo, quantity }) => {
      const wanted = asked ? (asked.find((one) => one.lineNo === lineNo)?.quantity ?? 0) : quantity;
      return [lineNo, Math.min(quantity, wanted)];
    }),
  );
  const taken = parcels.map((parcel) => {
    const pieces = parcel.lines.flatMap(({ lineNo, quantity }) => {
      const left = free.get(lineNo) ?? 0;
      const piece = Math.min(quantity, left);
      free.set(lineNo, left - piece);
      return piece > 0 ? [{ lineNo, quantity: piece }] : [];
    });
    return { ...parcel, pieces };
  });
  // The carrier brings back all of a delivery or nothing: what else is in it is its buyer's.
  const isWhole = ({ deliveryNo }: LeftParcel) =>
    taken
      .filter((one) => one.deliveryNo === deliveryNo)
      .every(({ lines, pieces }) => count(lines) === count(pieces));
  return taken
    .filter(({ pieces }) => pieces.length > 0)
    .map((parcel) => ({ ...parcel, ...beginning(parcel, isWhole(parcel)) }));
}

const COMING_BACK: ReadonlySet<ParcelState> = new Set<ParcelState>(['refused', 'returning', 'returned']);

/** Where a parcel's case begins: the carrier is asked where there is somebody to ask it. */
function beginning(
  { trackState, hasSystem }: LeftParcel,
  isWhole: boolean,
): Pick<Return, 'state' | 'within'> {
  if (COMING_BACK.has(trackState)) return { state: 'returning', within: 'parcelArrives' };
  if (trackState === 'signed') return { state: 'awaiting_parcel', within: 'buyerSendsBack' };
  if (hasSystem && isWhole) return { state: 'intercepting', within: 'carrierIntercepts' };
  return { state: 'awaiting_parcel', within: 'lateParcelComesBack' };
}
