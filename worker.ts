import { fileURLToPath } from 'node:url';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { sweepInbox } from './activities/inbox/sweep.ts';
import { createActivities } from './activities/index.ts';
import { watchParcels } from './activities/logistics/watch.ts';
import { watchWaybills } from './activities/logistics/waybills.ts';
import { remind } from './activities/operations/remind.ts';
import { watchWarehouses } from './activities/warehouse/watch.ts';
import { loadConfig } from './config/index.ts';
import { connect } from './db/client.ts';
import { Privacy } from './db/commands/privacy.ts';
import {
  createProviders,
  createTrackingService,
  createWarehouseSystems,
  createWaybillService,
} from './providers/index.ts';
import { DEPLOYMENT, ensureSchedules, promoteBuild, registerSearchAttributes } from './temporal/bootstrap.ts';
import { OrderWorkflows } from './temporal/orders.ts';
import { sanitiseFailures } from './temporal/sanitise.ts';

/** Composition root of the worker: config → database → providers → activities → Worker. */
const config = loadConfig();
const logger = pino({ level: config.LOG_LEVEL, base: { service: 'worker' } });
Runtime.install({ shutdownSignals: [] });

const { db, close: closeDatabase } = connect(config.DATABASE_URL, config.DATABASE_POOL);
const connection = await Connection.connect({ address: config.TEMPORAL_ADDRESS });
const nativeConnection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });

const searchAttributes = config.TEMPORAL_SEARCH_ATTRIBUTES === 'on';
if (searchAttributes) await registerSearchAttributes(connection, config.TEMPORAL_NAMESPACE);
const starter = new OrderWorkflows(client, { taskQueue: config.TEMPORAL_TASK_QUEUE, searchAttributes });
const privacy = new Privacy(db, config.MASTER_KEY);
const systems = createWarehouseSystems(config);
const activities = createActivities({
  ...{ db, starter, providers: createProviders(config) },
  warehouses: { systems, privacy },
});

const worker = await Worker.create({
  connection: nativeConnection,
  namespace: config.TEMPORAL_NAMESPACE,
  taskQueue: config.TEMPORAL_TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
  activities,
  interceptors: { activity: [sanitiseFailures(logger)] },
  stickyQueueScheduleToStartTimeout: '1s',
  workflowTaskPollerBehavior: { type: 'autoscaling' },
  activityTaskPollerBehavior: { type: 'autoscaling' },
  shutdownGraceTime: '5s',
  ...(config.TEMPORAL_WORKER_VERSIONING === 'on'
    ? {
        workerDeploymentOptions: {
          useWorkerVersioning: true,
          version: { deploymentName: DEPLOYMENT, buildId: config.BUILD_ID },
          defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
        },
      }
    : {}),
});

const running = worker.run();
if (config.TEMPORAL_WORKER_VERSIONING === 'on')
  await promoteBuild(client, config.TEMPORAL_NAMESPACE, config.BUILD_ID);
await ensureSchedules(client, {
  taskQueue: config.TEMPORAL_TASK_QUEUE,
  settlementIntervalMs: config.SETTLEMENT_INTERVAL_SECONDS * 1000,
});
const reconciler = client.schedule.getHandle('reconcile');
await reconciler.trigger();
// What a worker that died left unstarted in its last seconds was too young to be looked at just now.
const again = setTimeout(
  () =>
    reconciler
      .trigger(ScheduleOverlapPolicy.BUFFER_ONE)
      .catch((err: unknown) => logger.warn({ err }, 'the reconciler was not started')),
  config.RECONCILE_AGAIN_SECONDS * 1000,
);
again.unref();

const waybills = createWaybillService(config);
const sweepMs = config.SWEEP_INTERVAL_SECONDS * 1000;
const parcels = {
  ...{ db, starter, logger, privacy },
  tracking: createTrackingService(config),
  callbackUrl: `${config.PUBLIC_URL}/v1/callbacks/kuaidi100`,
  timeDivisor: config.PARCEL_TIME_DIVISOR,
};
const rounds = [
  every(sweepMs, 'the inbox could not be swept', (now) =>
    sweepInbox({ db, starter, steps: activities, logger }, new Date(now.getTime() - sweepMs), now),
  ),
  every(config.PARCEL_WATCH_INTERVAL_SECONDS * 1000, 'the parcels could not be looked after', (now) =>
    watchParcels(parcels, now),
  ),
  every(config.PARCEL_WATCH_INTERVAL_SECONDS * 1000, 'the waybills could not be looked after', (now) =>
    watchWaybills({ db, privacy, logger, waybills }, now),
  ),
  every(config.PARCEL_WATCH_INTERVAL_SECONDS * 1000, 'the warehouses could not be looked after', (now) =>
    watchWarehouses({ db, starter, logger, systems, timeDivisor: config.PARCEL_TIME_DIVISOR }, now),
  ),
  every(config.REMIND_INTERVAL_SECONDS * 1000, 'it could not be reminded of what is overdue', (now) =>
    remind(db, now),
  ),
];

/** Does something again and again, one at a time; what fails is logged and comes up again at the next round. */
function every(intervalMs: number, failure: string, work: (now: Date) => Promise<unknown>): NodeJS.Timeout {
  let working = false;
  return setInterval(async () => {
    if (working) return;
    working = true;
    try {
      await work(new Date());
    } catch (error) {
      logger.error({ err: error }, failure);
    } finally {
      working = false;
    }
  }, intervalMs);
}

logger.info({ taskQueue: config.TEMPORAL_TASK_QUEUE, buildId: config.BUILD_ID }, 'worker ready');
process.send?.('ready');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const round of rounds) clearInterval(round);
    worker.shutdown();
  });
}
await running;
await connection.close();
await nativeConnection.close();
await closeDatabase();
process.exit(0);
