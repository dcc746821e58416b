import { createRoute, z } from '@hono/zod-openapi';
import { ProviderError } from '../../../providers/payments/port.ts';
import { requireRole } from '../../auth/middleware.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, fenSchema, json, problems, timeSchema } from '../../schemas.ts';

const lineSchema = z.object({
  kind: z.enum(['payment', 'refund']),
  outTradeNo: z.string(),
  providerTradeNo: z.string(),
  refundNo: z.string().nullable(),
  amountFen: fenSchema,
  feeFen: z.number().int().openapi({ description: 'What the provider keeps; negative where it gives back' }),
  at: timeSchema,
});

const route = createRoute({
  method: 'get',
  path: '/platform/channel-bills/{provider}/{day}',
  tags: ['Platform'],
  security: bearer,
  summary: 'A payment provider’s own bill of a Beijing day, fetched and parsed (PY-9)',
  middleware: [requireRole('finance')] as const,
  request: {
    params: z.object({
      provider: z.string(),
      day: z.iso.date().openapi({ param: { name: 'day', in: 'path' }, example: '2026-11-11' }),
    }),
  },
  responses: {
    200: json(
      z.object({
        provider: z.string(),
        day: z.string(),
        lines: z.array(lineSchema),
        totals: z.object({ paidFen: fenSchema, refundedFen: fenSchema, feeFen: z.number().int() }),
      }),
      'The bill',
    ),
    ...problems,
  },
});

export function registerChannelBills(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { provider: name, day } = c.req.valid('param');
    const provider = deps.providers.get(name);
    if (!provider)
      throw new Problem(
        'not_found',
        `There is no provider ${name}; there are ${[...deps.providers.keys()].join(', ')}.`,
      );
    try {
      const { lines } = await provider.fetchBill(day);
      const sumOf = (kind: 'payment' | 'refund') =>
        lines.filter((line) => line.kind === kind).reduce((sum, line) => sum + line.amountFen, 0n);
      const totals = {
        paidFen: Number(sumOf('payment')),
        refundedFen: Number(sumOf('refund')),
        feeFen: Number(lines.reduce((sum, line) => sum + line.feeFen, 0n)),
      };
      const shown = lines.map((line) => ({
        ...line,
        amountFen: Number(line.amountFen),
        feeFen: Number(line.feeFen),
        at: line.at.toISOString(),
      }));
      return c.json({ provider: name, day, lines: shown, totals }, 200);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      throw new Problem(error.retryable ? 'bill_not_ready' : 'bill_unreadable', undefined, {
        provider: name,
        providerCode: error.code,
        reason: error.message,
      });
    }
  });
}
