import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { inject } from 'vitest';
import { sweepInbox } from '../../activities/inbox/sweep.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import { createApp } from '../../api/app.ts';
import { createVerifier } from '../../api/auth/verifier.ts';
import { connect, type Database } from '../../db/client.ts';
import { Privacy } from '../../db/commands/privacy.ts';
import { createKuaidi100 } from '../../providers/kuaidi100/index.ts';
import { createKuaidi100Waybills } from '../../providers/kuaidi100/waybills.ts';
import { createLocalStorage } from '../../providers/storage/local.ts';
import type { WarehouseSystem } from '../../providers/warehouse/port.ts';
import { startIdentity } from '../../sandbox/identity/index.ts';
import { OrderWorkflows } from '../../temporal/orders.ts';
import { sanitiseFailures } from '../../temporal/sanitise.ts';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { Bench } from '../contract/alipay-fixture.ts';
import { freshDatabase } from './global-database.ts';
import { eventsOf, isIdle } from './histories.ts';
import { leaveDatabase, useStack } from './stack-in-use.ts';
import { createTimeSkippingEnv, letGoOn, letPass } from './time-skipping.ts';
import { watchProvider } from './watched-provider.ts';
import { eventually } from './world.ts';

const HOUR = 3_600_000;
export const MINUTES = (n: number): number => n * 60_000;
export const HOURS = (n: number): number => n * HOUR;
export const DAYS = (n: number): number => n * 24 * HOUR;

const TASK_QUEUE = 'dingdan';
const logger = pino({ level: 'silent' });

/**
 * The product in this process on a server that skips time: its API, activities, database and Alipay adapter are the
 * real ones, and so is the other side of Alipay. `world.ts` acts on it; business time is the server's.
 */
export class Lab {
  env!: TestWorkflowEnvironment;
  /** An ordinary client: awaiting a result with it does not move time; only `skip` does. */
  client!: Client;
  db!: Database;
  /** Starts and signals, as API and worker do. */
  workflows!: OrderWorkflows;
  activities!: Activities;
  /** Runs before the provider's answer to a close reaches us. */
  afterClose: (outTradeNo: string) => Promise<void> = async () => {};
  /** The warehouse systems, by name: none unless a test gives one. */
  readonly systems = new Map<string, WarehouseSystem>();
  /** When the provider was asked about a refund, by its number, in the server's time. */
  readonly refundQueries = new Map<string, number[]>();
  #offsetMs = 0;
  #beforeLook: (() => Promise<void>) | undefined;
  readonly #closing: (() => Promise<unknown>)[] = [];

  static async open(): Promise<Lab> {
    const lab = new Lab();
    try {
      await lab.#open();
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  async #open(): Promise<void> {
    const [env, database, bench, identity] = await Promise.all([
      createTimeSkippingEnv(),
      freshDatabase(inject('databaseServerUrl')),
      new Bench().open(),
      this.#identity(),
    ]);
    this.env = env;
    this.client = new Client({ connection: env.connection });
    const { db, close } = connect(database.url, 6);
    this.db = db;
    this.#closing.push(
      leaveDatabase,
      close,
      () => database.drop(),
      () => bench.close(),
      () => env.teardown(),
    );
    const api: { fetch: (request: Request) => Response | Promise<Response> } = {
      fetch: () => new Response(null, { status: 503 }),
    };
    const apiUrl = await this.#serve((request) => api.fetch(request));
    const alipay = watchProvider(bench.adapter({ notifyUrl: `${apiUrl}/v1/callbacks/alipay` }), {
      afterClose: (outTradeNo) => this.afterClose(outTradeNo),
      beforeRefundQuery: async (refundNo) => {
        const asked = this.refundQueries.get(refundNo) ?? [];
        this.refundQueries.set(refundNo, [...asked, await this.env.currentTimeMs()]);
      },
    });
    const providers = new Map([['alipay', alipay]]);
    this.workflows = new OrderWorkflows(this.client, { taskQueue: TASK_QUEUE, searchAttributes: false });
    const privacy = new Privacy(db, randomBytes(32).toString('base64'));
    this.activities = createActivities({
      ...{ db, providers, starter: this.workflows },
      warehouses: { systems: this.systems, privacy },
    });
    const evidence = join(tmpdir(), `evidence-${randomUUID()}`);
    this.#closing.push(() => rm(evidence, { recursive: true, force: true }));
    // Their tests have a stack of their own.
    const nobody = 'http://127.0.0.1:9';
    const keys = () => ({ key: 'none', customer: 'none' });
    const app = createApp({
      db,
      privacy,
      providers,
      tracking: createKuaidi100({ pollUrl: nobody, queryUrl: nobody, keys }),
      waybills: createKuaidi100Waybills({ labelUrl: nobody, keys }),
      warehouses: this.systems,
      storage: createLocalStorage(evidence),
      workflows: this.workflows,
      verifier: createVerifier({ issuer: identity.issuerUrl, audience: 'dingdan-api' }),
      logger,
      quoteTtlMs: HOUR,
      temporalLacks: async () => [],
      confirmationKey: randomBytes(32),
      now: () => this.now(),
    });
    api.fetch = (request) => app.fetch(request);
    useStack({
      apiUrl,
      sandboxUrl: bench.sandbox.url,
      issuerUrl: identity.issuerUrl,
      databaseUrl: database.url,
      temporalAddress: env.address,
      env: {},
    });
    await this.skip(0);
    await this.#startWorker();
  }

  /** The server's time. */
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Lets that much time pass; what falls due in it happens. */
  async skip(durationMs: number): Promise<void> {
    if (durationMs > 0) await letPass(this.env, durationMs);
    this.#offsetMs = (await this.env.currentTimeMs()) - Date.now();
  }

  /**
   * Awaits the end of a child that outlived its parent. The server keeps time still for the parent's sake, which is gone
   * and never says that it has heard: that is lifted here. A `skip` over that moment takes its rest in real time.
   */
  async endOfOutliving(workflowId: string): Promise<unknown> {
    const run = this.client.workflow.getHandle(workflowId);
    await eventually(() => run.describe().catch(() => null), `${workflowId} to begin`);
    return await run.result().finally(() => letGoOn(this.env));
  }

  /** An order's run is lost, as with its server; not amid a task, for which this server would keep time still. */
  async lose(orderNo: string): Promise<void> {
    const workflowId = orderWorkflowId(orderNo);
    await eventually(async () => isIdle(await eventsOf(this.client, workflowId)), `${orderNo} to be idle`);
    await this.client.workflow.getHandle(workflowId).terminate('the server was lost');
  }

  /**
   * Does something while an order's workflow task is under way, so that whatever it sends is in one later task: a nudge
   * makes the workflow look at its row, and the look is held up meanwhile.
   */
  async duringTask(orderNo: string, work: () => Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#beforeLook = () => {
        this.#beforeLook = undefined;
        return work().then(resolve, reject);
      };
      this.workflows.afterSaleChanged(orderNo).catch(reject);
    });
  }

  async #startWorker(): Promise<void> {
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue: TASK_QUEUE,
      workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
      activities: {
        ...this.activities,
        loadOrder: async (ask: { orderNo: string }) => {
          await this.#beforeLook?.();
          return await this.activities.loadOrder(ask);
        },
      },
      interceptors: { activity: [sanitiseFailures(logger)] },
      stickyQueueScheduleToStartTimeout: '1s',
    });
    const running = worker.run();
    this.#closing.unshift(async () => {
      worker.shutdown();
      await running;
    });
  }

  /** One run of the worker's sweeper over everything that has no verdict. */
  sweep(): Promise<number> {
    const now = this.now();
    return sweepInbox(
      { db: this.db, starter: this.workflows, steps: this.activities, logger },
      new Date(now.getTime() + 1),
      now,
    );
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close();
  }

  async #identity() {
    const dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
    const identity = await startIdentity({
      port: 0,
      dataDir,
      audience: 'dingdan-api',
      tokenTtlSeconds: 3600,
    });
    this.#closing.push(
      () => identity.close(),
      () => rm(dataDir, { recursive: true }),
    );
    return identity;
  }

  async #serve(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
    const server = createAdaptorServer({ fetch }) as Server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#closing.unshift(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}
