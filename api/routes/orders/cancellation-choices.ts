import { createRoute, z } from '@hono/zod-openapi';
import { chooseAfterRefusedCancel } from '../../../db/commands/cancellation-choices.ts';
import { CANCELLATION_CHOICES } from '../../../domain/order/cancellation.ts';
import { accessOwnOrder } from '../../access.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { shownState } from '../../representations/order.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';
import { startCase } from '../after-sales/start.ts';

const choiceSchema = z
  .object({
    cancellationNo: z.string(),
    choice: z.enum(CANCELLATION_CHOICES),
    caseNos: z
      .array(z.string())
      .openapi({ description: 'Of `return`: a case for each parcel; see `/after-sales/{caseNo}`' }),
  })
  .openapi('CancellationChoice');

const route = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/cancellation-choices',
  tags: ['Orders'],
  security: bearer,
  summary: 'After a refused cancel: keep the order, or have it refunded once its parcels are back (CN-6)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.strictObject({
        cancellationNo: z.string().min(1).max(64),
        choice: z.enum(CANCELLATION_CHOICES),
      }),
    ),
  },
  responses: { 200: json(choiceSchema, 'What was chosen'), ...problems },
});

export function registerCancellationChoices(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node, tree } = await accessOwnOrder(deps, principal, orderNo);
    const { cancellationNo, choice } = c.req.valid('json');
    if (node.kind === 'parent')
      throw new Problem('nothing_to_choose', 'Choose for the child orders, each by its own number.');
    const { scope, key, bodyHash } = await idempotencyKeyOf(c);
    const { verdict, caseNos } = await chooseAfterRefusedCancel(deps.db, {
      ...{ orderNo, cancellationNo, choice, key: `${scope} ${key} ${bodyHash}` },
      ...{ actor: `buyer:${principal.sub}`, at: deps.now() },
    });
    if (verdict.result === 'refused') throw problemOf(verdict.code, { state: shownState(node, tree) });
    for (const caseNo of caseNos) await startCase(deps, caseNo, orderNo);
    return c.json({ cancellationNo, choice, caseNos }, 200);
  });
}
