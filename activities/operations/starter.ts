import type { OrderNode } from '../../domain/order/node.ts';

/** What activities ask of Temporal: to start and to signal, by our numbers. The worker gives them one. */
export interface WorkflowStarter {
  /** Starts an order from its row; one that runs is left alone. */
  startOrder(
    node: Pick<OrderNode, 'orderNo' | 'buyerId' | 'merchantId' | 'payableFen' | 'paymentDeadline' | 'state'>,
  ): Promise<void>;
  startRefund(refundNo: string): Promise<void>;
  /** Starts a case from its row; one that runs is left alone. */
  startCase(caseNo: string): Promise<void>;
  signalCase(caseNo: string, inboxId: string): Promise<'sent' | 'absent'>;
  /** Makes an order look at its row: a hold was placed or released beside it. */
  afterSaleChanged(orderNo: string): Promise<'sent' | 'absent'>;
  /** Makes a refund ask its provider now. `absent` when no run of it is open. */
  signalRefund(refundNo: string): Promise<'sent' | 'absent'>;
  /** `absent` when no run of that order is open. */
  signalOrder(orderNo: string, kind: string, inboxId: string): Promise<'sent' | 'absent'>;
}
