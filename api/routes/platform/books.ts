import { createRoute, z } from '@hono/zod-openapi';
import { accountBalances, buyerMoney } from '../../../db/queries/books.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { bearer, fenSchema, json, problems, timeSchema } from '../../schemas.ts';

const tags = ['Platform'];

const balancesRoute = createRoute({
  method: 'get',
  path: '/platform/accounts',
  tags,
  security: bearer,
  middleware: [requireRole('finance')],
  summary: 'Every account’s balance from the vouchers alone, at any moment (FN-2)',
  request: { query: z.object({ at: z.iso.datetime().optional() }) },
  responses: {
    200: json(
      z.object({
        at: timeSchema,
        accounts: z.array(z.object({ account: z.string(), balanceFen: fenSchema })),
      }),
      'Debits less credits; they sum to zero',
    ),
    ...problems,
  },
});
const buyerRoute = createRoute({
  method: 'get',
  path: '/platform/buyers/{buyerId}/money',
  tags,
  security: bearer,
  middleware: [requireRole('finance', 'customer_service')],
  summary: 'What a buyer paid and got back, from the vouchers alone (FN-2)',
  request: { params: z.object({ buyerId: z.string().min(1).max(64) }) },
  responses: {
    200: json(
      z.object({
        orders: z.array(z.object({ orderNo: z.string(), paidFen: fenSchema, refundedFen: fenSchema })),
      }),
      'By order',
    ),
    ...problems,
  },
});
export function registerBooks(app: App, deps: Deps): void {
  app.openapi(balancesRoute, async (c) => {
    const at = new Date(c.req.valid('query').at ?? deps.now());
    const balances = await accountBalances(deps.db, at);
    return c.json(
      {
        at: at.toISOString(),
        accounts: balances.map(({ account, balanceFen }) => ({ account, balanceFen: Number(balanceFen) })),
      },
      200,
    );
  });
  app.openapi(buyerRoute, async (c) => {
    const rows = await buyerMoney(deps.db, c.req.valid('param').buyerId);
    return c.json(
      {
        orders: rows.map((row) => ({
          orderNo: row.orderNo,
          paidFen: Number(row.paidFen),
          refundedFen: Number(row.refundedFen),
        })),
      },
      200,
    );
  });
}
