import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import * as messages from './messages.ts';
import type { skeleton } from './workflows.ts';

const TASK_QUEUE = 'bench-skeleton';

/** Drives skeleton orders as the load generator drives real ones: each message after the one before was handled. */
export class Skeleton {
  readonly #client: Client;
  readonly #worker: ChildProcess;
  readonly #waiting = new Map<string, () => void>();
  #count = 0;

  private constructor(client: Client, worker: ChildProcess) {
    this.#client = client;
    this.#worker = worker;
    worker.on('message', (message: messages.ProgressMessage) => {
      const key = `${message.orderNo} ${message.step}`;
      this.#waiting.get(key)?.();
      this.#waiting.delete(key);
    });
  }

  static async start(client: Client, address: string, namespace: string): Promise<Skeleton> {
    const script = fileURLToPath(new URL('./worker.ts', import.meta.url));
    const worker = fork(script, [address, namespace, TASK_QUEUE], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await Promise.race([
      once(worker, 'message'),
      once(worker, 'exit').then(() => Promise.reject(new Error('the skeleton worker did not start'))),
    ]);
    return new Skeleton(client, worker);
  }

  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** One order from Update-with-Start to its end. */
  async order(): Promise<string> {
    const orderNo = `skeleton-${++this.#count}`;
    await this.#client.workflow.executeUpdateWithStart(messages.submitted, {
      updateId: 'submit',
      startWorkflowOperation: new WithStartWorkflowOperation<typeof skeleton>('skeleton', {
        taskQueue: TASK_QUEUE,
        workflowId: orderNo,
        workflowTaskTimeout: '5s',
        args: [{ orderNo }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    });
    const handle = this.#client.workflow.getHandle(orderNo);
    for (const [signal, step] of [
      [messages.paymentReported, 'paid'],
      [messages.shipmentReported, 'shipped'],
      [messages.receiptConfirmed, 'received'],
    ] as const) {
      const handled = new Promise<void>((resolve) => this.#waiting.set(`${orderNo} ${step}`, resolve));
      await handle.signal(signal, { inboxId: crypto.randomUUID() });
      await handled;
    }
    return orderNo;
  }

  async stop(): Promise<void> {
    if (this.#worker.exitCode !== null) return;
    const gone = once(this.#worker, 'exit');
    this.#worker.disconnect();
    await gone;
  }
}
