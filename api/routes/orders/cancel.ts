import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Access, accessOrder, accessOwnOrder } from '../../access.ts';
import { type AuthEnv, requireRole } from '../../auth/middleware.ts';
import { type Command, type CommandResult, commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { shownState } from '../../representations/order.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoParam,
  piecesSchema,
  problems,
} from '../../schemas.ts';

const request = {
  headers: idempotencyHeader,
  params: orderNoParam,
  body: jsonBody(
    z.strictObject({
      reason: z.string().trim().min(1).max(200).default('buyer_request'),
      lines: piecesSchema.optional().openapi({
        description: 'Of a paid order: only these pieces; all that has not left when not given (RF-4)',
      }),
    }),
  ),
};
const resultSchema = commandSchema.extend({
  children: z.array(commandSchema).optional().openapi({
    description: 'Of a paid joint order: the request to each live child, each with its own outcome',
  }),
});
const responses = {
  200: json(resultSchema, 'Unpaid: cancelled. Paid: taken; see the order’s cancellations for the outcome'),
  202: json(resultSchema, 'Taken; look at the order in a moment'),
  ...problems,
};

const buyerRoute = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/cancellations',
  tags: ['Orders'],
  security: bearer,
  summary:
    'Cancel an unpaid order at once (CN-1; a child of a joint order cancels all of it, SP-5), or ask for a paid one to be stopped before it leaves (CN-2, CN-3)',
  request,
  responses,
});
const platformRoute = createRoute({
  method: 'post',
  path: '/platform/orders/{orderNo}/cancellations',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('customer_service', 'operations')] as const,
  summary: 'Ask for a paid order to be stopped before it leaves, in the buyer’s stead (CN-2)',
  request,
  responses,
});

type Body = z.infer<(typeof request.body.content)['application/json']['schema']>;

export function registerCancelOrder(app: App, deps: Deps): void {
  app.openapi(buyerRoute, async (c) => {
    const principal = c.get('principal');
    const access = await accessOwnOrder(deps, principal, c.req.valid('param').orderNo);
    const { node, tree } = access;
    const actor = `buyer:${principal.sub}`;
    const body = c.req.valid('json');
    const root = tree.find((candidate) => candidate.orderNo === node.paymentRootNo) ?? node;
    const result = root.paidAt
      ? await stop(c, deps, access, { actor, askedBy: 'buyer', body })
      : await cancelUnpaid(c, deps, root, { actor, body });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(platformRoute, async (c) => {
    const principal = c.get('principal');
    const access = await accessOrder(deps, principal, c.req.valid('param').orderNo);
    const actor = `platform:${principal.sub}`;
    const result = await stop(c, deps, access, { actor, askedBy: 'platform', body: c.req.valid('json') });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}

function cancelUnpaid(
  c: Context<AuthEnv>,
  deps: Deps,
  root: Access['node'],
  { actor, body }: { actor: string; body: Body },
): Promise<CommandResult> {
  if (body.lines)
    throw new Problem(
      'invalid_request',
      'Pieces can be cancelled once the order is paid; leave `lines` out.',
    );
  const payload = { reason: body.reason };
  return sendCommand(c, deps, { orderNo: root.orderNo, kind: 'cancel_requested', actor, payload }, () => {
    if (root.state !== 'awaiting_payment')
      throw new Problem('not_awaiting_payment', undefined, { state: shownState(root, [root]) });
  });
}

/** A paid order: a request to the leaf, or to each live leaf of a parent, each with its own outcome (decision 26). */
async function stop(
  c: Context<AuthEnv>,
  deps: Deps,
  { node, tree }: Access,
  { actor, askedBy, body }: { actor: string; askedBy: 'buyer' | 'platform'; body: Body },
): Promise<z.infer<typeof resultSchema>> {
  const { reason, lines = null } = body;
  const commandTo = (orderNo: string): Command => ({
    ...{ orderNo, kind: 'cancellation_asked' as const, actor },
    payload: { reason, lines, askedBy, missing: false },
  });
  const isLive = (leaf: Access['node']) => leaf.state === 'awaiting_shipment';
  const check = (leaf: Access['node']) => () => {
    if (!isLive(leaf))
      throw new Problem('not_awaiting_shipment', undefined, { state: shownState(leaf, tree) });
    if (leaf.cancellationNo !== null) throw new Problem('cancellation_open');
  };
  if (node.state !== 'split') return await sendCommand(c, deps, commandTo(node.orderNo), check(node));
  if (lines)
    throw new Problem('invalid_request', 'Pieces are cancelled per child order; name the child in the path.');
  const children: CommandResult[] = [];
  for (const leaf of tree.filter(({ parentNo }) => parentNo === node.orderNo)) {
    const command = { ...commandTo(leaf.orderNo), keySuffix: leaf.orderNo };
    try {
      children.push(await sendCommand(c, deps, command, check(leaf)));
    } catch (error) {
      // A child that cannot be stopped any more does not keep the others from it.
      if (!(error instanceof Problem)) throw error;
    }
  }
  const [first] = children;
  if (!first) throw new Problem('not_awaiting_shipment', undefined, { state: shownState(node, tree) });
  const result = children.some((child) => child.result === 'pending') ? 'pending' : 'accepted';
  return { commandId: first.commandId, orderNo: node.orderNo, result, children };
}
