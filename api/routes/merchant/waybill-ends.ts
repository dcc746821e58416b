import { createRoute, z } from '@hono/zod-openapi';
import { claimKey } from '../../../db/commands/idempotency.ts';
import { handOverFailed, voidWaybill, waybillHandedOver } from '../../../db/commands/waybills.ts';
import { requireNode } from '../../../db/queries/order-nodes.ts';
import type { WaybillView } from '../../../db/queries/waybills.ts';
import { whyNotShippable } from '../../../domain/order/steps/ship.ts';
import { NeighbourError } from '../../../providers/neighbour-error.ts';
import { requireRole } from '../../auth/middleware.ts';
import { sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { representWaybill, waybillSchema } from '../../representations/waybill.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoSchema, problems } from '../../schemas.ts';
import { requireOwnWaybill } from './waybills.ts';

const tags = ['Merchant'];
const middleware = [requireRole('merchant')];
const params = z.object({ waybillNo: z.string().min(1).max(64) });

const handOverRoute = createRoute({
  method: 'post',
  path: '/merchant/waybills/{waybillNo}/hand-overs',
  tags,
  security: bearer,
  middleware,
  summary: 'The parcel was handed to the carrier: every order in it is shipped with its number (FU-3, FU-8)',
  request: { headers: idempotencyHeader, params, body: jsonBody(z.strictObject({})) },
  responses: {
    200: json(
      z
        .object({
          waybillNo: z.string(),
          trackingNo: z.string(),
          orders: z.array(
            z.object({
              orderNo: orderNoSchema,
              result: z.enum(['accepted', 'pending', 'refused']),
              code: z.string().nullable(),
              message: z.string().nullable(),
            }),
          ),
        })
        .openapi('HandOver'),
      'What became of each order; take out of the parcel what was refused',
    ),
    ...problems,
  },
});

const cancelRoute = createRoute({
  method: 'post',
  path: '/merchant/waybills/{waybillNo}/cancellations',
  tags,
  security: bearer,
  middleware,
  summary: 'Give an unused waybill back to its carrier (FU-8)',
  request: {
    headers: idempotencyHeader,
    params,
    body: jsonBody(z.strictObject({ reason: z.string().trim().min(1).max(100) })),
  },
  responses: {
    200: json(waybillSchema, 'Void'),
    202: json(waybillSchema, 'The carrier has not answered yet; nobody can use it any more'),
    ...problems,
  },
});

export function registerWaybillEnds(app: App, deps: Deps): void {
  app.openapi(handOverRoute, async (c) => {
    const principal = c.get('principal');
    const { waybillNo } = c.req.valid('param');
    const waybill = await requireOwnWaybill(deps, principal.merchantId ?? '', waybillNo);
    const { carrier, trackingNo } = waybill;
    if (trackingNo === null || !(await waybillHandedOver(deps.db, waybillNo, deps.now())))
      throw new Problem('waybill_not_usable', undefined, { state: waybill.state });
    const handOne = async (order: WaybillView['orders'][number]) => {
      const { orderNo, lines } = order;
      const command = {
        ...{ orderNo, kind: 'shipment_reported' as const, actor: `merchant:${principal.sub}` },
        payload: { carrier, trackingNo, lines },
        keySuffix: orderNo,
      };
      const sent = await verdictOf(order, () =>
        sendCommand(c, deps, command, async () => {
          const reason = whyNotShippable(await requireNode(deps.db, orderNo));
          if (reason) throw problemOf(reason);
          if (order.addressChanged) throw new Problem('label_outdated');
        }),
      );
      return { orderNo, ...sent };
    };
    const orders = await Promise.all(waybill.orders.map(handOne));
    if (orders.every(({ result }) => result === 'refused')) await handOverFailed(deps.db, waybillNo);
    return c.json({ waybillNo, trackingNo, orders }, 200);
  });
  app.openapi(cancelRoute, async (c) => {
    const merchantId = c.get('principal').merchantId ?? '';
    const { waybillNo } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    const before = await requireOwnWaybill(deps, merchantId, waybillNo);
    const claim = await claimKey(deps.db, await idempotencyKeyOf(c), waybillNo, deps.now());
    if (claim.result === 'other_body') throw new Problem('idempotency_key_reused');
    // Asked again, with this key or another, it is given back once.
    if (before.state !== 'voided') await giveBack(deps, before, reason);
    const waybill = await requireOwnWaybill(deps, merchantId, waybillNo);
    if (waybill.refusal) throw new Problem('waybill_refused', undefined, { refusal: waybill.refusal });
    const body = await representWaybill(deps.privacy, waybill);
    return waybill.state === 'voiding' ? c.json(body, 202) : c.json(body, 200);
  });
}

/** What an order says to its shipment; one that has left with the parcel already says yes again. */
async function verdictOf(
  { shipped }: WaybillView['orders'][number],
  send: () => Promise<{ result: 'accepted' | 'pending' }>,
) {
  if (shipped) return { result: 'accepted' as const, code: null, message: null };
  try {
    const { result } = await send();
    return { result, code: null, message: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { result: 'refused' as const, code: error.code, message: error.message };
  }
}

async function giveBack(
  { db, waybills, logger, now }: Deps,
  { waybillNo, state }: WaybillView,
  reason: string,
) {
  try {
    const isOpen = await voidWaybill(
      db,
      waybillNo,
      (waybill) => waybills.void({ ...waybill, reason }),
      now(),
    );
    if (!isOpen) throw new Problem('waybill_not_usable', undefined, { state });
  } catch (error) {
    if (!(error instanceof NeighbourError)) throw error;
    logger.warn({ waybillNo, err: error }, 'a carrier did not take a waybill back; it is asked again');
  }
}
