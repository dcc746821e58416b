import { accept, change, type Decision, type NodeChange, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

const LEAST_LEFT_MS = 24 * 3_600_000;
const EXTENSION_MS = 3 * 24 * 3_600_000;

/** An open case stops the leaf's receipt and settlement, and its auto-receipt clock (ST-3, decision 27). */
export function placeHold(
  leaf: OrderNode,
  hold: { holdId: string; reason: string; placedBy: string },
  at: Date,
  action: 'hold' | 'parcel' = 'hold',
): Decision {
  if (!isPossible(action, leaf.state)) return refuse('not_holdable', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, action, leaf.state, holding(leaf, at)));
  effects.holds.push({ ...hold, orderNo: leaf.orderNo, placed: true });
  return accept(effects);
}

/** The last hold gone, the rest of the clock runs on, at least 24 hours (decision 27). */
export function releaseHold(
  leaf: OrderNode,
  hold: { holdId: string; reason: string; placedBy: string },
  at: Date,
  action: 'release' | 'parcel' = 'release',
): Decision {
  if (leaf.holds === 0 || !isPossible(action, leaf.state)) return refuse('not_held', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, action, leaf.state, releasing(leaf, at)));
  effects.holds.push({ ...hold, orderNo: leaf.orderNo, placed: false });
  return accept(effects);
}

/** One hold more: the first stops the clock and keeps what was left of it. */
export function holding(leaf: OrderNode, at: Date): NodeChange['set'] {
  const running = leaf.holds === 0 && leaf.autoReceiptAt !== null;
  const clockLeftMs = running
    ? Math.max(0, (leaf.autoReceiptAt as Date).getTime() - at.getTime())
    : (leaf.clockLeftMs ?? 0);
  return { holds: leaf.holds + 1, clockLeftMs };
}

/** One hold less: with the last the rest of the clock runs on, at least 24 hours (decision 27). */
export function releasing(leaf: OrderNode, at: Date): NodeChange['set'] {
  const last = leaf.holds === 1 && leaf.state === 'awaiting_receipt';
  const autoReceiptAt = new Date(at.getTime() + Math.max(leaf.clockLeftMs ?? 0, LEAST_LEFT_MS));
  return { holds: leaf.holds - 1, ...(last ? { autoReceiptAt } : {}) };
}

/** The buyer asks for three more days, once (ST-3). */
export function extendReceipt(leaf: OrderNode): Decision {
  if (!isPossible('extend_receipt', leaf.state)) return refuse('not_awaiting_receipt', leaf.state);
  if (leaf.receiptExtended) return refuse('already_extended', leaf.state);
  if (leaf.holds > 0 || leaf.autoReceiptAt === null) return refuse('held', leaf.state);
  const effects = noEffects();
  const autoReceiptAt = new Date(leaf.autoReceiptAt.getTime() + EXTENSION_MS);
  effects.nodes.push(change(leaf, 'extend_receipt', leaf.state, { autoReceiptAt, receiptExtended: true }));
  return accept(effects);
}
