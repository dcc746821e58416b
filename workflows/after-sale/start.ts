import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { caseWorkflowId } from '../order/messages.ts';
import { unlessStarted } from '../shared/unless-started.ts';
import { afterSale } from './after-sale.ts';

/** Starts the workflow of a case whose row exists. One that is already under way is left alone. */
export function startAfterSale(caseNo: string): Promise<void> {
  return unlessStarted(
    startChild(afterSale, {
      workflowId: caseWorkflowId(caseNo),
      args: [{ caseNo }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `After-sale case ${caseNo}`,
    }),
  );
}
