import { type AfterSale, type CaseState, isWithdrawable } from './case.ts';
import { needsAddress } from './outbound.ts';
import { correctableParcel } from './parcels.ts';

/** What each side can do with a case now (ST-7). */
export function caseActions(theCase: AfterSale, viewer: 'buyer' | 'merchant' | 'platform'): string[] {
  const { state } = theCase;
  const all: Record<typeof viewer, Partial<Record<CaseState, string[]>>> = {
    buyer: {
      applied: [],
      countered: ['accept_offer', 'reject_offer'],
      rejected: ['dispute'],
      awaiting_parcel: ['send_back'],
      returning: correctableParcel(theCase) ? ['send_back'] : [],
      inspection_failed: ['dispute'],
    },
    merchant: {
      applied: ['agree', 'reject', 'offer'],
      rejected: ['dispute'],
      intercepting: needsAddress(theCase) ? ['give_address'] : [],
      awaiting_parcel: needsAddress(theCase) ? ['give_address'] : [],
      returning: ['pass', 'fail'],
      inspection_failed: ['dispute'],
    },
    platform: { disputed: ['decide'], arbitration: ['decide'] },
  };
  const actions = all[viewer][state] ?? [];
  return viewer === 'buyer' && isWithdrawable(state) ? [...actions, 'withdraw'] : actions;
}
