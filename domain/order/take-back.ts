import { exchangeVoucherNo, goodwillBackVoucher, pointsReturnVoucher } from '../ledger/vouchers.ts';
import { type Fen, minFen, sumFen } from '../money.ts';
import type { LineQuantity } from './cancellation.ts';
import { change, type Effects, type NodeChange } from './effects.ts';
import { firstUnits, freightTwice, goodwillAfter } from './kept-money.ts';
import type { OrderLine, OrderNode, PaymentScope } from './node.ts';
import { isAnythingKept, type LineProgress, moved, type Progress } from './progress.ts';
import { planRefund, type RefundablePayment } from './refund-plan.ts';
import { giveCouponBack, hasServed, isCouponUndone } from './undo.ts';

/** Pieces of a paid leaf that are taken back: their money goes the way it came, their benefits are undone. */
export interface TakeBack {
  scope: PaymentScope;
  leaf: OrderNode;
  /** The payments that paid the scope. */
  payments: readonly RefundablePayment[];
  /** Pieces that were not taken back before. */
  pieces: readonly LineQuantity[];
  /** Names the step; a step takes pieces of a line back once. */
  cause: string;
  /** Whether their freight goes back, too: it was not handed over, or it is the merchant's fault (RF-5, decision 28). */
  withFreight: boolean;
  /** What goes back where it is not the pieces' own share: all that is left, also of freight that was kept before. */
  cashFen?: Fen;
  /** Takes over what pays a replacement (RT-8); the rest goes back. */
  exchange?: (
    reversals: readonly Reversal[],
    cashFen: Fen,
  ) => { creditFen: Fen; points: number; pointsFen: Fen };
  /** Else the merchant or the platform is: a coupon that expired meanwhile is replaced (decision 7). */
  buyerAtFault: boolean;
  /** The buyer reads it beside the refund. */
  reason: string;
  at: Date;
}

/** What some pieces of a line carried when it was paid, in money and points. */
export interface Carried {
  cashFen: Fen;
  /** The part of `cashFen` that is freight. */
  freightFen: Fen;
  points: number;
  pointsFen: Fen;
}

/** Pieces of a line as they are taken back, with what they carried: freight in `cashFen`, and freight that the buyer bears. */
export interface Reversal {
  orderNo: string;
  lineNo: number;
  cause: string;
  quantity: number;
  cashFen: Fen;
  freightFen: Fen;
  keptFen: Fen;
  points: number;
  pointsFen: Fen;
}

/**
 * What pieces of a line carry after `before` others went: of n pieces the first k carry floor(total · k / n), so all
 * parts sum to the whole, and the last takes the remainder (decision 3, RF-4).
 */
export function carriedBy(
  line: Pick<OrderLine, 'quantity' | 'payableFen' | 'freightFen' | 'points' | 'pointsFen'>,
  before: number,
  quantity: number,
): Carried {
  const share = (total: bigint) =>
    firstUnits(total, before + quantity, line.quantity) - firstUnits(total, before, line.quantity);
  const cashFen = share(line.payableFen);
  return {
    cashFen,
    freightFen: minFen(share(line.freightFen), cashFen),
    points: Number(share(BigInt(line.points))),
    pointsFen: share(line.pointsFen),
  };
}

/**
 * Writes the taking back of pieces into `effects`: reversals, refunds, points, coupons that served nothing else
 * (RF-4, RF-9). Answers what changes of the leaf's row, or null where its payments do not hold that much. Stock is the
 * caller's: where the pieces are decides whether they can be sold again.
 */
export function takeBack(effects: Effects, input: TakeBack): NodeChange['set'] | null {
  const { leaf, payments, pieces, withFreight, cause, reason } = input;
  const { orderNo, buyerId } = leaf;
  const reversals = pieces.map(({ lineNo, quantity }): Reversal => {
    const line = leaf.lines.find((candidate) => candidate.lineNo === lineNo);
    if (!line) throw new Error(`${orderNo} has no line ${lineNo}`);
    const { freightFen, ...carried } = carriedBy(line, leaf.progress[lineNo]?.reversed ?? 0, quantity);
    const keptFen = withFreight ? 0n : freightFen;
    return {
      ...{ orderNo, lineNo, cause, quantity, keptFen, freightFen: freightFen - keptFen },
      ...{ ...carried, cashFen: carried.cashFen - keptFen },
    };
  });
  // What was given back without pieces lowers what they can still bring: their freight at once, a goodwill in the end.
  const shareFen = sumFen(reversals.map(({ cashFen }) => cashFen));
  const freightTwiceFen = freightTwice(leaf, sumFen(reversals.map(({ freightFen }) => freightFen)));
  const cashFen = input.cashFen ?? minFen(shareFen - freightTwiceFen, leaf.payableFen - leaf.givenBackFen);
  const kept = input.exchange?.(reversals, cashFen) ?? { creditFen: 0n, points: 0, pointsFen: 0n };
  const refundFen = cashFen - kept.creditFen;
  const parts = planRefund(payments, refundFen);
  if (!parts) return null;
  effects.reversals.push(
    ...reversals.map(({ keptFen: _kept, freightFen: _freight, ...reversal }) => reversal),
  );
  effects.refunds.push(...parts.map((part) => ({ ...part, orderNo, reason, source: 'deposits' as const })));
  if (refundFen > 0n)
    effects.notices.push({
      orderNo,
      event: `refund_started:${cause}`,
      recipient: `buyer:${buyerId}`,
      params: { amountFen: Number(refundFen), reason },
    });
  returnPoints(effects, input, reversals, kept);
  const gone = moved(leaf.progress, pieces, { from: null, to: 'reversed' });
  const replaced = input.exchange ? moved(gone, pieces, { from: null, to: 'exchanged' }) : gone;
  const progress = withKept(replaced, reversals);
  const after = { ...leaf, progress };
  if (!isAnythingKept(after)) returnCoupons(effects, input, after);
  const set = { progress, givenBackFen: leaf.givenBackFen + cashFen };
  return { ...set, ...relieve(effects, input, { ...leaf, ...set }, freightTwiceFen) };
}

/** Goodwill that the pieces would have brought anyway is none any more (RF-8). */
function relieve(
  effects: Effects,
  { leaf, cause, at }: TakeBack,
  after: OrderNode,
  freightTwiceFen: Fen,
): NodeChange['set'] {
  if (Object.keys(leaf.goodwill).length === 0) return {};
  const { orderNo, rootNo } = leaf;
  const goodwill = goodwillAfter(after, freightTwiceFen);
  const amountFen = BigInt((leaf.goodwill.platformFen ?? 0) - (goodwill.platformFen ?? 0));
  const header = { orderNo, rootNo, operator: 'system', at };
  if (amountFen > 0n) effects.vouchers.push(goodwillBackVoucher(header, { amountFen, cause }));
  return { goodwill };
}

/** Freight that the buyer bears stays with its line. */
function withKept(
  progress: LineProgress,
  reversals: readonly { lineNo: number; keptFen: Fen }[],
): LineProgress {
  const next: Record<string, Progress> = { ...progress };
  for (const { lineNo, keptFen } of reversals)
    if (keptFen > 0n)
      next[lineNo] = { ...next[lineNo], keptFen: (next[lineNo]?.keptFen ?? 0) + Number(keptFen) };
  return next;
}

function returnPoints(
  effects: Effects,
  { leaf, payments, cause, at }: TakeBack,
  reversals: readonly Pick<Carried, 'points' | 'pointsFen'>[],
  kept: { points: number; pointsFen: Fen },
): void {
  const { orderNo, rootNo, buyerId } = leaf;
  const points = reversals.reduce((sum, reversal) => sum + reversal.points, 0) - kept.points;
  const pointsFen = sumFen(reversals.map((reversal) => reversal.pointsFen)) - kept.pointsFen;
  // Of few points over many lines a piece can carry a share in money and not one whole point.
  if (points > 0)
    effects.points.push({
      ...{ orderNo, buyerId, cause: 'return' as const, ref: cause },
      balanceDelta: points,
      frozenDelta: 0,
    });
  if (pointsFen === 0n) return;
  const paidBy = leaf.exchangeOf
    ? exchangeVoucherNo(orderNo)
    : `${orderNo}-PAY-${payments[0]?.outTradeNo ?? 'ZERO'}`;
  effects.vouchers.push(
    pointsReturnVoucher({ orderNo, rootNo, operator: 'system', at }, { pointsFen, part: cause }, paidBy),
  );
}

/**
 * The leaf is undone: coupons that served it and nothing that is still alive come back (decision 7). One that served other
 * leaves only came back with the last of those.
 */
function returnCoupons(effects: Effects, input: TakeBack, leaf: OrderNode): void {
  const { scope } = input;
  const { root } = scope;
  const leaves = scope.leaves.map((other) => (other.orderNo === leaf.orderNo ? leaf : other));
  const isUndone = (other: OrderNode) =>
    other.orderNo === leaf.orderNo || other.state === 'cancelled' || other.state === 'closed';
  for (const couponId of root.couponIds)
    if (hasServed(leaf, couponId) && isCouponUndone(leaves, couponId, isUndone))
      giveCouponBack(effects, scope, { couponId, from: 'used' }, input);
  // Siblings that end at once meet in the parent's row, so that one of them sees itself as the last.
  if (root.orderNo !== leaf.orderNo) effects.nodes.push(change(root, 'refund', root.state));
}
