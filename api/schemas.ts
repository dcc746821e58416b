import { z } from '@hono/zod-openapi';
import { isOrderNo } from '../domain/order/order-no.ts';

/** Shapes shared by several endpoints. Money is integer fen in fields that end in `Fen`; times are ISO 8601 in UTC. */

export const fenSchema = z
  .number()
  .int()
  .openapi({ description: 'Money in fen: 13500 is CNY 135.00', example: 13500 });
export const timeSchema = z.string().openapi({ format: 'date-time', example: '2026-03-01T04:05:06.000Z' });
export const orderNoSchema = z
  .string()
  .max(40)
  .refine(isOrderNo, 'is not an order number; check it for a typing error')
  .openapi({
    description: 'Order number; its last character is a check character',
    example: '260301120506K3V9Q0ZM4',
  });
export const orderNoParam = z.object({ orderNo: orderNoSchema });
export const quantitySchema = z.number().int().min(1).max(999).openapi({ example: 2 });
export const skuIdSchema = z.string().min(1).max(64);

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
  })
  .loose()
  .openapi('Problem');

export const promptSchema = z.object({ zh: z.string(), en: z.string() }).openapi('Prompt');

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string({ error: 'send one new random text for each thing you want done' })
    .min(8)
    .max(128)
    .openapi({
      description: 'One new random text for each thing you want done; repeat it to repeat the request.',
      example: '7f1c2a52-6f0e-4d0c',
    }),
});

export const pageQuery = z.object({
  cursor: z
    .string()
    .max(64)
    .optional()
    .openapi({ description: 'The `nextCursor` of the page before; none for the first page' }),
  limit: z.coerce.number().int().min(1).max(100).default(20).openapi({ description: 'How many at most' }),
});

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
});
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  content: { 'application/json': { schema } },
  required: true as const,
});

/** The answer of every endpoint that is refused. */
export const problems = {
  default: {
    content: { 'application/problem+json': { schema: problemSchema } },
    description: 'A problem (RFC 9457) with a stable `code`',
  },
} as const;

export const bearer = [{ bearer: [] }];

/** Some pieces of a line. */
export const pieceSchema = z.strictObject({
  lineNo: z.number().int().positive(),
  quantity: z.number().int().positive(),
});

export const eachLineOnce = (pieces: readonly { lineNo: number }[]): boolean =>
  new Set(pieces.map(({ lineNo }) => lineNo)).size === pieces.length;

/** Some pieces of some lines of an order, each line once. */
export const piecesSchema = z.array(pieceSchema).min(1).max(200).refine(eachLineOnce, 'a line comes twice');
