import { ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { refundWorkflowId } from '../order/messages.ts';
import { refund } from './refund.ts';

/** Starts the workflow of a refund whose row exists. One that is already under way is left alone. */
export async function startRefund(refundNo: string): Promise<void> {
  try {
    await startChild(refund, {
      workflowId: refundWorkflowId(refundNo),
      args: [{ refundNo }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      staticSummary: `Refund ${refundNo}`,
    });
  } catch (error) {
    if ((error as Error).name !== 'WorkflowExecutionAlreadyStartedError') throw error;
  }
}
