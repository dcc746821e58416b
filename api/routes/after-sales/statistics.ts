import { createRoute, z } from '@hono/zod-openapi';
import {
  CASE_GROUPINGS,
  type CaseGroup,
  type CaseGrouping,
  caseStatistics,
} from '../../../db/queries/after-sale-statistics.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, fenSchema, json, problems, timeSchema } from '../../schemas.ts';

const DAY_MS = 86_400_000;
const USUAL_DAYS = 30;
const MOST_DAYS = 92;

const OWN_GROUPINGS = CASE_GROUPINGS.filter((grouping) => grouping !== 'merchant');

const momentSchema = z.iso.datetime({
  offset: true,
  error: 'is not a time; write 2026-03-01T00:00:00+08:00',
});
const periodQuery = z.object({
  from: momentSchema.optional().openapi({
    description: `Cases opened from here on; by default ${USUAL_DAYS} days before \`to\`, at most ${MOST_DAYS}`,
  }),
  to: momentSchema.optional().openapi({ description: 'And before this; by default now' }),
});

const count = (description: string) => z.number().int().openapi({ description });
const share = (description: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description}; null where there is nothing to divide by` });
const durationSchema = z
  .object({ median: z.number().int(), p90: z.number().int() })
  .nullable()
  .openapi({ description: 'Seconds; null where there is none to take it from' });

const statisticsSchema = z
  .object({
    from: timeSchema,
    to: timeSchema,
    groupBy: z.enum(CASE_GROUPINGS),
    groups: z.array(
      z.object({
        key: z.string().openapi({
          description: 'What is grouped by; for `outcome` also `refunded` and `open`',
          example: 'damaged',
        }),
        name: z.string().nullable().openapi({ description: 'The merchant’s, by merchant' }),
        cases: count('Opened in the period'),
        pieces: count('They are about'),
        shippedPieces: z
          .number()
          .int()
          .nullable()
          .openapi({ description: 'Handed over in the period; by merchant and category only' }),
        piecesPerShipped: share('Pieces of cases per piece handed over'),
        open: count('Not ended yet'),
        refunded: count('Ended with a refund'),
        closed: z
          .record(z.string(), z.number().int())
          .openapi({ description: 'Ended without one, by outcome', example: { withdrawn: 2 } }),
        disputed: count('Brought before the platform'),
        disputedShare: share('Of the cases'),
        refundedFen: fenSchema,
        answered: count('By the merchant, or by its silence'),
        answeredBySilence: count('The merchant let its time pass'),
        silenceShare: share('Of the answers'),
        answerSeconds: durationSchema,
        totalSeconds: durationSchema,
      }),
    ),
  })
  .openapi('AfterSaleStatistics');

const responses = {
  200: json(
    statisticsSchema,
    'At most 200 groups, those with most cases first; only those with cases. By category a case counts in each category it is about.',
  ),
  ...problems,
};

const platformRoute = createRoute({
  method: 'get',
  path: '/platform/statistics/after-sales',
  tags: ['Platform'],
  security: bearer,
  middleware: [requireRole('operations', 'customer_service')] as const,
  summary: 'After-sale cases of a period: how many, why, how they ended, how long it took (NT-3)',
  request: { query: periodQuery.extend({ groupBy: z.enum(CASE_GROUPINGS).default('reason') }) },
  responses,
});
const merchantRoute = createRoute({
  method: 'get',
  path: '/merchant/statistics/after-sales',
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary: 'Your after-sale cases of a period: how many, why, how they ended, how long it took (NT-3)',
  request: { query: periodQuery.extend({ groupBy: z.enum(OWN_GROUPINGS).default('reason') }) },
  responses,
});

export function registerAfterSaleStatistics(app: App, deps: Deps): void {
  app.openapi(platformRoute, async (c) =>
    c.json(await statisticsOf(deps, c.req.valid('query'), undefined), 200),
  );
  app.openapi(merchantRoute, async (c) =>
    c.json(await statisticsOf(deps, c.req.valid('query'), c.get('principal').merchantId ?? ''), 200),
  );
}

async function statisticsOf(
  { db, now }: Deps,
  { groupBy, ...asked }: z.infer<typeof periodQuery> & { groupBy: CaseGrouping },
  merchantId: string | undefined,
) {
  const { from, to } = periodOf(asked, now());
  const groups = await caseStatistics(db, { from, to, groupBy, merchantId });
  return { from: from.toISOString(), to: to.toISOString(), groupBy, groups: groups.map(represent) };
}

/** The asked period; Problem `invalid_request` naming `from` where it is empty or too long. */
function periodOf(asked: z.infer<typeof periodQuery>, now: Date): { from: Date; to: Date } {
  const to = asked.to === undefined ? now : new Date(asked.to);
  const from = asked.from === undefined ? new Date(to.getTime() - USUAL_DAYS * DAY_MS) : new Date(asked.from);
  const lengthMs = to.getTime() - from.getTime();
  const message =
    lengthMs <= 0
      ? 'must be before `to`'
      : lengthMs > MOST_DAYS * DAY_MS
        ? `is more than ${MOST_DAYS} days before \`to\`; ask for shorter periods`
        : undefined;
  if (message !== undefined)
    throw new Problem('invalid_request', `query.from: ${message}`, {
      errors: [{ field: 'query.from', message }],
    });
  return { from, to };
}

function represent(group: CaseGroup): z.infer<typeof statisticsSchema>['groups'][number] {
  const { answerMedianSeconds, answerP90Seconds, totalMedianSeconds, totalP90Seconds, ...counts } = group;
  return {
    ...counts,
    piecesPerShipped: ratio(group.pieces, group.shippedPieces),
    disputedShare: ratio(group.disputed, group.cases),
    refundedFen: Number(group.refundedFen),
    silenceShare: ratio(group.answeredBySilence, group.answered),
    answerSeconds: duration(answerMedianSeconds, answerP90Seconds),
    totalSeconds: duration(totalMedianSeconds, totalP90Seconds),
  };
}

/** With four digits. */
const ratio = (part: number, whole: number | null): number | null =>
  whole === null || whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;

const duration = (median: number | null, p90: number | null) =>
  median === null || p90 === null ? null : { median, p90 };
