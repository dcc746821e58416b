import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { PaymentScope } from '../node.ts';
import { type Cuts, freightInMoney } from '../price-cut.ts';
import { hasOpenAttempts } from './end-unpaid.ts';
import { toCollect } from './record-payment.ts';

/** What is to be taken off, beside what was taken off before. */
export interface PriceChange extends Cuts {
  orderNo: string;
  reason: string;
}

/**
 * The seller takes something off an unpaid leaf (ST-8): off the goods, off the freight, never down to nothing. The
 * payment root is lowered with it. Open attempts must have been closed at the provider before: they ask for the old sum.
 */
export function changePrice(scope: PaymentScope, command: PriceChange): Decision {
  const { root, leaves } = scope;
  const { orderNo, priceCutFen, freightCutFen, reason } = command;
  const leaf = leaves.find((candidate) => candidate.orderNo === orderNo);
  if (root.state !== 'awaiting_payment' || !leaf) return refuse('not_awaiting_payment', root.state);
  if (hasOpenAttempts(scope)) return refuse('payment_in_progress', root.state);
  if (freightCutFen > freightInMoney(leaf.lines)) return refuse('price_cut_too_large', root.state);
  if (priceCutFen + freightCutFen >= toCollect(leaf).payableFen)
    return refuse('price_cut_too_large', root.state);
  const effects = noEffects();
  const nodes = root.orderNo === leaf.orderNo ? [leaf] : [root, leaf];
  effects.nodes.push(
    ...nodes.map((node) =>
      change(node, 'change_price', node.state, {
        priceCutFen: node.priceCutFen + priceCutFen,
        freightCutFen: node.freightCutFen + freightCutFen,
      }),
    ),
  );
  effects.notices.push({
    orderNo: root.orderNo,
    event: `price_changed:${leaf.orderNo}:${leaf.version}`,
    recipient: `buyer:${root.buyerId}`,
    params: { offFen: Number(priceCutFen + freightCutFen), reason },
  });
  return accept(effects);
}
