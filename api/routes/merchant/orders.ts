import { createRoute, z } from '@hono/zod-openapi';
import { listMerchantOrders } from '../../../db/queries/orders.ts';
import { CARRIERS, isValidTrackingNo } from '../../../domain/logistics/carriers.ts';
import { ORDER_STATES } from '../../../domain/order/states.ts';
import { whyNotShippable } from '../../../domain/order/steps/ship.ts';
import { accessMerchantOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import { commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { openContacts } from '../../representations/contacts.ts';
import { representOrder } from '../../representations/order.ts';
import { orderSchema } from '../../representations/order-schema.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoParam,
  pageQuery,
  piecesSchema,
  problems,
} from '../../schemas.ts';

const tags = ['Merchant'];
const middleware = [requireRole('merchant')];
const commandResponses = {
  200: json(commandSchema, 'Done'),
  202: json(commandSchema, 'Taken; look at the order in a moment'),
  ...problems,
};

const listRoute = createRoute({
  method: 'get',
  path: '/merchant/orders',
  tags,
  security: bearer,
  middleware,
  summary: 'Your shops’ orders, newest first; of a joint order only your own children (SP-10)',
  request: {
    query: pageQuery.extend({
      state: z.enum(ORDER_STATES).optional(),
      overdue: z
        .literal('true')
        .optional()
        .openapi({ description: 'Only those that wait too long for their review or to be shipped' }),
    }),
  },
  responses: {
    200: json(
      z.object({ orders: z.array(orderSchema), nextCursor: z.string().nullable() }),
      'A page of orders',
    ),
    ...problems,
  },
});

const reviewRoute = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/review',
  tags,
  security: bearer,
  middleware,
  summary: 'Confirm a paid order, hold it with a reason, or ask the buyer for a correction (FU-1)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.discriminatedUnion('decision', [
        z.strictObject({ decision: z.literal('confirm') }),
        z.strictObject({
          decision: z.enum(['hold', 'ask_correction']),
          reason: z.string().trim().min(1).max(200),
        }),
      ]),
    ),
  },
  responses: commandResponses,
});

const shipRoute = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/shipments',
  tags,
  security: bearer,
  middleware,
  summary:
    'Enter carrier and tracking number of a handed-over parcel, with all of the order or part of it (FU-3, FU-4)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.strictObject({
        carrier: z.enum(CARRIERS),
        trackingNo: z.string().trim().min(6).max(32),
        lines: piecesSchema.optional().openapi({
          description: 'What is in the parcel, where it is not all that is still to be sent (FU-4)',
        }),
      }),
    ),
  },
  responses: commandResponses,
});

export function registerMerchantOrders(app: App, deps: Deps): void {
  app.openapi(listRoute, async (c) => {
    const { merchantId } = c.get('principal');
    const { cursor, limit, state, overdue } = c.req.valid('query');
    const now = deps.now();
    const wanted = { state, overdueAt: overdue && now };
    const rows = await listMerchantOrders(deps.db, merchantId ?? '', wanted, { before: cursor, limit });
    const orders = await Promise.all(
      rows.flatMap(({ orderNo, tree }) => {
        const node = tree.find((candidate) => candidate.orderNo === orderNo);
        if (!node) return [];
        const open = async () => {
          const contacts = await openContacts(deps.privacy, [node]);
          return representOrder({ node, tree, subtree: [node], viewer: 'merchant' }, contacts, now);
        };
        return [open()];
      }),
    );
    return c.json(
      { orders, nextCursor: orders.length === limit ? (orders.at(-1)?.orderNo ?? null) : null },
      200,
    );
  });
  app.openapi(reviewRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessMerchantOrder(deps, principal, orderNo);
    const payload = c.req.valid('json');
    const result = await sendCommand(
      c,
      deps,
      { orderNo, kind: 'review_decided', actor: `merchant:${principal.sub}`, payload },
      () => {
        if (node.state !== 'awaiting_shipment')
          throw new Problem('not_awaiting_shipment', undefined, { state: node.state });
      },
    );
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(shipRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessMerchantOrder(deps, principal, orderNo);
    const payload = c.req.valid('json');
    if (!isValidTrackingNo(payload.carrier, payload.trackingNo)) throw new Problem('invalid_tracking_no');
    const result = await sendCommand(
      c,
      deps,
      { orderNo, kind: 'shipment_reported', actor: `merchant:${principal.sub}`, payload },
      () => {
        const reason = whyNotShippable(node);
        if (reason) throw problemOf(reason, { state: node.state });
      },
    );
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}
