import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { ensureBuyer } from '../../../db/commands/buyers.ts';
import { insertAddress } from '../../../db/commands/idempotency.ts';
import { findAddress, listAddresses } from '../../../db/queries/buyers.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { bearer, idempotencyHeader, json, jsonBody, problems } from '../../schemas.ts';

/** What a delivery address consists of. */
export const addressFields = {
  name: z.string().trim().min(1).max(50),
  phone: z.string().regex(/^1\d{10}$/, 'is not a mobile number of mainland China'),
  region: z
    .string()
    .regex(/^[1-9]\d$/, 'is not a two-digit province code (GB/T 2260)')
    .openapi({ example: '31' }),
  province: z.string().min(1).max(30),
  city: z.string().min(1).max(30),
  district: z.string().min(1).max(30),
  street: z.string().min(1).max(120),
};
const addressSchema = z.object({ addressId: z.string(), ...addressFields }).openapi('Address');
const tags = ['Addresses'];

const listRoute = createRoute({
  method: 'get',
  path: '/addresses',
  tags,
  security: bearer,
  summary: 'Your delivery addresses',
  responses: { 200: json(z.object({ addresses: z.array(addressSchema) }), 'The addresses'), ...problems },
});
const createAddressRoute = createRoute({
  method: 'post',
  path: '/addresses',
  tags,
  security: bearer,
  summary: 'Add a delivery address; kept encrypted with a key of your own',
  request: { headers: idempotencyHeader, body: jsonBody(z.strictObject(addressFields)) },
  responses: { 201: json(addressSchema, 'The address'), ...problems },
});

export function registerAddresses(app: App, deps: Deps): void {
  const { db, privacy } = deps;
  app.openapi(listRoute, async (c) => {
    const { sub } = c.get('principal');
    const rows = await listAddresses(db, sub);
    const opened = await Promise.all(
      rows.map(async (row) => ({ row, contact: await privacy.open(sub, row.sealedContact) })),
    );
    const addresses = opened.flatMap(({ row, contact }) =>
      contact ? [{ addressId: row.addressId, region: row.region, ...contact }] : [],
    );
    return c.json({ addresses }, 200);
  });
  app.openapi(createAddressRoute, async (c) => {
    const { sub: buyerId } = c.get('principal');
    const { region, ...details } = c.req.valid('json');
    const now = deps.now();
    await ensureBuyer(db, buyerId, now);
    const sealedContact = await privacy.seal(buyerId, details);
    const address = { addressId: `A${randomUUID()}`, buyerId, region, sealedContact, createdAt: now };
    const claim = await insertAddress(db, await idempotencyKeyOf(c), address);
    if (claim.result === 'other_body') throw new Problem('idempotency_key_reused');
    const stored = claim.result === 'repeated' ? await findAddress(db, buyerId, claim.ref) : address;
    const contact = stored && (await privacy.open(buyerId, stored.sealedContact));
    if (!stored || !contact) throw new Problem('not_found');
    return c.json({ addressId: stored.addressId, region: stored.region, ...contact }, 201);
  });
}
