import { createHmac } from 'node:crypto';
import { serve } from '@hono/node-server';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { loadConfig } from '../config/index.ts';
import { connect } from '../db/client.ts';
import { Privacy } from '../db/commands/privacy.ts';
import {
  createProviders,
  createStorage,
  createTrackingService,
  createWarehouseSystems,
  createWaybillService,
} from '../providers/index.ts';
import { missingSearchAttributes } from '../temporal/bootstrap.ts';
import { OrderWorkflows } from '../temporal/orders.ts';
import { createApp } from './app.ts';
import { createVerifier } from './auth/verifier.ts';

/** Composition root of the API. */
const config = loadConfig();
const logger = pino({ level: config.LOG_LEVEL, base: { service: 'api' } });
const { db, close: closeDatabase } = connect(config.DATABASE_URL, config.DATABASE_POOL);
// Lazy: the API starts and takes callbacks into the inbox also while Temporal is away.
const connection = Connection.lazy({ address: config.TEMPORAL_ADDRESS });
const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });

const app = createApp({
  db,
  privacy: new Privacy(db, config.MASTER_KEY),
  providers: createProviders(config),
  tracking: createTrackingService(config),
  waybills: createWaybillService(config),
  warehouses: createWarehouseSystems(config),
  storage: createStorage(config),
  workflows: new OrderWorkflows(client, {
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    searchAttributes: config.TEMPORAL_SEARCH_ATTRIBUTES === 'on',
  }),
  verifier: createVerifier({ issuer: config.OIDC_ISSUER, audience: config.OIDC_AUDIENCE }),
  logger,
  temporalLacks: () =>
    config.TEMPORAL_SEARCH_ATTRIBUTES === 'on'
      ? missingSearchAttributes(connection, config.TEMPORAL_NAMESPACE)
      : Promise.resolve([]),
  quoteTtlMs: config.QUOTE_TTL_SECONDS * 1000,
  confirmationKey: createHmac('sha256', Buffer.from(config.MASTER_KEY, 'base64'))
    .update('receipt confirmation')
    .digest(),
  now: () => new Date(),
});

const server = serve({ fetch: app.fetch, port: config.PORT, hostname: '127.0.0.1' }, ({ port }) => {
  logger.info({ port }, 'API ready');
  process.send?.('ready');
});

const GRACE_MS = 5_000;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(async () => {
      await connection.close();
      await closeDatabase();
      process.exit(0);
    });
    if (!('closeIdleConnections' in server)) return;
    server.closeIdleConnections();
    // Requests under way get their answer; what is open after that is cut.
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
  });
}
