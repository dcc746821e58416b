import { createRoute, z } from '@hono/zod-openapi';
import { askForWaybill, issueWaybill } from '../../../db/commands/waybills.ts';
import { findWaybill, listWaybills, type WaybillView } from '../../../db/queries/waybills.ts';
import { WAYBILL_STATES } from '../../../domain/fulfilment/waybills.ts';
import { CARRIERS } from '../../../domain/logistics/carriers.ts';
import { NeighbourError } from '../../../providers/neighbour-error.ts';
import { accessMerchantOrder } from '../../access.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf, numberOf } from '../../idempotency.ts';
import { representWaybill, waybillSchema } from '../../representations/waybill.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoSchema,
  pageQuery,
  piecesSchema,
  problems,
} from '../../schemas.ts';

const MAX_ORDERS = 20;

const tags = ['Merchant'];
const middleware = [requireRole('merchant')];

const askRoute = createRoute({
  method: 'post',
  path: '/merchant/waybills',
  tags,
  security: bearer,
  middleware,
  summary:
    'Get an electronic waybill, with its number and label, for a parcel with one order, part of it, or several orders of one buyer (FU-8)',
  request: {
    headers: idempotencyHeader,
    body: jsonBody(
      z.strictObject({
        carrier: z.enum(CARRIERS),
        weightGrams: z.number().int().min(1).max(1_000_000).optional(),
        orders: z
          .array(
            z.strictObject({
              orderNo: orderNoSchema,
              lines: piecesSchema.optional().openapi({
                description: 'What of it is in the parcel, where it is not all that is still to be sent',
              }),
            }),
          )
          .min(1)
          .max(MAX_ORDERS)
          .refine(
            (orders) => new Set(orders.map(({ orderNo }) => orderNo)).size === orders.length,
            'an order comes twice',
          ),
      }),
    ),
  },
  responses: {
    200: json(waybillSchema, 'Issued: print the label'),
    202: json(waybillSchema, 'The carrier has not answered yet; look at the waybill in a moment'),
    ...problems,
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/merchant/waybills',
  tags,
  security: bearer,
  middleware,
  summary: 'Your waybills, newest first (FU-8)',
  request: { query: pageQuery.extend({ state: z.enum(WAYBILL_STATES).optional() }) },
  responses: {
    200: json(
      z.object({ waybills: z.array(waybillSchema), nextCursor: z.string().nullable() }),
      'A page of waybills',
    ),
    ...problems,
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/merchant/waybills/{waybillNo}',
  tags,
  security: bearer,
  middleware,
  summary: 'A waybill with its label (FU-8)',
  request: { params: z.object({ waybillNo: z.string().min(1).max(64) }) },
  responses: { 200: json(waybillSchema, 'The waybill'), ...problems },
});

export function registerWaybills(app: App, deps: Deps): void {
  app.openapi(askRoute, async (c) => {
    const principal = c.get('principal');
    const merchantId = principal.merchantId ?? '';
    const { carrier, weightGrams = null, orders } = c.req.valid('json');
    const key = await idempotencyKeyOf(c);
    const { bodyHash } = key;
    const waybillNo = `WB${numberOf(key, 16)}`;
    if (!(await findWaybill(deps.db, waybillNo))) {
      const nodes = [];
      for (const { orderNo } of orders)
        nodes.push((await accessMerchantOrder(deps, principal, orderNo)).node);
      const buyerId = nodes[0]?.buyerId ?? '';
      const foreign = nodes.find((node) => node.buyerId !== buyerId);
      if (foreign) throw new Problem('other_receiver', undefined, { orderNo: foreign.orderNo });
      if (!deps.waybills.serves(merchantId, carrier)) throw new Problem('no_waybill_account');
      const answer = await askForWaybill(deps.db, deps.privacy, {
        ...{ waybillNo, bodyHash, merchantId, buyerId, carrier, weightGrams, orders },
        ...{ actor: `merchant:${principal.sub}`, at: deps.now() },
      });
      if (answer.result === 'refused') throw problemOf(answer.code, { orderNo: answer.orderNo });
    }
    const asked = await requireOwnWaybill(deps, merchantId, waybillNo);
    if (asked.bodyHash !== bodyHash) throw new Problem('idempotency_key_reused');
    const waybill = await issued(deps, asked);
    if (waybill.state === 'refused')
      throw new Problem('waybill_refused', undefined, { refusal: waybill.refusal });
    const body = await representWaybill(deps.privacy, waybill);
    return waybill.state === 'asked' ? c.json(body, 202) : c.json(body, 200);
  });
  app.openapi(listRoute, async (c) => {
    const { cursor, limit, state } = c.req.valid('query');
    const merchantId = c.get('principal').merchantId ?? '';
    const rows = await listWaybills(deps.db, merchantId, { state, before: cursor, limit });
    const waybills = await Promise.all(rows.map((row) => representWaybill(deps.privacy, row)));
    return c.json(
      { waybills, nextCursor: rows.length === limit ? (rows.at(-1)?.waybillNo ?? null) : null },
      200,
    );
  });
  app.openapi(readRoute, async (c) => {
    const { waybillNo } = c.req.valid('param');
    const waybill = await requireOwnWaybill(deps, c.get('principal').merchantId ?? '', waybillNo);
    return c.json(await representWaybill(deps.privacy, waybill), 200);
  });
}

/** The waybill, for which the carrier is asked now; what stays unanswered is asked for again by the worker's round. */
async function issued(deps: Deps, waybill: WaybillView): Promise<WaybillView> {
  const { db, privacy, waybills, logger } = deps;
  const { waybillNo, merchantId, state } = waybill;
  if (state !== 'asked') return waybill;
  try {
    await issueWaybill(db, privacy, waybill, (consignment) => waybills.issue(consignment), deps.now());
  } catch (error) {
    if (!(error instanceof NeighbourError)) throw error;
    logger.warn({ waybillNo, err: error }, 'a carrier did not answer for a waybill; it is asked again');
  }
  return await requireOwnWaybill(deps, merchantId, waybillNo);
}

/** A merchant's own waybill; another's does not exist for them (ID-2). */
export async function requireOwnWaybill(
  { db }: Deps,
  merchantId: string,
  waybillNo: string,
): Promise<WaybillView> {
  const waybill = await findWaybill(db, waybillNo);
  if (waybill?.merchantId !== merchantId)
    throw new Problem('not_found', `There is no waybill ${waybillNo} for you.`);
  return waybill;
}
