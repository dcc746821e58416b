import type { LineQuantity } from '../order/cancellation.ts';
import type { OrderNode } from '../order/node.ts';
import { isWithin, openLines } from '../order/progress.ts';
import { whyNotShippable } from '../order/steps/ship.ts';

/**
 * Where an electronic waybill is (FU-8): asked for; issued, and to be stuck on the parcel; refused by the carrier;
 * handed over with the parcel; to be taken back; void.
 */
export const WAYBILL_STATES = ['asked', 'issued', 'refused', 'handed_over', 'voiding', 'voided'] as const;
export type WaybillState = (typeof WAYBILL_STATES)[number];

/** Who receives an order's parcel. */
export type Receiver = Readonly<
  Record<'name' | 'phone' | 'province' | 'city' | 'district' | 'street', string>
>;

/** An order that is to go into a parcel. */
export interface Packing {
  leaf: OrderNode;
  receiver: Receiver;
  /** Its pieces for which there are waybills that nobody has handed over yet. */
  waybilled: readonly LineQuantity[];
  /** All that can go when not given. */
  lines?: readonly LineQuantity[] | undefined;
}

export type Consigned =
  | { result: 'consigned'; pieces: { orderNo: string; lines: readonly LineQuantity[] }[] }
  | { result: 'refused'; code: string; orderNo: string };

/**
 * What goes into one parcel: pieces of orders of one buyer to one address, that their merchant ships and that are in no
 * other open waybill (FU-8). The first order that does not fit is named.
 */
export function consign(packings: readonly Packing[]): Consigned {
  const [first] = packings;
  const pieces = [];
  for (const { leaf, receiver, waybilled, lines } of packings) {
    const { orderNo, buyerId } = leaf;
    const refused = (code: string): Consigned => ({ result: 'refused', code, orderNo });
    const reason = whyNotShippable(leaf);
    if (reason) return refused(reason);
    if (buyerId !== first?.leaf.buyerId || !isSame(receiver, first.receiver))
      return refused('other_receiver');
    const free = without(openLines(leaf), waybilled);
    if (free.length === 0 || !isWithin(lines ?? free, free))
      return refused(waybilled.length > 0 ? 'waybill_open' : 'more_than_open');
    pieces.push({ orderNo, lines: lines ?? free });
  }
  return { result: 'consigned', pieces };
}

const isSame = (one: Receiver, other: Receiver): boolean =>
  (['name', 'phone', 'province', 'city', 'district', 'street'] as const).every(
    (field) => one[field] === other[field],
  );

function without(pieces: readonly LineQuantity[], taken: readonly LineQuantity[]): LineQuantity[] {
  return pieces.flatMap(({ lineNo, quantity }) => {
    const free = taken
      .filter((piece) => piece.lineNo === lineNo)
      .reduce((left, piece) => left - piece.quantity, quantity);
    return free > 0 ? [{ lineNo, quantity: free }] : [];
  });
}
