import { ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { refundWorkflowId } from '../order/messages.ts';
import { unlessStarted } from '../shared/unless-started.ts';
import { refund } from './refund.ts';

/** Starts the workflow of a refund whose row exists. One that is already under way is left alone. */
export function startRefund(refundNo: string): Promise<void> {
  return unlessStarted(
    startChild(refund, {
      workflowId: refundWorkflowId(refundNo),
      args: [{ refundNo }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      staticSummary: `Refund ${refundNo}`,
    }),
  );
}
