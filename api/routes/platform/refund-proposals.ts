import { createRoute, z } from '@hono/zod-openapi';
import { listProposals } from '../../../db/queries/refund-policy.ts';
import { approvalItemOf } from '../../../domain/order/proposal.ts';
import { accessOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { bearer, fenSchema, json, orderNoParam, problems, timeSchema } from '../../schemas.ts';

const proposalSchema = z
  .object({
    proposalNo: z.string(),
    orderNo: z.string(),
    caseNo: z.string().nullable(),
    amountFen: fenSchema,
    asked: z.record(z.string(), z.unknown()).openapi({ description: 'Just what approving does' }),
    proposedBy: z.string(),
    proposedAt: timeSchema,
    state: z.enum(['open', 'approved', 'refused']),
    workItemId: z.string().openapi({ description: 'Where it is decided' }),
    decidedBy: z.string().nullable(),
    decidedAt: timeSchema.nullable(),
    words: z.string().nullable(),
  })
  .openapi('RefundProposal');

const route = createRoute({
  method: 'get',
  path: '/platform/orders/{orderNo}/refund-proposals',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('finance', 'customer_service', 'operations')] as const,
  summary: 'The large refunds of an order that need or needed a second person, and who decided (RF-8, RT-3)',
  request: { params: orderNoParam },
  responses: {
    200: json(z.object({ proposals: z.array(proposalSchema) }), 'Oldest first'),
    ...problems,
  },
});

export function registerRefundProposals(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { orderNo } = c.req.valid('param');
    await accessOrder(deps, c.get('principal'), orderNo);
    const proposals = (await listProposals(deps.db, orderNo)).map((row) => ({
      ...{ proposalNo: row.proposalNo, orderNo, caseNo: row.caseNo, amountFen: Number(row.amountFen) },
      ...{ asked: row.payload, proposedBy: row.proposedBy, proposedAt: row.proposedAt.toISOString() },
      ...{ state: row.state, workItemId: approvalItemOf(row.proposalNo), decidedBy: row.decidedBy },
      ...{ decidedAt: row.decidedAt?.toISOString() ?? null, words: row.words },
    }));
    return c.json({ proposals }, 200);
  });
}
