import { createRoute, z } from '@hono/zod-openapi';
import { accessOwnOrder } from '../../access.ts';
import { commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { shownState } from '../../representations/order.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';

const route = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/cancellations',
  tags: ['Orders'],
  security: bearer,
  summary: 'Cancel an unpaid order (CN-1); a child of a joint order cancels all of it (SP-5)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(z.strictObject({ reason: z.string().trim().min(1).max(200).default('buyer_request') })),
  },
  responses: {
    200: json(commandSchema, 'Cancelled'),
    202: json(commandSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

export function registerCancelOrder(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { node, tree } = await accessOwnOrder(deps, principal, c.req.valid('param').orderNo);
    const root = tree.find((candidate) => candidate.orderNo === node.paymentRootNo) ?? node;
    const command = {
      orderNo: root.orderNo,
      kind: 'cancel_requested' as const,
      actor: `buyer:${principal.sub}`,
      payload: c.req.valid('json'),
    };
    const result = await sendCommand(c, deps, command, () => {
      if (root.state !== 'awaiting_payment')
        throw new Problem('not_awaiting_payment', undefined, { state: shownState(root, tree) });
    });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}
