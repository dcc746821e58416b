import { type Fen, minFen } from '../money.ts';
import { compareText } from './group.ts';
import { promotionNotApplied } from './not-applied.ts';
import { inScope, type Level, levelOf } from './scope.ts';
import {
  baseOf,
  type LineState,
  leftOf,
  type PricingState,
  sameLines,
  sharesOf,
  takeDiscount,
} from './state.ts';
import type { NotApplied, PricingInput, Promotion } from './types.ts';

/** A promotion with the lines it takes and what it saves on them. */
interface Offer {
  readonly promotion: Promotion;
  readonly lines: readonly LineState[];
  readonly savingFen: Fen;
}

/**
 * Spend X, save Y (满减) of one level: every line takes part in at most one promotion (CK-4, decisions 1 and 2).
 *
 * The choice: the promotion with the largest saving takes all lines of its scope, ties by id; the others are then
 * judged anew on the lines that are still free, until none reaches its threshold. Choice, threshold and saving look at
 * the base (no coupons), so coupons never change which promotions a buyer gets. What a promotion takes stops at what
 * is left of its lines.
 */
export function promotions(level: Level) {
  return (state: PricingState, input: PricingInput): PricingState => {
    const ofLevel = input.promotions
      .filter((promotion) => levelOf(promotion.scope) === level)
      .sort((a, b) => compareText(a.promotionId, b.promotionId));
    const chosen = choosePromotions(ofLevel, state.lines);
    const applied = chosen.reduce((current, offer) => applyPromotion(current, offer, level), state);
    const notApplied = ofLevel.flatMap((promotion) => whyNot(promotion, chosen, state) ?? []);
    return { ...applied, notApplied: [...applied.notApplied, ...notApplied] };
  };
}

/**
 * What a promotion saves on a base: the highest tier reached, `perFull` as often as it is reached in full, never more
 * than the base itself (CK-4, decision 4). Zero if no tier is reached.
 */
export function promotionSaving(promotion: Promotion, baseFen: Fen): Fen {
  const reached = promotion.tiers
    .filter((tier) => tier.thresholdFen <= baseFen)
    .reduce((best: Tier | null, tier) => (best && best.thresholdFen > tier.thresholdFen ? best : tier), null);
  if (!reached) return 0n;
  const times = promotion.perFull && reached.thresholdFen > 0n ? baseFen / reached.thresholdFen : 1n;
  return minFen(reached.saveFen * times, baseFen);
}

type Tier = Promotion['tiers'][number];

function choosePromotions(candidates: readonly Promotion[], free: readonly LineState[]): Offer[] {
  const best = candidates
    .map((promotion) => offerOn(promotion, free))
    .filter((offer) => offer.savingFen > 0n)
    .reduce((a: Offer | null, b) => (a && a.savingFen >= b.savingFen ? a : b), null);
  if (!best) return [];
  const others = candidates.filter((promotion) => promotion !== best.promotion);
  const stillFree = free.filter((line) => !best.lines.includes(line));
  return [best, ...choosePromotions(others, stillFree)];
}

function offerOn(promotion: Promotion, free: readonly LineState[]): Offer {
  const lines = free.filter(({ line }) => inScope(line, promotion.scope));
  return { promotion, lines, savingFen: promotionSaving(promotion, baseOf(lines)) };
}

function applyPromotion(
  state: PricingState,
  { promotion, lines, savingFen }: Offer,
  level: Level,
): PricingState {
  const { promotionId: sourceId, name, issuer: bearer } = promotion;
  const amountFen = minFen(savingFen, leftOf(lines));
  const discounted = takeDiscount(
    state,
    { step: `${level}_promotion`, sourceId, name, bearer, amountFen },
    lines,
  );
  return lowerBase(discounted, lines, savingFen);
}

function lowerBase(state: PricingState, among: readonly LineState[], savingFen: Fen): PricingState {
  const shares = sharesOf(savingFen, sameLines(state, among), (line) => line.baseFen);
  const lines = state.lines.map((line) => ({
    ...line,
    baseFen: line.baseFen - (shares.get(line.line.skuId) ?? 0n),
  }));
  return { ...state, lines };
}

/** Null if the promotion took part. `before` is the basket as the step found it. */
function whyNot(promotion: Promotion, chosen: readonly Offer[], before: PricingState): NotApplied | null {
  const offer = chosen.find((candidate) => candidate.promotion === promotion);
  if (offer) return leftOf(offer.lines) > 0n ? null : promotionNotApplied(promotion, 'nothing_left');

  const { lines, savingFen } = offerOn(promotion, before.lines);
  if (lines.length === 0) return promotionNotApplied(promotion, 'not_in_scope');
  if (savingFen > 0n) return promotionNotApplied(promotion, 'another_saves_more');
  const missing = nearestTier(promotion, baseOf(lines));
  return missing
    ? promotionNotApplied(promotion, 'below_threshold', { ...missing, baseFen: baseOf(lines) })
    : promotionNotApplied(promotion, 'nothing_left');
}

function nearestTier(promotion: Promotion, baseFen: Fen): Tier | null {
  return promotion.tiers
    .filter((tier) => tier.thresholdFen > baseFen)
    .reduce(
      (best: Tier | null, tier) => (best && best.thresholdFen <= tier.thresholdFen ? best : tier),
      null,
    );
}
