import { createRoute, z } from '@hono/zod-openapi';
import { finishRefund, retryRefund } from '../../../db/commands/refunds.ts';
import { loadRefund } from '../../../db/queries/refunds.ts';
import { findWorkItem, openWorkItems } from '../../../db/queries/work-items.ts';
import { accounts } from '../../../domain/ledger/voucher.ts';
import { refundVoucher } from '../../../domain/ledger/vouchers.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { decideProposal } from '../../decide-proposal.ts';
import { Problem } from '../../errors.ts';
import { representWorkItem, workItemSchema } from '../../representations/work-item.ts';
import { bearer, idempotencyHeader, json, jsonBody, problems } from '../../schemas.ts';

const tags = ['Platform'];

const queueRoute = createRoute({
  method: 'get',
  path: '/platform/work-items',
  tags,
  security: bearer,
  middleware: [requireRole('finance', 'customer_service', 'operations')],
  summary: 'The human queue: what a person must decide, until when, and the ways out',
  responses: {
    200: json(z.object({ workItems: z.array(workItemSchema) }), 'Open items, most urgent first'),
    ...problems,
  },
});

const decidedSchema = z.object({ workItemId: z.string(), outcome: z.string() });

const decisionRoute = createRoute({
  method: 'post',
  path: '/platform/work-items/{workItemId}/decisions',
  tags,
  security: bearer,
  middleware: [requireRole('finance')] as const,
  summary:
    'Decide a refund that the provider did not make (RF-6): try it again, or say how it was paid out; or a large one that somebody else asked for: approve or refuse it (RF-8, RT-3)',
  request: {
    headers: idempotencyHeader,
    params: z.object({ workItemId: z.string().min(1).max(80) }),
    body: jsonBody(
      z.discriminatedUnion('decision', [
        z.strictObject({ decision: z.literal('retry') }),
        z.strictObject({
          decision: z.literal('paid_by_hand'),
          proof: z
            .string()
            .trim()
            .min(4)
            .max(200)
            .openapi({ description: 'What proves the payout: the bank’s receipt number' }),
        }),
        z.strictObject({
          decision: z.enum(['approve', 'refuse']),
          words: z.string().trim().min(1).max(500).openapi({ description: 'Why; staff read it' }),
        }),
      ]),
    ),
  },
  responses: {
    200: json(decidedSchema, 'Decided'),
    202: json(decidedSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

export function registerWorkItems(app: App, deps: Deps): void {
  app.openapi(queueRoute, async (c) => {
    const now = deps.now();
    const workItems = (await openWorkItems(deps.db)).map((item) => representWorkItem(item, now));
    return c.json({ workItems }, 200);
  });

  app.openapi(decisionRoute, async (c) => {
    const { workItemId } = c.req.valid('param');
    const decision = c.req.valid('json');
    const item = await findWorkItem(deps.db, workItemId);
    if (item?.kind === 'refund_approval' && 'words' in decision) {
      const result = await decideProposal(c, deps, item, decision);
      return c.json({ workItemId, outcome: decision.decision }, result === 'pending' ? 202 : 200);
    }
    if (item?.kind !== 'refund_refused' || 'words' in decision)
      throw new Problem('not_found', 'There is no such work item.');
    const outcome = decision.decision;
    // A decision is its own idempotency key: the same one again is answered alike.
    if (item.closedAt !== null && item.outcome === outcome) return c.json({ workItemId, outcome }, 200);
    const refundNo = workItemId.slice('refund-'.length);
    const operator = `platform:${c.get('principal').sub}`;
    const decided =
      decision.decision === 'retry'
        ? await retryRefund(deps.db, { refundNo, operator, at: deps.now() })
        : await payByHand(deps, refundNo, { proof: decision.proof, operator });
    if (!decided) throw new Problem('already_decided', undefined, { outcome: item.outcome });
    if (outcome === 'retry')
      await deps.workflows
        .retryRefund(refundNo)
        .catch((error: unknown) =>
          deps.logger.warn({ refundNo, err: error }, 'a refund could not be started; the reconciler will'),
        );
    return c.json({ workItemId, outcome }, 200);
  });
}

/** Books a payout past the provider, once the provider confirmed that its own refund did not move (I3). */
async function payByHand(
  deps: Deps,
  refundNo: string,
  byHand: { proof: string; operator: string },
): Promise<boolean> {
  const { refund, payment, rootNo, isMoved } = await loadRefund(deps.db, refundNo);
  const provider = deps.providers.get(payment.provider);
  if (!provider) throw new Error(`no payment provider ${payment.provider} is configured`);
  const known = await provider.queryRefund(payment, refundNo);
  if (known.state === 'succeeded' || known.state === 'pending') throw new Problem('refund_moving');
  const header = { orderNo: refund.orderNo, rootNo, operator: byHand.operator, at: deps.now() };
  const voucher = refundVoucher(header, { ...refund, paidFrom: accounts.paidByHand, isMoved });
  return await finishRefund(deps.db, refundNo, voucher, byHand);
}
