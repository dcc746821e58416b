import { createRoute, z } from '@hono/zod-openapi';
import { listSettlementLines } from '../../../db/queries/orders.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { bearer, fenSchema, json, problems, timeSchema } from '../../schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/merchant/settlements',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')],
  summary: 'The pending list and what was settled, line by line (ST-5, FN-6)',
  responses: {
    200: json(
      z.object({
        lines: z.array(
          z.object({
            orderNo: z.string(),
            lineNo: z.number().int(),
            dueAt: timeSchema,
            baseFen: fenSchema,
            commissionFen: fenSchema,
            netFen: fenSchema,
            state: z.enum(['due', 'settled']),
            settlementNo: z.string().nullable(),
            settledAt: timeSchema.nullable(),
          }),
        ),
      }),
      'The newest 200 lines',
    ),
    ...problems,
  },
});

export function registerMerchantSettlements(app: App, { db }: Deps): void {
  app.openapi(route, async (c) => {
    const rows = await listSettlementLines(db, c.get('principal').merchantId ?? '', 200);
    const lines = rows.map(
      ({ orderNo, lineNo, dueAt, baseFen, commissionFen, netFen, state, settlementNo, settledAt }) => ({
        orderNo,
        lineNo,
        dueAt: dueAt.toISOString(),
        baseFen: Number(baseFen),
        commissionFen: Number(commissionFen),
        netFen: Number(netFen),
        state,
        settlementNo,
        settledAt: settledAt?.toISOString() ?? null,
      }),
    );
    return c.json({ lines }, 200);
  });
}
