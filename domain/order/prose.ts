import { formatYuan } from '../money.ts';
import type { NodeView } from './view.ts';

/** What an order waits for and until when, in plain words, for the operator's view (OP-1). Markdown. */
export function waitingFor(node: NodeView): string {
  const amount = `CNY ${formatYuan(BigInt(node.payableFen))}`;
  switch (node.state) {
    case 'awaiting_payment':
      return `**Waiting for payment** of ${amount} until ${stamp(node.paymentDeadlineMs)}. Unpaid by then, the order is cancelled and its stock released.`;
    case 'awaiting_shipment':
      if (node.cancellationDueAtMs)
        return `**Asked to cancel.** Without the merchant's proof it is agreed at ${stamp(node.cancellationDueAtMs)}.`;
      if (node.review === 'confirmed' && node.dispatch && node.dispatch !== 'merchant')
        return '**In the hands of its warehouses.** Paid and confirmed; its shipments say how far they are.';
      return node.review === 'confirmed'
        ? `**Waiting for the merchant ${node.merchantId} to ship.** Paid and confirmed; no deadline.`
        : `**Waiting for the merchant ${node.merchantId} to review** the paid order (${node.review}); no deadline.`;
    case 'awaiting_receipt':
      return node.held
        ? '**Shipped; receipt is on hold** while a case is open. The auto-receipt clock stands still.'
        : `**Waiting for the buyer to confirm receipt.** Without word it counts as received at ${stamp(node.autoReceiptAtMs ?? 0)}.`;
    case 'split':
      return `**Paid and split** into ${node.children.length} orders: ${node.children.join(', ')}.`;
    default:
      return `**${node.state}.** Nothing left to do.`;
  }
}

/** A moment in Beijing time, the time operators live in. */
function stamp(ms: number): string {
  return `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} (Beijing time)`;
}
