import { createRoute } from '@hono/zod-openapi';
import { announceIntercept } from '../../db/commands/after-sales.ts';
import { announceReport, takeStage } from '../../db/commands/fulfilment.ts';
import { findWarehouseShipment } from '../../db/queries/fulfilment.ts';
import { warehouseStage } from '../../domain/fulfilment/stages.ts';
import type { WarehouseReport } from '../../domain/order/steps/warehouse.ts';
import { milestonesOf } from '../../providers/warehouse/milestones.ts';
import type { WarehouseNotice, WarehouseSystem } from '../../providers/warehouse/port.ts';
import { signalQuietly, tellQuietly } from '../commands.ts';
import type { App, Deps } from '../context.ts';
import { Problem } from '../errors.ts';

const SYSTEM = 'qimen';

const answer = (description: string) => ({ description });
const route = createRoute({
  method: 'post',
  path: `/callbacks/${SYSTEM}`,
  tags: ['Callbacks'],
  summary: 'A warehouse’s report or confirmation in Qimen’s terms, signed in its address (FU-2, FU-3)',
  responses: {
    200: answer('Taken'),
    400: answer('Not a report that can be read'),
    401: answer('Not believed: not genuine, too old, or not for us'),
    404: answer('Not one of our shipments, or not in this warehouse'),
    503: answer('Not stored; tell us again'),
  },
});

type Outcome = Parameters<WarehouseSystem['acknowledgement']>[0];

/** Verified, stored, acknowledged: stages are rows, and only leaving or refusing reaches the order's workflow. */
export function registerWarehouseCallback(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const system = deps.warehouses.get(SYSTEM);
    if (!system) throw new Problem('not_found', 'No such warehouse system is configured.');
    const delivery = {
      rawBody: await c.req.text(),
      header: (name: string) => c.req.header(name),
      receivedAt: deps.now(),
    };
    const verified = system.verify(delivery, new URL(c.req.url).searchParams);
    if (!verified.ok) deps.logger.warn({ reason: verified.reason }, 'a warehouse’s report was refused');
    const outcome = verified.ok ? await take(deps, system, verified.notice) : 'refused';
    const { status, contentType, body } = system.acknowledgement(outcome);
    return c.body(body, status, { 'content-type': contentType });
  });
}

async function take(deps: Deps, system: WarehouseSystem, notice: WarehouseNotice): Promise<Outcome> {
  const { shipmentNo } = notice;
  try {
    const shipment = await findWarehouseShipment(deps.db, shipmentNo, notice.warehouseCode);
    if (shipment?.system !== SYSTEM) return 'unknown';
    const { orderNo, cancellation } = shipment;
    const now = deps.now();
    if (notice.kind === 'carrier_intercept') return await takeIntercept(deps, notice, now);
    if (notice.kind === 'stage') {
      const { eventKey, at, operator, remark } = notice;
      const stage = warehouseStage(notice.stage);
      await takeStage(deps.db, shipmentNo, { eventKey, stage, at, operator, remark }, now);
      // What it says while it is being asked to stop is the answer to that question, which the order awaits or has.
      const isAnswer = cancellation === 'asking' || shipment.stage === 'cancelled';
      if (stage !== 'refused' || isAnswer) return 'taken';
    }
    for (const report of await reportsOf(system, notice)) {
      const eventKey = `${notice.eventKey}:${report.what}`;
      const { inboxId, isApplied } = await announceReport(deps.db, { orderNo, eventKey, report, at: now });
      if (!isApplied)
        tellQuietly(deps, orderNo, () => deps.workflows.signalOrder(orderNo, 'warehouse_reported', inboxId));
    }
    return 'taken';
  } catch (error) {
    deps.logger.error({ shipmentNo, err: error }, 'a warehouse’s report could not be stored');
    return 'failed';
  }
}

/** The carrier's answer to an intercept, which the cases about that delivery wait for (CN-6). */
async function takeIntercept(
  deps: Deps,
  { shipmentNo, eventKey, succeeded }: Extract<WarehouseNotice, { kind: 'carrier_intercept' }>,
  at: Date,
): Promise<Outcome> {
  const messages = await announceIntercept(deps.db, { deliveryNo: shipmentNo, eventKey, succeeded, at });
  for (const message of messages.filter(({ appliedAt }) => appliedAt === null))
    void signalQuietly(deps, message);
  return 'taken';
}

/**
 * What the order must hear. A warehouse that will not go on is asked for its books first: what had left before, and
 * whose confirmation may still come, must not be sent again. Where it does not answer it tells us again later.
 */
async function reportsOf(system: WarehouseSystem, notice: WarehouseNotice): Promise<WarehouseReport[]> {
  const { shipmentNo, warehouseCode } = notice;
  if (notice.kind === 'handed_over') return [{ what: 'handed_over', shipmentNo, parcels: notice.parcels }];
  if (notice.kind !== 'stage') return [];
  const books = milestonesOf(shipmentNo, await system.query({ shipmentNo, warehouseCode }));
  const left = books.filter(({ what }) => what === 'handed_over');
  return [...left, { what: 'refused', shipmentNo, code: notice.stage, message: notice.remark ?? '' }];
}
