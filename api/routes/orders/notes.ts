import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { findKey } from '../../../db/commands/idempotency.ts';
import { addNote } from '../../../db/commands/order-notes.ts';
import { findNote, notesOf } from '../../../db/queries/order-notes.ts';
import type { OrderRow } from '../../../db/queries/orders.ts';
import type { Viewer } from '../../../domain/order/actions.ts';
import { isWritable } from '../../../domain/order/amendable.ts';
import { accessMerchantOrder, accessOrder, accessOwnOrder } from '../../access.ts';
import { type AuthEnv, requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { shownState } from '../../representations/order.ts';
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

const KINDS = ['buyer_message', 'merchant_note'] as const;
type Kind = (typeof KINDS)[number];
/** A merchant's notes are never shown to the buyer. */
const READABLE: Record<Viewer, readonly Kind[]> = {
  buyer: ['buyer_message'],
  merchant: KINDS,
  platform: KINDS,
};

const noteSchema = z
  .object({
    noteId: z.number().int(),
    orderNo: orderNoSchema,
    kind: z.enum(KINDS),
    text: z.string().nullable().openapi({ description: 'Null once the person was erased' }),
    author: z.string(),
    at: timeSchema,
  })
  .openapi('Note');
const textOf = (most: number) => jsonBody(z.strictObject({ text: z.string().trim().min(1).max(most) }));

const messageRoute = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/messages',
  tags: ['Orders'],
  security: bearer,
  summary:
    'Write to the merchant, and to the warehouse, which reads the newest when it is told to ship (FU-6)',
  request: { headers: idempotencyHeader, params: orderNoParam, body: textOf(200) },
  responses: { 201: json(noteSchema, 'The message'), ...problems },
});
const noteRoute = createRoute({
  method: 'post',
  path: '/merchant/orders/{orderNo}/notes',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')],
  summary: 'Note something on an order; the buyer never sees it (FU-6)',
  request: { headers: idempotencyHeader, params: orderNoParam, body: textOf(500) },
  responses: { 201: json(noteSchema, 'The note'), ...problems },
});
const listRoute = createRoute({
  method: 'get',
  path: '/orders/{orderNo}/notes',
  tags: ['Orders'],
  security: bearer,
  summary: 'Messages and, for merchants and the platform, notes on an order, oldest first (FU-6)',
  request: { params: orderNoParam },
  responses: { 200: json(z.object({ notes: z.array(noteSchema) }), 'The notes'), ...problems },
});

export function registerNotes(app: App, deps: Deps): void {
  const { db, privacy } = deps;
  app.openapi(messageRoute, async (c) => {
    const principal = c.get('principal');
    const { node, tree } = await accessOwnOrder(deps, principal, c.req.valid('param').orderNo);
    const state = shownState(node, tree);
    if (node.kind === 'parent')
      throw new Problem('not_writable', 'Write to the child orders, each by its own number.', { state });
    // What was sent before is answered as before, whatever became of the order.
    if (!isWritable(node, deps.now()) && !(await findKey(db, await idempotencyKeyOf(c))))
      throw new Problem('not_writable', undefined, { state });
    const written = { kind: 'buyer_message' as const, text: c.req.valid('json').text };
    const author = `buyer:${principal.sub}`;
    return c.json(await keep(c, node, { ...written, author }, `merchant:${node.merchantId}`), 201);
  });
  app.openapi(noteRoute, async (c) => {
    const principal = c.get('principal');
    const { node } = await accessMerchantOrder(deps, principal, c.req.valid('param').orderNo);
    const written = { kind: 'merchant_note' as const, text: c.req.valid('json').text };
    return c.json(await keep(c, node, { ...written, author: `merchant:${principal.sub}` }, null), 201);
  });
  app.openapi(listRoute, async (c) => {
    const { node, subtree, viewer } = await accessOrder(
      deps,
      c.get('principal'),
      c.req.valid('param').orderNo,
    );
    const orderNos = subtree.map(({ orderNo }) => orderNo);
    const rows = await notesOf(db, orderNos, READABLE[viewer]);
    return c.json({ notes: await Promise.all(rows.map((row) => represent(node.buyerId, row))) }, 200);
  });

  async function keep(
    c: Context<AuthEnv>,
    { orderNo, buyerId }: OrderRow,
    { text, ...note }: { kind: Kind; text: string; author: string },
    recipient: string | null,
  ) {
    const key = await idempotencyKeyOf(c);
    const sealedText = await privacy.sealText(buyerId, text);
    const stored = await addNote(db, key, { orderNo, ...note, sealedText, at: deps.now() }, recipient);
    if (stored.result === 'other_body') throw new Problem('idempotency_key_reused');
    const row = await findNote(db, stored.id);
    if (!row) throw new Error(`no note ${stored.id}`);
    return await represent(buyerId, row);
  }

  async function represent(
    buyerId: string,
    { id, orderNo, kind, sealedText, author, at }: NonNullable<Awaited<ReturnType<typeof findNote>>>,
  ) {
    const text = await privacy.openText(buyerId, sealedText);
    return { noteId: id, orderNo, kind, text, author, at: at.toISOString() };
  }
}
