import type { LineQuantity } from './cancellation.ts';

/** How many pieces of a line lie in a warehouse's shipments, have left, and were taken back. Unset counts are zero. */
export interface Counts {
  planned?: number;
  shipped?: number;
  reversed?: number;
  /** Of those that were taken back, how many had left, and how many something else was given for (RT-8). */
  returned?: number;
  exchanged?: number;
}

export interface Progress extends Counts {
  /** Money of pieces that were taken back which stays, in fen: their freight, where the buyer bears it (RF-5). */
  keptFen?: number;
  /** No warehouse sends what is open of it: the merchant does (FU-2). */
  byHand?: boolean;
  /** Where its pieces come from since another warehouse took them over. */
  warehouseId?: string;
}

/** By line number. */
export type LineProgress = Readonly<Record<string, Progress>>;

interface Counted {
  lines: readonly { lineNo: number; quantity: number }[];
  progress: LineProgress;
}

const countOf = ({ progress }: Pick<Counted, 'progress'>, lineNo: number, what: keyof Counts): number =>
  progress[lineNo]?.[what] ?? 0;

/** The pieces that nobody sends yet: neither planned, nor gone, nor taken back. */
export function openLines(leaf: Counted): LineQuantity[] {
  return leaf.lines.flatMap(({ lineNo, quantity }) => {
    const { planned = 0, shipped = 0, reversed = 0, returned = 0 } = leaf.progress[lineNo] ?? {};
    const open = quantity - planned - shipped - reversed + returned;
    return open > 0 ? [{ lineNo, quantity: open }] : [];
  });
}

/** Of those the ones that a warehouse is to be told of, where the leaf's warehouses have systems. */
export const toDispatch = (leaf: Counted): LineQuantity[] =>
  openLines(leaf).filter(({ lineNo }) => !leaf.progress[lineNo]?.byHand);

/** All that has not left and was not taken back, in a warehouse's hands or nobody's. */
export function unsentPieces(leaf: Counted): LineQuantity[] {
  return keptLines(leaf).flatMap(({ lineNo, quantity }) => {
    const unsent = quantity - sentCount(leaf, lineNo);
    return unsent > 0 ? [{ lineNo, quantity: unsent }] : [];
  });
}

/** The pieces that have left and were not taken back. */
export function sentPieces(leaf: Counted): LineQuantity[] {
  return leaf.lines.flatMap(({ lineNo }) => {
    const sent = sentCount(leaf, lineNo);
    return sent > 0 ? [{ lineNo, quantity: sent }] : [];
  });
}

const sentCount = (leaf: Pick<Counted, 'progress'>, lineNo: number): number =>
  countOf(leaf, lineNo, 'shipped') - countOf(leaf, lineNo, 'returned');

/** The pieces that were not taken back. */
export function keptLines(leaf: Counted): LineQuantity[] {
  return leaf.lines.flatMap(({ lineNo, quantity }) => {
    const kept = quantity - countOf(leaf, lineNo, 'reversed');
    return kept > 0 ? [{ lineNo, quantity: kept }] : [];
  });
}

/** Whether everything that was not taken back has left (FU-4). */
export const isAllShipped = (leaf: Counted): boolean => unsentPieces(leaf).length === 0;

export const isAnythingShipped = (leaf: Counted): boolean =>
  leaf.lines.some(({ lineNo }) => countOf(leaf, lineNo, 'shipped') > 0);

/** Whether a warehouse may be working on any of it. */
export const isAnythingPlanned = (leaf: Counted): boolean =>
  leaf.lines.some(({ lineNo }) => countOf(leaf, lineNo, 'planned') > 0);

export const isAnythingKept = (leaf: Counted): boolean => keptLines(leaf).length > 0;

/** The counts after some pieces went from one place to another; `from` null: they were in none, `to` likewise. */
export function moved(
  progress: LineProgress,
  pieces: readonly LineQuantity[],
  { from, to }: { from: keyof Counts | null; to: keyof Counts | null },
): LineProgress {
  const next: Record<string, Progress> = { ...progress };
  for (const { lineNo, quantity } of pieces) {
    const counts = { ...next[lineNo] };
    if (from) counts[from] = (counts[from] ?? 0) - quantity;
    if (to) counts[to] = (counts[to] ?? 0) + quantity;
    next[lineNo] = counts;
  }
  return next;
}

/** Whether `pieces` are among `available`, each line once. */
export function isWithin(pieces: readonly LineQuantity[], available: readonly LineQuantity[]): boolean {
  const left = new Map(available.map(({ lineNo, quantity }) => [lineNo, quantity]));
  const distinct = new Set(pieces.map(({ lineNo }) => lineNo)).size === pieces.length;
  return (
    distinct && pieces.every(({ lineNo, quantity }) => quantity > 0 && quantity <= (left.get(lineNo) ?? 0))
  );
}
