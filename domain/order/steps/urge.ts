import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

const DAY_MS = 24 * 3_600_000;

/** The buyer urges (催促) the merchant to ship, or to see after the parcel: once in 24 hours, told and logged (LG-5). */
export function urge(leaf: OrderNode, last: Date | null, at: Date): Decision {
  if (leaf.kind === 'parent' || !isPossible('urge', leaf.state)) return refuse('not_urgeable', leaf.state);
  if (last !== null && at.getTime() - last.getTime() < DAY_MS) return refuse('urged_already', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'urge', leaf.state));
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `urged:${at.toISOString()}`,
    recipient: `merchant:${leaf.merchantId}`,
    params: { state: leaf.state },
  });
  return accept(effects);
}
