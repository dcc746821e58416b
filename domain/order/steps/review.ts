import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

export type ReviewCommand = { decision: 'confirm' } | { decision: 'hold' | 'ask_correction'; reason: string };

const REVIEW_STATE = { hold: 'held', ask_correction: 'correction_asked' } as const;

/** The merchant looks at a paid order: confirms it, holds it with a reason, or asks the buyer for a correction (FU-1). */
export function review(leaf: OrderNode, command: ReviewCommand): Decision {
  if (!isPossible('review', leaf.state)) return refuse('not_awaiting_shipment', leaf.state);
  if (command.decision === 'confirm' && leaf.review === 'confirmed')
    return refuse('already_confirmed', leaf.state);
  const effects = noEffects();
  const set =
    command.decision === 'confirm'
      ? { review: 'confirmed' as const, reviewReason: '' }
      : { review: REVIEW_STATE[command.decision], reviewReason: command.reason };
  effects.nodes.push(change(leaf, 'review', leaf.state, set));
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `review_${command.decision}:${leaf.version}`,
    recipient: `buyer:${leaf.buyerId}`,
    params: command.decision === 'confirm' ? {} : { reason: command.reason },
  });
  return accept(effects);
}
