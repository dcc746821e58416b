import { createRoute, z } from '@hono/zod-openapi';
import { openCase } from '../../../db/commands/after-sales.ts';
import { findCase, listCases } from '../../../db/queries/after-sales.ts';
import { CASE_KINDS, CASE_STATES } from '../../../domain/after-sale/case.ts';
import { APPLIED_REASONS } from '../../../domain/after-sale/reasons.ts';
import { accessOwnOrder } from '../../access.ts';
import { accessCase, isStaff, openWords } from '../../after-sale-access.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { afterSaleSchema, representCase } from '../../representations/after-sale.ts';
import {
  bearer,
  eachLineOnce,
  idempotencyHeader,
  json,
  jsonBody,
  orderNoParam,
  pageQuery,
  pieceSchema,
  problems,
} from '../../schemas.ts';
import { startCase } from './start.ts';

const tags = ['After-sales'];

const wantedSchema = z
  .array(
    pieceSchema.extend({
      wantSkuId: z.string().min(1).max(64).optional().openapi({
        description: 'For an exchange: the SKU of the same shop that is wanted; the same if absent',
      }),
    }),
  )
  .min(1)
  .max(200)
  .refine(eachLineOnce, 'a line comes twice');

const applyRoute = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/after-sales',
  tags,
  security: bearer,
  summary:
    'Apply for a refund, a return with refund, or an exchange of pieces that have left (RF-2, RT-1, RT-8)',
  request: {
    headers: idempotencyHeader,
    params: orderNoParam,
    body: jsonBody(
      z.strictObject({
        kind: z.enum(CASE_KINDS),
        reason: z.enum(APPLIED_REASONS),
        words: z.string().trim().min(1).max(500),
        lines: wantedSchema,
      }),
    ),
  },
  responses: { 201: json(afterSaleSchema, 'The case'), ...problems },
});
const listRoute = createRoute({
  method: 'get',
  path: '/after-sales',
  tags,
  security: bearer,
  summary: 'Your cases, newest first: the buyer’s own, the merchant’s own, for the platform all',
  request: { query: pageQuery.extend({ state: z.enum(CASE_STATES).optional() }) },
  responses: {
    200: json(
      z.object({ cases: z.array(afterSaleSchema), nextCursor: z.string().nullable() }),
      'A page of cases',
    ),
    ...problems,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: '/after-sales/{caseNo}',
  tags,
  security: bearer,
  summary: 'A case: whose turn it is and until when, what was said, what you can do',
  request: { params: z.object({ caseNo: z.string().min(1).max(48) }) },
  responses: { 200: json(afterSaleSchema, 'The case'), ...problems },
});

export function registerAfterSales(app: App, deps: Deps): void {
  app.openapi(applyRoute, async (c) => {
    const principal = c.get('principal');
    const { orderNo } = c.req.valid('param');
    const { node } = await accessOwnOrder(deps, principal, orderNo);
    if (node.kind === 'parent')
      throw new Problem('not_returnable', 'Open cases about the child orders, each by its own number.');
    const { kind, reason, words, lines } = c.req.valid('json');
    if (kind !== 'exchange' && lines.some(({ wantSkuId }) => wantSkuId !== undefined))
      throw new Problem('invalid_request', 'json.lines: wantSkuId belongs to an exchange; leave it out');
    const { scope, key } = await idempotencyKeyOf(c);
    const sealedWords = await deps.privacy.sealText(node.buyerId, words);
    const { verdict, caseNo } = await openCase(deps.db, {
      ...{ orderNo, key: `${scope} ${key}`, actor: `buyer:${principal.sub}`, at: deps.now() },
      command: { kind, reason, pieces: lines, sealedWords },
    });
    if (verdict.result === 'refused') throw problemOf(verdict.code, { state: node.state });
    await startCase(deps, caseNo, orderNo);
    const row = await findCase(deps.db, caseNo);
    if (!row) throw new Problem('busy');
    return c.json(representCase(row, words, 'buyer'), 201);
  });
  app.openapi(listRoute, async (c) => {
    const principal = c.get('principal');
    const { sub, merchantId } = principal;
    const { cursor, limit, state } = c.req.valid('query');
    const staff = isStaff(principal);
    const who = staff ? ('platform' as const) : merchantId ? { merchantId } : { buyerId: sub };
    const viewer = staff ? 'platform' : merchantId ? 'merchant' : 'buyer';
    const rows = await listCases(deps.db, who, { state, before: cursor, limit });
    const cases = await Promise.all(
      rows.map(async (row) => representCase(row, await openWords(deps, row), viewer)),
    );
    return c.json({ cases, nextCursor: cases.length === limit ? (cases.at(-1)?.caseNo ?? null) : null }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const { row, viewer } = await accessCase(deps, c.get('principal'), c.req.valid('param').caseNo);
    return c.json(representCase(row, await openWords(deps, row), viewer), 200);
  });
}
