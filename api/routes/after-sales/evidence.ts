import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { type EvidenceRow, insertEvidence } from '../../../db/commands/evidence.ts';
import { findCaseParties, findEvidence } from '../../../db/queries/evidence.ts';
import type { Viewer } from '../../../domain/order/actions.ts';
import { viewerOf } from '../../access.ts';
import { Forbidden } from '../../auth/errors.ts';
import type { Principal } from '../../auth/principal.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { idempotencyKeyFor } from '../../idempotency.ts';
import { readFileField } from '../../multipart.ts';
import { bearer, idempotencyHeader, json, problems, timeSchema } from '../../schemas.ts';
import { EVIDENCE_TYPES, MAX_EVIDENCE_BODY_BYTES, openEvidence } from './evidence-file.ts';

/** The one path whose body is limited by its route, which reads it only for those who may send one. */
export const EVIDENCE_PATH = /^\/v1\/after-sales\/[^/]+\/evidence$/;

const evidenceSchema = z
  .object({
    evidenceId: z.string(),
    mediaType: z.string().openapi({ description: 'By the content', example: 'image/jpeg' }),
    bytes: z.number().int(),
    givenBy: z.enum(['buyer', 'merchant', 'platform']),
    at: timeSchema,
  })
  .openapi('Evidence');
const binary = { type: 'string', format: 'binary' } as const;
const tags = ['After-sales'];
const caseNo = z.string().max(64);

const giveRoute = createRoute({
  method: 'post',
  path: '/after-sales/{caseNo}/evidence',
  tags,
  security: bearer,
  summary: 'Give a picture or a video as evidence of an open case (RT-1, RT-3)',
  request: {
    params: z.object({ caseNo }),
    headers: idempotencyHeader,
    body: {
      required: true as const,
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object' as const,
            required: ['file'],
            properties: {
              file: {
                ...binary,
                description: `${Object.keys(EVIDENCE_TYPES).join(', ')}, told by the content; pictures up to 5 MiB, videos up to 30 MiB; ten files of each side`,
              },
            },
          },
        },
      },
    },
  },
  responses: { 201: json(evidenceSchema, 'The evidence'), ...problems },
});
const readRoute = createRoute({
  method: 'get',
  path: '/after-sales/{caseNo}/evidence/{evidenceId}',
  tags,
  security: bearer,
  summary: 'A file of evidence, for both sides and the platform (RT-3)',
  request: { params: z.object({ caseNo, evidenceId: z.uuid() }) },
  responses: {
    200: {
      description: 'The file',
      content: Object.fromEntries(Object.keys(EVIDENCE_TYPES).map((type) => [type, { schema: binary }])),
    },
    ...problems,
  },
});

export function registerEvidence(app: App, deps: Deps): void {
  const { db, storage } = deps;
  app.openapi(giveRoute, async (c) => {
    const principal = c.get('principal');
    const { caseNo } = c.req.valid('param');
    const givenBy = await viewerOfCase(deps, principal, caseNo);
    if (givenBy === 'platform' && !principal.roles.has('customer_service'))
      throw new Forbidden('role_missing', 'Only customer service gives evidence for the platform.', [
        'customer_service',
      ]);
    const file = await openEvidence(readFileField(c.req.raw, 'file', MAX_EVIDENCE_BODY_BYTES));
    const [evidenceId, { mediaType }] = [randomUUID(), file];
    // The file first: a row always has its file, and a file without a row is harmless.
    await storage.put(evidenceId, file.content, mediaType);
    const { bytes, sha256 } = file.read();
    const row = { evidenceId, caseNo, givenBy, mediaType, bytes, sha256, at: deps.now() };
    const stored = await insertEvidence(db, idempotencyKeyFor(c, sha256), row);
    if (stored.result !== 'stored') await storage.remove(evidenceId);
    if (stored.result === 'refused') throw new Problem(stored.code);
    return c.json(represent(stored.row), 201);
  });
  app.openapi(readRoute, async (c) => {
    const { caseNo, evidenceId } = c.req.valid('param');
    await viewerOfCase(deps, c.get('principal'), caseNo);
    const row = await findEvidence(db, caseNo, evidenceId);
    if (!row) throw new Problem('not_found');
    const content = await storage.get(row.evidenceId);
    if (!content) throw new Error(`the file of the evidence ${row.evidenceId} is lost`);
    const extension = EVIDENCE_TYPES[row.mediaType]?.extension ?? 'bin';
    return c.body(ReadableStream.from(content), 200, {
      'Content-Type': row.mediaType,
      'Content-Length': String(row.bytes),
      'Content-Disposition': `attachment; filename="${row.evidenceId}.${extension}"`,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'private',
    });
  });
}

/** As whom the caller sees a case (RT-3): its buyer, its merchant, platform staff. To everyone else there is none. */
async function viewerOfCase({ db }: Deps, principal: Principal, caseNo: string): Promise<Viewer> {
  const parties = await findCaseParties(db, caseNo);
  const viewer = parties && viewerOf(principal, parties);
  if (!viewer) throw new Problem('not_found', `There is no case ${caseNo} for you.`);
  return viewer;
}

function represent({ evidenceId, mediaType, bytes, givenBy, at }: EvidenceRow) {
  return { evidenceId, mediaType, bytes, givenBy: givenBy as Viewer, at: at.toISOString() };
}
