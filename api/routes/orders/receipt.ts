import { createHmac, timingSafeEqual } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { OrderRow } from '../../../db/queries/orders.ts';
import { accessOwnOrder } from '../../access.ts';
import { commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { shownState } from '../../representations/order.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoParam,
  problems,
  promptSchema,
  timeSchema,
} from '../../schemas.ts';

const CONFIRMATION_TTL_MS = 10 * 60_000;

const askedSchema = z
  .object({ confirmation: z.string(), validUntil: timeSchema, prompt: promptSchema })
  .openapi('ReceiptConfirmation');

const route = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/receipt',
  tags: ['Orders'],
  security: bearer,
  summary: 'Confirm receipt in two steps: ask without `confirmation`, then send the one you got (ST-4)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(z.strictObject({ confirmation: z.string().max(200).optional() })),
  },
  responses: {
    200: json(z.union([commandSchema, askedSchema]), 'Asked back, or received'),
    202: json(commandSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

const extensionRoute = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/receipt-extensions',
  tags: ['Orders'],
  security: bearer,
  summary: 'Put off the automatic receipt by three days, once (ST-3)',
  request: { headers: idempotencyHeader, params: orderNoParam },
  responses: {
    200: json(commandSchema, 'Extended'),
    202: json(commandSchema, 'Taken; look at the order in a moment'),
    ...problems,
  },
});

export function registerReceipt(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node, tree } = await accessOwnOrder(deps, principal, orderNo);
    const { confirmation } = c.req.valid('json');
    const checkState = () => {
      if (node.state !== 'awaiting_receipt') throw notAwaitingReceipt(node, tree);
      if (node.holds > 0) throw new Problem('held');
    };
    if (confirmation === undefined) {
      checkState();
      return c.json(askBack(deps, orderNo, principal.sub), 200);
    }
    const command = {
      orderNo,
      kind: 'receipt_confirmed' as const,
      actor: `buyer:${principal.sub}`,
      payload: {},
    };
    const result = await sendCommand(c, deps, command, () => {
      checkState();
      if (!isValid(deps, orderNo, principal.sub, confirmation)) throw new Problem('confirmation_invalid');
    });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(extensionRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node, tree } = await accessOwnOrder(deps, principal, orderNo);
    const command = {
      orderNo,
      kind: 'receipt_extended' as const,
      actor: `buyer:${principal.sub}`,
      payload: {},
    };
    const result = await sendCommand(c, deps, command, () => {
      if (node.state !== 'awaiting_receipt') throw notAwaitingReceipt(node, tree);
      if (node.receiptExtended) throw new Problem('already_extended');
    });
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
}

function notAwaitingReceipt(node: OrderRow, tree: readonly OrderRow[]): Problem {
  const detail = node.kind === 'parent' ? 'Confirm the child orders, each by its own number.' : undefined;
  return new Problem('not_awaiting_receipt', detail, { state: shownState(node, tree) });
}

function askBack(deps: Deps, orderNo: string, buyerId: string) {
  const validUntil = new Date(deps.now().getTime() + CONFIRMATION_TTL_MS);
  return {
    confirmation: sign(deps, orderNo, buyerId, validUntil.getTime()),
    validUntil: validUntil.toISOString(),
    prompt: {
      zh: '确认已收到全部商品？确认后货款将结算给商家。',
      en: 'Have you received everything? Once confirmed, the money goes to the merchant.',
    },
  };
}

/** `<until>.<hmac>`: bound to order, buyer and time, so that nothing needs to be stored for asking. */
function sign({ confirmationKey }: Deps, orderNo: string, buyerId: string, untilMs: number): string {
  return `${untilMs}.${createHmac('sha256', confirmationKey).update(`${orderNo} ${buyerId} ${untilMs}`).digest('base64url')}`;
}

function isValid(deps: Deps, orderNo: string, buyerId: string, confirmation: string): boolean {
  const untilMs = Number(confirmation.split('.')[0]);
  if (!Number.isSafeInteger(untilMs) || untilMs < deps.now().getTime()) return false;
  const given = Buffer.from(confirmation);
  const expected = Buffer.from(sign(deps, orderNo, buyerId, untilMs));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
