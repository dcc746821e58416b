import { fileURLToPath } from 'node:url';
import { DefaultLogger, type InjectedSinks, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { nothing, type ProgressMessage } from './messages.ts';
import type { Progress } from './workflows.ts';

/** The worker of C3: tuned as the product's, with nothing of the product in it. Started by the bench, ends with it. */

const sinks: InjectedSinks<Progress> = {
  progress: {
    reached: {
      fn: (_info, orderNo, step) => void process.send?.({ orderNo, step } satisfies ProgressMessage),
      callDuringReplay: false,
    },
  },
};

const [address, namespace, taskQueue] = process.argv.slice(2) as [string, string, string];
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities: nothing,
  sinks,
  stickyQueueScheduleToStartTimeout: '1s',
  workflowTaskPollerBehavior: { type: 'autoscaling' },
  activityTaskPollerBehavior: { type: 'autoscaling' },
});
process.once('disconnect', () => worker.shutdown());
const running = worker.run();
process.send?.('ready');
await running;
await connection.close();
process.exit(0);
