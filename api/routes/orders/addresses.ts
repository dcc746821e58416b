import { createRoute, z } from '@hono/zod-openapi';
import { amendAddress } from '../../../db/commands/order-addresses.ts';
import { amendedAddresses } from '../../../db/queries/order-addresses.ts';
import { accessOrder, accessOwnOrder } from '../../access.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { shownState } from '../../representations/order.ts';
import { contactSchema } from '../../representations/order-schema.ts';
import {
  bearer,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoParam,
  orderNoSchema,
  problems,
  timeSchema,
} from '../../schemas.ts';
import { addressFields } from '../addresses/addresses.ts';

const tags = ['Orders'];
const versionSchema = z
  .number()
  .int()
  .openapi({ description: '0: as ordered; each amendment counts one', example: 1 });

const amendRoute = createRoute({
  method: 'put',
  path: '/orders/{orderNo}/address',
  tags,
  security: bearer,
  summary:
    'Change where an order goes, within its province, until a warehouse is told or the merchant ships; of a joint order every child that still can (FU-6)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(z.strictObject(addressFields)),
  },
  responses: {
    200: json(
      z
        .object({
          orderNo: orderNoSchema,
          amended: z.array(z.object({ orderNo: orderNoSchema, addressVersion: versionSchema })).openapi({
            description:
              'Each order that got a new version; one that is not named had this address already or can change no more',
          }),
        })
        .openapi('AddressAmendment'),
      'What goes to the new address now',
    ),
    ...problems,
  },
});

const versionsRoute = createRoute({
  method: 'get',
  path: '/orders/{orderNo}/addresses',
  tags,
  security: bearer,
  summary: 'Every version of where an order goes, by whom and when; not for merchants (FU-6)',
  request: { params: orderNoParam },
  responses: {
    200: json(
      z.object({
        addresses: z.array(
          z.object({
            orderNo: orderNoSchema,
            version: versionSchema,
            region: z.string(),
            contact: contactSchema.nullable(),
            changedBy: z.string(),
            at: timeSchema,
          }),
        ),
      }),
      'The versions, oldest first; of a joint order those of each child',
    ),
    ...problems,
  },
});

export function registerOrderAddresses(app: App, deps: Deps): void {
  const { db, privacy } = deps;
  app.openapi(amendRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node, subtree, tree } = await accessOwnOrder(deps, principal, orderNo);
    const { region, ...contact } = c.req.valid('json');
    if (region !== node.region) throw new Problem('region_changed', undefined, { region: node.region });
    const answer = await amendAddress(db, privacy, {
      key: await idempotencyKeyOf(c),
      leafNos: subtree.filter(({ kind }) => kind !== 'parent').map((leaf) => leaf.orderNo),
      ...{ buyerId: node.buyerId, actor: `buyer:${principal.sub}`, region, contact, at: deps.now() },
    });
    if (answer.result === 'other_body') throw new Problem('idempotency_key_reused');
    if (answer.result === 'refused') {
      const state = node.kind === 'parent' ? shownState(node, tree) : answer.state;
      throw problemOf(answer.code, { state });
    }
    return c.json({ orderNo, amended: answer.amended }, 200);
  });
  app.openapi(versionsRoute, async (c) => {
    const { subtree, viewer } = await accessOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    if (viewer === 'merchant')
      throw new Problem('not_found', 'Earlier addresses are for the buyer and the platform.');
    const leaves = subtree.filter(({ kind }) => kind !== 'parent');
    const amended = await amendedAddresses(
      db,
      leaves.map(({ orderNo }) => orderNo),
    );
    const versions = leaves.flatMap((leaf) => {
      const { orderNo, region, sealedContact, buyerId, createdAt } = leaf;
      const ordered = { orderNo, region, sealedContact, buyerId };
      return [
        { ...ordered, version: 0, changedBy: `buyer:${buyerId}`, at: createdAt },
        ...amended.filter((row) => row.orderNo === orderNo).map((row) => ({ ...row, buyerId })),
      ];
    });
    const addresses = await Promise.all(
      versions.map(async ({ orderNo, version, region, changedBy, ...sealed }) => ({
        ...{ orderNo, version, region, changedBy, at: sealed.at.toISOString() },
        contact: await privacy.open(sealed.buyerId, sealed.sealedContact),
      })),
    );
    return c.json({ addresses }, 200);
  });
}
