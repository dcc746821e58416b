import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import {
  contractsInForce,
  loadInboxMessage,
  loadPaymentScope,
  stockLevelsOf,
} from '../../db/queries/order-nodes.ts';
import { refundablePayments } from '../../db/queries/refunds.ts';
import type { OrderNode, PaymentScope } from '../../domain/order/node.ts';
import { parseNotice } from '../../domain/order/payment-notice.ts';
import { changePrice as decidePriceChange } from '../../domain/order/steps/change-price.ts';
import { endUnpaid as decideEnd } from '../../domain/order/steps/end-unpaid.ts';
import { recordPayment as decidePayment } from '../../domain/order/steps/record-payment.ts';
import type { StepResult } from '../../domain/order/view.ts';

/** A message's place in the inbox and the workflow's time of applying it. */
export interface MessageStep {
  orderNo: string;
  inboxId: string;
  atMs: number;
}

/** Applies a provider's word about money to its payment root (PY-2, PY-3, PY-6, IN-4). */
export async function recordPayment(
  db: Database,
  { orderNo, inboxId, atMs }: MessageStep,
): Promise<StepResult> {
  const at = new Date(atMs);
  const [message, contractOf] = await Promise.all([
    loadInboxMessage(db, inboxId),
    contractsInForce(db, at, { paymentRootNo: orderNo }),
  ]);
  const money = parseNotice(message.payload);
  const { actor } = message;
  const input = {
    outTradeNo: money.outTradeNo,
    providerTradeNo: money.providerTradeNo,
    amountFen: Number(money.amountFen),
  };
  return await runStep(
    db,
    { orderNo, stepKey: inboxId, action: 'record_payment', actor, at, inboxId, input },
    async (refusal) => {
      const scope = await requireScope(db, orderNo);
      // Stock that is taken at payment is looked at only when taking it failed.
      const outOfStock =
        refusal === 'insufficient_stock' ? await leavesWithoutStock(db, scope.leaves) : new Set<string>();
      return { nodes: nodesOf(scope), decision: decidePayment({ scope, money, at, contractOf, outOfStock }) };
    },
  );
}

/** The seller takes something off one of the orders that are paid together (ST-8). */
export async function changePrice(
  db: Database,
  { orderNo, inboxId, atMs }: MessageStep,
): Promise<StepResult> {
  const at = new Date(atMs);
  const { payload, actor } = await loadInboxMessage(db, inboxId);
  const { orderNo: leafNo, priceCutFen, freightCutFen, reason } = payload as Record<string, string | number>;
  const command = {
    orderNo: String(leafNo),
    priceCutFen: BigInt(priceCutFen as number),
    freightCutFen: BigInt(freightCutFen as number),
    reason: String(reason),
  };
  return await runStep(
    db,
    { orderNo, stepKey: inboxId, action: 'change_price', actor, at, inboxId, input: payload },
    async () => {
      const scope = await requireScope(db, orderNo);
      return { nodes: nodesOf(scope), decision: decidePriceChange(scope, command) };
    },
  );
}

export interface EndUnpaidStep {
  orderNo: string;
  action: 'cancel_unpaid' | 'expire';
  /** The cancel request in the inbox; absent for the deadline. */
  inboxId?: string | undefined;
  atMs: number;
}

/** Ends an unpaid order: by its buyer's request (CN-1) or by its deadline (ST-2). */
export async function endUnpaid(
  db: Database,
  { orderNo, action, inboxId, atMs }: EndUnpaidStep,
): Promise<StepResult> {
  const message = inboxId ? await loadInboxMessage(db, inboxId) : null;
  const reason = message ? String(message.payload['reason'] ?? 'buyer_request') : 'payment_timeout';
  const actor = message?.actor ?? 'system';
  const byBuyer = message === null || actor.startsWith('buyer:');
  const at = new Date(atMs);
  const stepKey = inboxId ?? 'expire';
  return await runStep(db, { orderNo, stepKey, action, actor, at, inboxId, input: { reason } }, async () => {
    const scope = await requireScope(db, orderNo);
    const payments = scope.root.exchangeOf === null ? [] : await refundablePayments(db, orderNo);
    return { nodes: nodesOf(scope), decision: decideEnd({ scope, payments, action, reason, byBuyer, at }) };
  });
}

export async function requireScope(db: Database, orderNo: string): Promise<PaymentScope> {
  const scope = await loadPaymentScope(db, orderNo);
  if (!scope) throw new Error(`${orderNo} is not a payment root`);
  return scope;
}

function nodesOf({ root, leaves }: PaymentScope): OrderNode[] {
  return root.kind === 'parent' ? [root, ...leaves] : [root];
}

/** The leaves whose stock cannot be taken any more from its own warehouse, in the mode that takes it at payment. */
async function leavesWithoutStock(db: Database, leaves: readonly OrderNode[]): Promise<Set<string>> {
  const taking = (leaf: OrderNode) => leaf.lines.filter((line) => line.inventoryMode === 'on_payment');
  const levels = await stockLevelsOf(
    db,
    leaves.flatMap((leaf) => taking(leaf).map((line) => line.skuId)),
  );
  const available = ({ skuId, warehouseId }: OrderNode['lines'][number]) => {
    const level = levels.find((row) => row.skuId === skuId && row.warehouseId === warehouseId);
    return level ? level.onHand - level.reserved : 0;
  };
  return new Set(
    leaves
      .filter((leaf) => taking(leaf).some((line) => available(line) < line.quantity))
      .map((leaf) => leaf.orderNo),
  );
}
