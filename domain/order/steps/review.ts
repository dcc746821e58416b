import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

export type ReviewCommand = { decision: 'confirm' } | { decision: 'hold'; reason: string };

/** The merchant looks at a paid order: confirms it, or holds it with a reason until it can be confirmed (FU-1). */
export function review(leaf: OrderNode, command: ReviewCommand): Decision {
  if (!isPossible('review', leaf.state)) return refuse('not_awaiting_shipment', leaf.state);
  if (command.decision === 'confirm' && leaf.review === 'confirmed')
    return refuse('already_confirmed', leaf.state);
  const effects = noEffects();
  const set =
    command.decision === 'confirm'
      ? { review: 'confirmed' as const, reviewReason: '' }
      : { review: 'held' as const, reviewReason: command.reason };
  effects.nodes.push(change(leaf, 'review', leaf.state, set));
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `review_${command.decision}:${leaf.version}`,
    recipient: `buyer:${leaf.buyerId}`,
    params: command.decision === 'hold' ? { reason: command.reason } : {},
  });
  return accept(effects);
}
