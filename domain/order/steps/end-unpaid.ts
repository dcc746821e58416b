import { exchangeVoucherNo } from '../../ledger/vouchers.ts';
import { accept, change, type Decision, type Effects, noEffects, refuse } from '../effects.ts';
import type { PaymentScope } from '../node.ts';
import { planRefund, type RefundablePayment } from '../refund-plan.ts';
import { giveCouponBack, givePointsBack } from '../undo.ts';
import { releaseStock } from './stock.ts';

export interface EndUnpaidInput {
  scope: PaymentScope;
  /** What paid the part that came over from an exchange. */
  payments: readonly RefundablePayment[];
  action: 'cancel_unpaid' | 'expire';
  reason: string;
  /** Not closed by seller or platform. */
  byBuyer: boolean;
  at: Date;
}

/** Whether a payment attempt could still take money: it must be closed at the provider before the order ends (PY-5). */
export function hasOpenAttempts(scope: PaymentScope): boolean {
  return scope.attempts.some((attempt) => attempt.state === 'starting' || attempt.state === 'open');
}

/**
 * An unpaid order ends, by its buyer (CN-1) or by its deadline (ST-2): the whole payment scope at once (SP-5), giving
 * back stock, coupons and points exactly as they were taken (IN-3). Open attempts must have been closed before.
 */
export function endUnpaid(input: EndUnpaidInput): Decision {
  const { scope, action, reason, byBuyer, at } = input;
  const { root, leaves } = scope;
  if (root.state !== 'awaiting_payment') return refuse('not_awaiting_payment', root.state);
  if (action === 'expire' && at < root.paymentDeadline) return refuse('deadline_not_reached', root.state);
  if (hasOpenAttempts(scope)) return { ...refuse('payment_open', root.state), transient: true };
  const effects = noEffects();
  const nodes = root.kind === 'parent' ? [root, ...leaves] : [root];
  effects.nodes.push(
    ...nodes.map((node) =>
      change(node, action, 'cancelled', {
        endedAt: at,
        endReason: reason,
        ...(node.creditFen > 0n ? { givenBackFen: node.creditFen } : {}),
      }),
    ),
  );
  effects.stock.push(...leaves.flatMap(releaseStock));
  for (const couponId of root.couponIds)
    giveCouponBack(effects, scope, { couponId, from: 'locked' }, { buyerAtFault: byBuyer, at });
  if (root.exchangeOf !== null) giveCreditBack(effects, input);
  else if (root.points > 0) {
    const { orderNo, buyerId, points } = root;
    effects.points.push({ orderNo, buyerId, cause: 'unfreeze', balanceDelta: 0, frozenDelta: -points });
  }
  effects.notices.push({
    orderNo: root.orderNo,
    event: action,
    recipient: `buyer:${root.buyerId}`,
    params: { reason },
  });
  return accept(effects);
}

/** A replacement whose difference nobody paid (RT-8): what came back for it is given back after all. */
function giveCreditBack(effects: Effects, { scope: { root }, payments, reason, at }: EndUnpaidInput): void {
  const { orderNo, creditFen } = root;
  const parts = planRefund(payments, creditFen);
  if (!parts) throw new Error(`the payments of ${orderNo} do not hold what came over from its exchange`);
  effects.refunds.push(...parts.map((part) => ({ ...part, orderNo, reason, source: 'deposits' as const })));
  givePointsBack(effects, root, at, exchangeVoucherNo(orderNo));
}
