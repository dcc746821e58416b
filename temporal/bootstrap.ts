import {
  type Client,
  type Connection,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { settlement } from '../workflows/finance/settlement.ts';
import type { reconcile } from '../workflows/operations/reconcile.ts';
import { IndexedValueType } from './indexed-value.ts';

const SEARCH_ATTRIBUTES: Readonly<Record<string, number>> = {
  DingdanState: IndexedValueType.KEYWORD,
  DingdanMerchant: IndexedValueType.KEYWORD,
  DingdanBuyerHash: IndexedValueType.KEYWORD,
  DingdanPayableFen: IndexedValueType.INT,
  DingdanDeadline: IndexedValueType.DATETIME,
};

/** The search attributes a namespace lacks; orders cannot be started there before they exist. */
export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(SEARCH_ATTRIBUTES).filter((name) => !(name in (customAttributes ?? {})));
}

/** Registers the search attributes that are missing. Safe to run at every boot. */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(
    missing.map((name) => [name, SEARCH_ATTRIBUTES[name] as number]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

export const DEPLOYMENT = 'dingdan';

/** Makes this build the one that serves new and auto-upgrading workflows. Retried until the server knows the worker. */
export async function promoteBuild(client: Client, namespace: string, buildId: string): Promise<void> {
  const version = { deploymentName: DEPLOYMENT, buildId };
  for (let attempt = 1; ; attempt++) {
    try {
      await client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName: DEPLOYMENT,
        version: `${DEPLOYMENT}.${buildId}`,
        buildId: version.buildId,
        identity: 'dingdan-worker',
        ignoreMissingTaskQueues: true,
      });
      return;
    } catch (error) {
      if (attempt >= 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Creates the schedules that are missing: settlement of what is due, and the reconciler. */
export async function ensureSchedules(
  client: Client,
  options: { taskQueue: string; settlementIntervalMs: number },
): Promise<void> {
  const { taskQueue } = options;
  const overlap = ScheduleOverlapPolicy.SKIP;
  await ensure(() =>
    client.schedule.create<typeof settlement>({
      scheduleId: 'settlement',
      spec: { intervals: [{ every: options.settlementIntervalMs }] },
      policies: { overlap },
      action: { type: 'startWorkflow', workflowType: 'settlement', taskQueue, workflowId: 'settlement' },
    }),
  );
  await ensure(() =>
    client.schedule.create<typeof reconcile>({
      scheduleId: 'reconcile',
      spec: { intervals: [{ every: '1h' }] },
      policies: { overlap },
      action: { type: 'startWorkflow', workflowType: 'reconcile', taskQueue, workflowId: 'reconcile' },
    }),
  );
}

async function ensure(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
