import { ApplicationFailure } from '@temporalio/common';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptorsFactory,
  Next,
} from '@temporalio/worker';
import type { Logger } from 'pino';

/**
 * What reaches a workflow's history of a failed activity is its name and a code, never a message that could carry a
 * name, an address or a statement's parameters (I7). The whole error goes to the log of the worker.
 */
export function sanitiseFailures(logger: Pick<Logger, 'warn'>): ActivityInterceptorsFactory {
  return (context) => {
    const inbound: ActivityInboundCallsInterceptor = {
      async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
        try {
          return await next(input);
        } catch (error) {
          const { activityType, workflowExecution, attempt } = context.info;
          logger.warn(
            { activityType, workflowId: workflowExecution?.workflowId, attempt, err: error },
            'an activity failed',
          );
          throw ApplicationFailure.create({
            message: `${activityType} failed`,
            type: codeOf(error),
            nonRetryable: false,
          });
        }
      },
    };
    return { inbound };
  };
}

function codeOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: string; cause?: { code?: unknown } };
  const found = code ?? cause?.code;
  return typeof found === 'string' && /^[\w.-]{1,60}$/.test(found) ? found : (name ?? 'Error');
}
