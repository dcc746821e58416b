import { type Context, Hono } from 'hono';
import { z } from 'zod';
import {
  answerErrors,
  bodyOf,
  deliveries,
  faultRoutes,
  instant,
  iso,
  listing,
  page,
  Refusal,
} from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books } from './books.ts';
import { LOGISTICS_CODES } from './carriers.ts';
import type { Clock } from './clock.ts';
import type { Desk } from './desk.ts';
import { faultSchema, type QimenFaults } from './faults.ts';
import { confirmation, type NoticeContent, report } from './notices.ts';
import { type DeliveryOrder, parcelsOf, processStatusOf, STAGES } from './order.ts';
import { type Connection, signedQuery, XML_TYPE } from './wire.ts';
import { type Written, writeXml } from './xml.ts';

export interface ControlContext {
  books: Books;
  desk: Desk;
  clock: Clock;
  faults: QimenFaults;
  notifier: Notifier<NoticeContent>;
  connection: Connection;
}

const [, ...laterStages] = STAGES;
const advance = z.strictObject({ to: z.enum(laterStages).optional() });
const handover = z.strictObject({
  parcels: z
    .array(
      z.strictObject({
        logisticsCode: z.enum(LOGISTICS_CODES).optional(),
        trackingNo: z.string().min(1).optional(),
        weightGrams: z.int().positive().optional(),
        lines: z
          .array(z.strictObject({ lineNo: z.coerce.string().min(1), quantity: z.int().positive() }))
          .min(1),
      }),
    )
    .min(1)
    .optional(),
});
const newWarehouse = z.strictObject({ code: z.string().min(1).max(50) });
const toReport = z.strictObject({ processStatus: z.string().min(1), remark: z.string().optional() });
const element: z.ZodType<Written> = z.lazy(() => z.union([z.string(), z.number(), z.null(), elements]));
const elements = z.record(z.string(), z.union([element, z.array(element)]));
const toSign = z.strictObject({
  method: z.string().min(1),
  shipmentNo: z.string().optional(),
  /** Elements that override the true ones (null leaves one out), or a whole body. */
  body: z.union([z.string(), elements]).default({}),
  parameters: z.record(z.string(), z.string()).default({}),
  timestamp: instant.optional(),
  secret: z.string().optional(),
  forged: z.boolean().default(false),
});
const newKeys = z.strictObject({ secret: z.string().min(1) });
const newSettings = z.strictObject({
  autoAdvance: z.boolean().optional(),
  stageMs: z.int().positive().optional(),
});

/** What the warehouse offers to tests, demonstrations and auditors. */
export function createControl(context: ControlContext): Hono {
  const { books, desk, clock, faults, notifier, connection } = context;
  const control = new Hono();
  const onOrder = (path: string, act: (order: DeliveryOrder, body: unknown) => Promise<object | void>) =>
    control.post(`/orders/:no/${path}`, (c) =>
      withOrder(context, c, async (order) => {
        const answer = await act(order, await bodyOf(c));
        return answer ?? view(context, order);
      }),
    );
  control.get('/orders', (c) => {
    const { trades: orders, nextCursor } = page(books.all(), listing.parse(c.req.query()), summary);
    return c.json({ orders, nextCursor });
  });
  control.get('/orders/:no', (c) => withOrder(context, c, (order) => view(context, order)));
  onOrder('advance', (order, body) => desk.advance(order, advance.parse(body).to));
  onOrder('handover', (order, body) => desk.handOver(order, handover.parse(body).parcels));
  onOrder('report', (order, body) => {
    const { processStatus, remark } = toReport.parse(body);
    return desk.report(order, processStatus, remark);
  });
  onOrder('notify', async ({ shipmentNo }) => {
    const attempt = await notifier.sendAgain(shipmentNo);
    if (!attempt) throw new Refusal('NO_NOTIFICATION', 'nothing has been told about this order yet');
    return attempt;
  });
  control.post('/warehouses', async (c) => {
    await books.addWarehouse(newWarehouse.parse(await bodyOf(c)).code);
    return c.json({ warehouses: [...books.warehouses] });
  });
  faultRoutes(control, {
    faults,
    schema: faultSchema,
    release: async () => {
      clock.release();
      await notifier.releaseHeld();
    },
  });
  control.post('/sign', async (c) => c.json(sign(context, toSign.parse(await bodyOf(c)))));
  control.post('/keys', async (c) => {
    connection.secret = newKeys.parse(await bodyOf(c)).secret;
    return c.json({ appKey: connection.appKey });
  });
  control.post('/settings', async (c) => {
    const { autoAdvance = clock.pace.autoAdvance, stageMs = clock.pace.stageMs } = newSettings.parse(
      await bodyOf(c),
    );
    clock.setPace({ autoAdvance, stageMs });
    return c.json(clock.pace);
  });
  answerErrors(control);
  return control;
}

async function withOrder(
  { books }: ControlContext,
  c: Context,
  act: (order: DeliveryOrder) => object | Promise<object>,
): Promise<Response> {
  const order = books.find(c.req.param('no') ?? '');
  if (!order) return c.json({ error: 'unknown_order', message: 'No delivery order has this number.' }, 404);
  return c.json(await act(order));
}

function summary(order: DeliveryOrder): object {
  return {
    shipmentNo: order.shipmentNo,
    warehouseOrderId: order.warehouseOrderId,
    warehouseCode: order.warehouseCode,
    stage: order.stage,
    logisticsCode: order.logisticsCode,
    receiver: order.receiver,
    remark: order.remark,
    lines: order.lines.map(({ lineNo, itemCode, itemName, quantity }) => ({
      lineNo,
      itemCode,
      itemName,
      quantity,
    })),
    parcels: parcelsOf(order),
    cancelledAt: order.stage === 'cancelled' ? iso(order.stageMs) : null,
    createdAt: iso(order.createdMs),
    updatedAt: iso(order.updatedMs),
  };
}

function view({ notifier }: ControlContext, order: DeliveryOrder): object {
  const notifications = deliveries(
    notifier.of(order.shipmentNo),
    ({ method, status }) => `${method} ${status}`,
  );
  return { ...summary(order), notifications };
}

/** A delivery as the warehouse would make it: over a delivery order's true elements where one is named. */
function sign(
  { books, connection }: ControlContext,
  { method, shipmentNo, body, parameters, timestamp, secret, forged }: z.infer<typeof toSign>,
): { query: string; headers: Record<string, string>; body: string } {
  const order = shipmentNo === undefined ? undefined : books.find(shipmentNo);
  if (shipmentNo !== undefined && !order) throw new Refusal('order-not-exist', `no order ${shipmentNo}`);
  const truth = order ? truthOf(order, method) : {};
  const text = typeof body === 'string' ? body : writeXml('request', overridden(truth, body));
  const signer = secret === undefined ? connection : { ...connection, secret };
  const call = { method, body: text, atMs: timestamp ?? Date.now(), forged, parameters };
  return { query: signedQuery(signer, call), headers: { 'Content-Type': XML_TYPE }, body: text };
}

function truthOf(order: DeliveryOrder, method: string): Written {
  if (method !== 'deliveryorder.confirm') return report(order, processStatusOf(order.stage));
  const nothing = { outBizCode: 'FH0', parcels: [], complete: true, atMs: Date.now() };
  return confirmation(order, order.handovers.at(-1) ?? nothing);
}

/** Elements keep those of their children that are not overridden; lists are replaced. */
function overridden(truth: Written, changes: Written): Written {
  if (!isParent(truth) || !isParent(changes)) return changes;
  const changed = Object.entries(changes).map(
    ([name, value]) => [name, overridden(truth[name] as Written, value as Written)] as const,
  );
  return { ...truth, ...Object.fromEntries(changed) };
}

const isParent = (content: Written): content is { [name: string]: Written | readonly Written[] } =>
  typeof content === 'object' && content !== null && !Array.isArray(content);
