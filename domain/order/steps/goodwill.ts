import { goodwillVoucher } from '../../ledger/vouchers.ts';
import type { Fen } from '../../money.ts';
import { type Decision, refuse } from '../effects.ts';
import { freightLeft, withGoodwill } from '../kept-money.ts';
import type { Allowance, Giver } from '../refund-policy.ts';
import { isPossible } from '../states.ts';
import { giveBackPart, type RefundInput } from './refund.ts';

/** Why somebody gives money back without being obliged to. */
export const GOODWILL_REASONS = [
  'late_delivery',
  'quality',
  'packaging',
  'service',
  'price_protection',
  'other',
] as const;

export interface GoodwillCommand {
  /** `freight`: at most the freight that was not given back yet. */
  kind: 'goodwill' | 'freight';
  /** Who bears it. */
  giver: Giver;
  amountFen: Fen;
  /** The buyer reads it. */
  words: string;
}

export interface GoodwillInput extends Omit<RefundInput, 'command'> {
  command: GoodwillCommand;
  allowance: Allowance;
}

/**
 * Somebody gives money of a paid leaf back beside its pieces (RF-8): at most what is left of it, and what they can still
 * give that day. It never ends the leaf (decision 14); what the platform gives costs its merchant nothing.
 */
export function giveGoodwill(input: GoodwillInput): Decision {
  const { leaf, command, allowance, cause, operator, at } = input;
  const { kind, giver, amountFen, words } = command;
  if (leaf.kind === 'parent' || !isPossible('refund', leaf.state))
    return refuse('not_refundable', leaf.state);
  const leftFen = leaf.payableFen - leaf.givenBackFen;
  if (amountFen <= 0n || amountFen > leftFen) return refuse('more_than_paid', leaf.state);
  const isFreight = kind === 'freight';
  if (isFreight && amountFen > freightLeft(leaf)) return refuse('more_than_freight', leaf.state);
  if (amountFen === leftFen && leaf.holds > 0) return refuse('held', leaf.state);
  const { day, limitFen, usedFen } = allowance;
  if (usedFen + amountFen > limitFen) return refuse('goodwill_limit', leaf.state);
  const byPlatform = giver === 'platform';
  const goodwill = withGoodwill(leaf, { amountFen, isFreight, byPlatform });
  const decision = giveBackPart(input, { amountFen, reason: words, goodwill });
  if (decision.verdict.result === 'refused') return decision;
  decision.effects.goodwillUsed.push({ operator: allowance.operator, day, amountFen, limitFen });
  if (byPlatform) {
    const { orderNo, rootNo } = leaf;
    decision.effects.vouchers.push(goodwillVoucher({ orderNo, rootNo, operator, at }, { amountFen, cause }));
  }
  return decision;
}
