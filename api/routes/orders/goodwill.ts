import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { loadAllowance } from '../../../db/queries/refund-policy.ts';
import { freightLeft } from '../../../domain/order/kept-money.ts';
import type { Giver } from '../../../domain/order/refund-policy.ts';
import { isPossible } from '../../../domain/order/states.ts';
import { GOODWILL_REASONS } from '../../../domain/order/steps/goodwill.ts';
import { type Access, accessMerchantOrder, accessOrder } from '../../access.ts';
import { type AuthEnv, requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, idempotencyHeader, jsonBody, orderNoParam } from '../../schemas.ts';
import { proposableResponses, sendOrPropose } from '../../second-person.ts';

const goodwillSchema = z.strictObject({
  kind: z
    .enum(['goodwill', 'freight'])
    .openapi({ description: '`freight`: at most the freight that was not given back yet' }),
  amountFen: z.number().int().positive(),
  reason: z.enum(GOODWILL_REASONS),
  words: z.string().trim().min(1).max(200).openapi({ description: 'The buyer reads it' }),
});
type GoodwillRequest = z.infer<typeof goodwillSchema>;

const request = { headers: idempotencyHeader, params: orderNoParam, body: jsonBody(goodwillSchema) };
const merchantRoute = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/goodwill',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary:
    'Give back some of your own paid order’s money, or its freight, without taking anything back (RF-8); limited per person and day, and the order goes on',
  request,
  responses: proposableResponses,
});
const platformRoute = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/goodwill',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('customer_service')] as const,
  summary:
    'Give back some of a paid order’s money, or its freight, at the platform’s cost (RF-8); limited per person and day, and the order goes on',
  request,
  responses: proposableResponses,
});

/** Money given back beside pieces, by who bears it: a refund whose step counts it against its giver’s day. */
export function registerGoodwill(app: App, deps: Deps): void {
  app.openapi(merchantRoute, async (c) => {
    const access = await accessMerchantOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    const result = await give(c, deps, access, 'merchant', c.req.valid('json'));
    return result.result === 'accepted' ? c.json(result, 200) : c.json(result, 202);
  });
  app.openapi(platformRoute, async (c) => {
    const access = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    const result = await give(c, deps, access, 'platform', c.req.valid('json'));
    return result.result === 'accepted' ? c.json(result, 200) : c.json(result, 202);
  });
}

async function give(
  c: Context<AuthEnv>,
  deps: Deps,
  { node }: Access,
  giver: Giver,
  { kind, amountFen, reason, words }: GoodwillRequest,
): ReturnType<typeof sendOrPropose> {
  const { orderNo } = node;
  const operator = `${giver}:${c.get('principal').sub}`;
  const allowance = () => loadAllowance(deps.db, { operator, giver, at: deps.now() });
  const command = {
    ...{ orderNo, kind: 'refund_requested' as const, actor: operator },
    payload: { amountFen, reason: words, goodwill: { kind, giver, reason } },
  };
  try {
    return await sendOrPropose(c, deps, command, { amountFen: BigInt(amountFen) }, async () => {
      checkLeft(node, kind, BigInt(amountFen));
      const { limitFen, usedFen } = await allowance();
      if (usedFen + BigInt(amountFen) > limitFen) throw new Problem('goodwill_limit');
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'goodwill_limit') throw error;
    const { limitFen, usedFen, renewsAt } = await allowance();
    throw new Problem('goodwill_limit', undefined, { limitFen, usedFen, renewsAt: renewsAt.toISOString() });
  }
}

function checkLeft(node: Access['node'], kind: GoodwillRequest['kind'], amountFen: bigint): void {
  if (node.kind === 'parent')
    throw new Problem('not_refundable', 'Give it for the child orders, each by its own number.');
  if (!isPossible('refund', node.state))
    throw new Problem('not_refundable', undefined, { state: node.state });
  const refundableFen = node.payableFen - node.givenBackFen;
  if (amountFen > refundableFen) throw new Problem('more_than_paid', undefined, { refundableFen });
  const freightLeftFen = freightLeft(node);
  if (kind === 'freight' && amountFen > freightLeftFen)
    throw new Problem('more_than_freight', undefined, { freightLeftFen });
}
