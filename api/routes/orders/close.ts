import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Access, accessMerchantOrder, accessOrder } from '../../access.ts';
import { type AuthEnv, requireRole } from '../../auth/middleware.ts';
import { type CommandResult, commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { shownState } from '../../representations/order.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';

const request = {
  headers: idempotencyHeader,
  params: orderNoParam,
  body: jsonBody(
    z.strictObject({
      reason: z.string().trim().min(1).max(200).openapi({ description: 'The buyer reads it' }),
    }),
  ),
};
const responses = {
  200: json(commandSchema, 'Closed; stock, coupons and points are back'),
  202: json(commandSchema, 'Taken; look at the order in a moment'),
  ...problems,
};

const merchantRoute = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/closures',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary: 'Close your own unpaid order, with a reason (ST-8)',
  request,
  responses,
});
const platformRoute = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/closures',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('customer_service', 'operations')] as const,
  summary: 'Close an unpaid order, with a reason; of a joint order, all that is paid together (ST-8)',
  request,
  responses,
});

/** The seller's and the platform's end of an unpaid order: the buyer's cancel with another hand (CN-1, PY-5). */
export function registerCloseOrder(app: App, deps: Deps): void {
  app.openapi(merchantRoute, async (c) => {
    const principal = c.get('principal');
    const access = await accessMerchantOrder(deps, principal, c.req.valid('param').orderNo);
    const { merchantId, paymentRootNo } = access.node;
    const paidTogether = access.tree.filter(
      (node) => node.paymentRootNo === paymentRootNo && node.merchantId !== null,
    );
    if (paidTogether.some((node) => node.merchantId !== merchantId)) throw new Problem('joint_order');
    const result = await close(c, deps, access, `merchant:${principal.sub}`, c.req.valid('json'));
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(platformRoute, async (c) => {
    const principal = c.get('principal');
    const access = await accessOrder(deps, principal, c.req.valid('param').orderNo);
    const result = await close(c, deps, access, `platform:${principal.sub}`, c.req.valid('json'));
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}

async function close(
  c: Context<AuthEnv>,
  deps: Deps,
  { node, tree }: Access,
  actor: string,
  payload: { reason: string },
): Promise<CommandResult> {
  const root = tree.find((candidate) => candidate.orderNo === node.paymentRootNo) ?? node;
  const command = { orderNo: root.orderNo, kind: 'cancel_requested' as const, actor, payload };
  return await sendCommand(c, deps, command, () => {
    if (root.state !== 'awaiting_payment')
      throw new Problem('not_awaiting_payment', undefined, { state: shownState(root, tree) });
  });
}
