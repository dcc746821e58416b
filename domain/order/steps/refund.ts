import type { Fen } from '../../money.ts';
import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode, PaymentScope } from '../node.ts';
import { planRefund, type RefundablePayment } from '../refund-plan.ts';
import { isPossible } from '../states.ts';
import { givePointsBack, isCouponUndone } from '../undo.ts';
import { returnStock } from './stock.ts';

export interface RefundCommand {
  /** Null for all that is left. */
  amountFen: Fen | null;
  reason: string;
}

export interface RefundInput {
  scope: PaymentScope;
  leaf: OrderNode;
  /** The payments that paid the scope. */
  payments: readonly RefundablePayment[];
  command: RefundCommand;
  at: Date;
}

/**
 * Part or all of a leaf's money goes back before it is received (PY-8): in parts as often as asked, never more than was
 * paid for it, by the route it came. With the last fen the leaf ends: cancelled before hand-over, with its stock back;
 * closed after it (decision 14); its points come back, and coupons that served nothing else.
 */
export function refund({ scope, leaf, payments, command, at }: RefundInput): Decision {
  if (leaf.kind === 'parent' || !isPossible('refund', leaf.state))
    return refuse('not_refundable', leaf.state);
  const leftFen = leaf.payableFen - leaf.givenBackFen;
  const amountFen = command.amountFen ?? leftFen;
  if (amountFen <= 0n || amountFen > leftFen) return refuse('more_than_paid', leaf.state);
  const parts = planRefund(payments, amountFen);
  if (!parts) return refuse('more_than_paid', leaf.state);
  const { orderNo, buyerId, merchantId } = leaf;
  const effects = noEffects();
  effects.refunds.push(
    ...parts.map((part) => ({ ...part, orderNo, reason: command.reason, source: 'deposits' as const })),
  );
  effects.notices.push({
    orderNo,
    event: `refund_started:${parts[0]?.refundNo}`,
    recipient: `buyer:${buyerId}`,
    params: { amountFen: Number(amountFen), reason: command.reason },
  });
  const givenBackFen = leaf.givenBackFen + amountFen;
  if (amountFen < leftFen) {
    effects.nodes.push(change(leaf, 'refund', leaf.state, { givenBackFen }));
    return accept(effects);
  }
  const shipped = leaf.state === 'awaiting_receipt';
  effects.nodes.push(
    change(leaf, 'refund', shipped ? 'closed' : 'cancelled', {
      givenBackFen,
      endedAt: at,
      endReason: 'refunded',
    }),
  );
  effects.notices.push({
    orderNo,
    event: 'refunded_in_full',
    recipient: `merchant:${merchantId}`,
    params: {},
  });
  if (!shipped) effects.stock.push(...returnStock(leaf));
  givePointsBack(effects, leaf, at, `${orderNo}-PAY-${payments[0]?.outTradeNo}`);
  const { root, leaves } = scope;
  const isUndone = (other: OrderNode) =>
    other.orderNo === orderNo || other.state === 'cancelled' || other.state === 'closed';
  effects.coupons.push(
    ...root.couponIds
      .filter((couponId) => isCouponUndone(leaves, couponId, isUndone))
      .map((couponId) => ({
        couponId,
        orderNo: root.orderNo,
        from: 'used' as const,
        to: 'available' as const,
      })),
  );
  // Siblings that end at once meet in the parent's row, so that one of them sees itself as the last.
  if (root.orderNo !== orderNo) effects.nodes.push(change(root, 'refund', root.state));
  return accept(effects);
}
