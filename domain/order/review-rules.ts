import type { Fen } from '../money.ts';

/**
 * How a shop's orders are reviewed (FU-1): what sends a self-operated shop's order to a person, and how long any order may
 * wait for it. Unset rules do not apply.
 */
export interface ReviewRules {
  /** The order's amount from which it is looked at. */
  amountFen?: Fen;
  /** The same for a buyer who never completed an order. */
  newBuyerFen?: Fen;
  /** Provinces that are looked at. */
  regions?: readonly string[];
  /** How long a paid order may wait to be confirmed; a day where unset. */
  withinSeconds?: number;
}

/** Why an order is to be reviewed by a person; its words are in `prompts.ts`. */
export type ReviewRule = 'rule_amount' | 'rule_new_buyer' | 'rule_address';

/** The first rule that an order meets, or null. `amountFen` is what its buyer pays, in money and points. */
export function reviewRuleOf(
  rules: ReviewRules,
  order: { amountFen: Fen; isNewBuyer: boolean; region: string },
): ReviewRule | null {
  if (rules.amountFen !== undefined && order.amountFen >= rules.amountFen) return 'rule_amount';
  if (order.isNewBuyer && rules.newBuyerFen !== undefined && order.amountFen >= rules.newBuyerFen)
    return 'rule_new_buyer';
  return rules.regions?.includes(order.region) ? 'rule_address' : null;
}
