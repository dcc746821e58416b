import { z } from '@hono/zod-openapi';
import type { CaseRow } from '../../db/queries/after-sales.ts';
import { caseActions } from '../../domain/after-sale/actions.ts';
import { CASE_KINDS, CASE_STATES } from '../../domain/after-sale/case.ts';
import { REASON_CODES } from '../../domain/after-sale/reasons.ts';
import { caseWords } from '../../domain/after-sale/words.ts';
import type { Viewer } from '../../domain/order/actions.ts';
import { fenSchema, promptSchema, timeSchema } from '../schemas.ts';
import { representReturnParcels, returnParcelSchema } from './track.ts';

export const afterSaleSchema = z
  .object({
    caseNo: z.string(),
    orderNo: z.string(),
    kind: z.enum(CASE_KINDS),
    reason: z.enum(REASON_CODES),
    words: z.string().nullable().openapi({ description: 'The buyer’s own; null once the person was erased' }),
    shipmentNo: z
      .string()
      .nullable()
      .openapi({ description: 'The parcel on its way that it is about, where that may come back by itself' }),
    lines: z.array(
      z.object({
        lineNo: z.number().int(),
        quantity: z.number().int(),
        wantSkuId: z
          .string()
          .nullable()
          .openapi({ description: 'Of an exchange: what is wanted for it (RT-8)' }),
        differenceFen: z
          .number()
          .int()
          .nullable()
          .openapi({ description: 'What that costs more; negative where it costs less' }),
      }),
    ),
    state: z.enum(CASE_STATES),
    prompt: promptSchema,
    dueAt: timeSchema.nullable().openapi({ description: 'Until when whoever’s turn it is has time' }),
    offerFen: fenSchema.nullable(),
    returnTo: z.string().nullable(),
    instructions: z.string().nullable(),
    carrier: z.string().nullable(),
    trackingNo: z.string().nullable(),
    parcels: z
      .array(returnParcelSchema)
      .openapi({ description: 'What the buyer sent back, with its track; oldest first (RT-4)' }),
    refundedFen: fenSchema.nullable(),
    replacementNo: z
      .string()
      .nullable()
      .openapi({ description: 'The order that replaces what came back (RT-8)' }),
    outcome: z.string().nullable(),
    openedAt: timeSchema,
    endedAt: timeSchema.nullable(),
    evidence: z.array(
      z.object({
        evidenceId: z.string(),
        givenBy: z.string(),
        mediaType: z.string(),
        bytes: z.number().int(),
        at: timeSchema,
      }),
    ),
    log: z.array(
      z.object({
        action: z.string(),
        actor: z.string(),
        fromState: z.string().nullable(),
        toState: z.string(),
        words: z.string().nullable(),
        at: timeSchema,
      }),
    ),
    actions: z.array(z.string()).openapi({ description: 'What you can do now (ST-7)' }),
  })
  .openapi('AfterSale');

export type AfterSaleRepresentation = z.infer<typeof afterSaleSchema>;

/** A case as one of its sides sees it. `words` are the buyer's, opened. */
export function representCase(row: CaseRow, words: string | null, viewer: Viewer): AfterSaleRepresentation {
  const {
    caseNo,
    orderNo,
    shipmentNo,
    kind,
    reason,
    state,
    lines,
    returnTo,
    instructions,
    carrier,
    trackingNo,
  } = row;
  return {
    ...{
      caseNo,
      orderNo,
      shipmentNo,
      kind,
      reason,
      words,
      state,
      returnTo,
      instructions,
      carrier,
      trackingNo,
    },
    lines: lines.map(({ differenceFen, ...line }) => ({
      ...line,
      differenceFen: differenceFen === null ? null : Number(differenceFen),
    })),
    replacementNo: row.replacementNo,
    prompt: caseWords({ ...row, pieces: row.lines }),
    dueAt: row.dueAt?.toISOString() ?? null,
    offerFen: row.offerFen === null ? null : Number(row.offerFen),
    refundedFen: row.refundedFen === null ? null : Number(row.refundedFen),
    outcome: row.outcome,
    openedAt: row.openedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    parcels: representReturnParcels(row.parcels),
    evidence: row.evidence.map(({ evidenceId, givenBy, mediaType, bytes, at }) => ({
      ...{ evidenceId, givenBy, mediaType, bytes },
      at: at.toISOString(),
    })),
    log: row.log.map(({ action, actor, fromState, toState, words: said, at }) => ({
      ...{ action, actor, fromState, toState, words: said },
      at: at.toISOString(),
    })),
    actions: caseActions({ ...row, pieces: row.lines }, viewer),
  };
}
