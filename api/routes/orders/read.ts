import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { listBuyerOrders, loadLog, loadVouchers } from '../../../db/queries/orders.ts';
import { type Access, accessOrder } from '../../access.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { openContacts } from '../../representations/contacts.ts';
import { representOrder } from '../../representations/order.ts';
import { type OrderRepresentation, orderSchema } from '../../representations/order-schema.ts';
import { bearer, fenSchema, json, orderNoParam, pageQuery, problems, timeSchema } from '../../schemas.ts';

const tags = ['Orders'];

const getRoute = createRoute({
  method: 'get',
  path: '/orders/{orderNo}',
  tags,
  security: bearer,
  summary: 'An order: snapshot, state, actions, countdown, children, tracks, prompt (SB-4, SB-5, ST-7, SP-2)',
  request: { params: orderNoParam },
  responses: {
    200: json(orderSchema, 'The order'),
    304: { description: 'Unchanged since the ETag you sent' },
    ...problems,
  },
});
const listRoute = createRoute({
  method: 'get',
  path: '/orders',
  tags,
  security: bearer,
  summary: 'Your orders, newest first',
  request: { query: pageQuery },
  responses: {
    200: json(
      z.object({ orders: z.array(orderSchema), nextCursor: z.string().nullable() }),
      'A page of orders',
    ),
    ...problems,
  },
});
const logRoute = createRoute({
  method: 'get',
  path: '/orders/{orderNo}/log',
  tags,
  security: bearer,
  summary: 'Who did what, when, from which state to which (NT-3)',
  request: { params: orderNoParam },
  responses: {
    200: json(
      z.object({
        log: z.array(
          z.object({
            orderNo: z.string(),
            action: z.string(),
            actor: z.string(),
            fromState: z.string().nullable(),
            toState: z.string(),
            input: z.record(z.string(), z.unknown()),
            result: z.record(z.string(), z.unknown()),
            at: timeSchema,
          }),
        ),
      }),
      'The process log of the order and its children',
    ),
    ...problems,
  },
});
const vouchersRoute = createRoute({
  method: 'get',
  path: '/orders/{orderNo}/vouchers',
  tags,
  security: bearer,
  summary: 'The vouchers of an order: what moved in the books and why (FN-1)',
  request: { params: orderNoParam },
  responses: {
    200: json(
      z.object({
        vouchers: z.array(
          z.object({
            voucherNo: z.string(),
            kind: z.string(),
            orderNo: z.string(),
            cause: z.string(),
            operator: z.string(),
            reverses: z.string().nullable(),
            at: timeSchema,
            postings: z.array(z.object({ debit: z.string(), credit: z.string(), amountFen: fenSchema })),
          }),
        ),
      }),
      'The vouchers',
    ),
    ...problems,
  },
});

const AMONG_STAFF = new Set(['propose_refund', 'refuse_refund']);

export function registerReadOrders(app: App, deps: Deps): void {
  const { db, privacy } = deps;
  app.openapi(getRoute, async (c) => {
    const access = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    const order = await represent(deps, access);
    const { secondsLeft: _counts, prompt: _down, ...stable } = order;
    const etag = `"${createHash('sha256').update(JSON.stringify(stable)).digest('base64url').slice(0, 22)}"`;
    c.header('ETag', etag);
    if (c.req.header('if-none-match') === etag) return c.body(null, 304);
    return c.json(order, 200);
  });
  app.openapi(listRoute, async (c) => {
    const { sub } = c.get('principal');
    const { cursor, limit } = c.req.valid('query');
    const trees = await listBuyerOrders(db, sub, { before: cursor, limit });
    const orders = await Promise.all(
      trees.flatMap((tree) => {
        const node = tree.find((candidate) => candidate.orderNo === candidate.rootNo);
        return node ? [represent(deps, { node, tree, subtree: tree, viewer: 'buyer' })] : [];
      }),
    );
    return c.json(
      { orders, nextCursor: orders.length === limit ? (orders.at(-1)?.orderNo ?? null) : null },
      200,
    );
  });
  app.openapi(logRoute, async (c) => {
    const { subtree, viewer } = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    const all = await loadLog(
      db,
      subtree.map((node) => node.orderNo),
    );
    // What staff deliberate about a refund that did not move yet is theirs.
    const rows = viewer === 'platform' ? all : all.filter(({ action }) => !AMONG_STAFF.has(action));
    const log = rows.map(({ orderNo, action, actor, fromState, toState, input, result, at }) => ({
      orderNo,
      action,
      actor,
      fromState,
      toState,
      input,
      result,
      at: at.toISOString(),
    }));
    return c.json({ log }, 200);
  });
  app.openapi(vouchersRoute, async (c) => {
    const { subtree, viewer } = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    if (viewer === 'buyer') throw new Problem('not_found', 'Vouchers are for merchants and the platform.');
    const rows = await loadVouchers(
      db,
      subtree.map((node) => node.orderNo),
    );
    const vouchers = rows.map(({ voucherNo, kind, orderNo, cause, operator, reverses, at, postings }) => ({
      voucherNo,
      kind,
      orderNo,
      cause,
      operator,
      reverses,
      at: at.toISOString(),
      postings: postings.map((posting) => ({ ...posting, amountFen: Number(posting.amountFen) })),
    }));
    return c.json({ vouchers }, 200);
  });

  async function represent({ now }: Deps, access: Access): Promise<OrderRepresentation> {
    return representOrder(access, await openContacts(privacy, access.subtree), now());
  }
}
