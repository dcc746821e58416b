import { accept, change, type Decision, noEffects, refuse } from '../order/effects.ts';
import type { OrderNode } from '../order/node.ts';
import { isPossible } from '../order/states.ts';
import { type AfterSale, decide } from './case.ts';
import { periodMs } from './deadlines.ts';

/**
 * A parcel that an open case is about was refused at the door: that case goes on with it, and no other is opened (LG-3,
 * CN-6). Its run finds the row as it is when its own time is over.
 */
export function joinRefusal(leaf: OrderNode, theCase: AfterSale, at: Date): Decision {
  if (!isPossible('parcel', leaf.state)) return refuse('not_returnable', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'parcel', leaf.state));
  const next = decide(theCase, { do: 'parcel_refused', by: 'carrier' });
  if (typeof next === 'string') return accept(effects);
  const { caseNo, state: fromState, version } = theCase;
  const dueAt = next.within === null ? null : new Date(at.getTime() + periodMs(theCase.periods, next.within));
  effects.caseChanges.push({ caseNo, expectedVersion: version, to: next.to, dueAt, set: {} });
  effects.caseLog.push({
    ...{ caseNo, action: 'parcel_refused', actor: 'carrier', fromState, toState: next.to, words: null },
  });
  for (const recipient of [`buyer:${leaf.buyerId}`, `merchant:${leaf.merchantId}`])
    effects.notices.push({
      ...{ orderNo: leaf.orderNo, event: `after_sale_${next.to}:${caseNo}:refused`, recipient },
      params: { caseNo },
    });
  return accept(effects);
}
