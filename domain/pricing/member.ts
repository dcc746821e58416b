import { type Fen, sumFen } from '../money.ts';
import { discountLines, explain, type PricingState } from './state.ts';
import type { PricingInput } from './types.ts';

const MEMBER = { step: 'member', sourceId: 'member', name: '会员价', bearer: 'platform' } as const;

/**
 * The member price (会员价) of the SKUs that are eligible for it, rounded half up per unit and borne by the platform
 * (CK-3, decisions 2 and 4). It lowers the base of every threshold after it.
 */
export function memberPrice(state: PricingState, input: PricingInput): PricingState {
  const shares = new Map(
    state.lines
      .filter(({ line }) => line.memberPriceEligible)
      .map(({ line }) => [
        line.skuId,
        memberSavingFen(line.unitPriceFen, input.memberPercent) * BigInt(line.quantity),
      ]),
  );
  const savedFen = sumFen(shares.values());
  if (savedFen === 0n) return state;

  const discounted = discountLines(state, MEMBER, shares);
  const lines = discounted.lines.map((line) => ({ ...line, baseFen: line.leftFen }));
  return explain({ ...discounted, lines }, { ...MEMBER, amountFen: -savedFen });
}

function memberSavingFen(unitPriceFen: Fen, memberPercent: number): Fen {
  const memberPriceFen = (unitPriceFen * BigInt(memberPercent) + 50n) / 100n;
  return unitPriceFen - memberPriceFen;
}
