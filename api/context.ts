import { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import type { Privacy } from '../db/commands/privacy.ts';
import type { PaymentProvider } from '../providers/payments/port.ts';
import type { ObjectStorage } from '../providers/storage/port.ts';
import type { TrackingService } from '../providers/tracking/port.ts';
import type { WarehouseSystem } from '../providers/warehouse/port.ts';
import type { WaybillService } from '../providers/waybills/port.ts';
import type { OrderWorkflows } from '../temporal/orders.ts';
import type { AuthEnv } from './auth/middleware.ts';
import type { Verifier } from './auth/verifier.ts';
import { invalidRequest } from './errors.ts';

/** What the routes need; given by `api/server.ts`. */
export interface Deps {
  db: Database;
  privacy: Privacy;
  providers: ReadonlyMap<string, PaymentProvider>;
  tracking: TrackingService;
  /** Gets electronic waybills from the carriers (FU-8). */
  waybills: WaybillService;
  /** Warehouse management systems by name. */
  warehouses: ReadonlyMap<string, WarehouseSystem>;
  /** Where evidence is kept. */
  storage: ObjectStorage;
  workflows: OrderWorkflows;
  verifier: Verifier;
  logger: Logger;
  quoteTtlMs: number;
  /** What Temporal lacks for orders to be started there; throws while it is out of reach. */
  temporalLacks: () => Promise<string[]>;
  /** Signs the receipt confirmations (ST-4). */
  confirmationKey: Buffer;
  now: () => Date;
}

export type App = OpenAPIHono<AuthEnv>;

/** A router whose validation failures are problems that name the field. */
export function createRouter(): App {
  return new OpenAPIHono<AuthEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error as never, result.target);
    },
  });
}
