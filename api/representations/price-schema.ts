import { z } from '@hono/zod-openapi';
import { fenSchema } from '../schemas.ts';

/** What any node, line or quote adds up to. */
export const sumsFields = {
  goodsFen: fenSchema,
  discountFen: fenSchema,
  freightFen: fenSchema,
  points: z.number().int(),
  pointsFen: fenSchema,
  payableFen: fenSchema,
};

/** A priced line with its share of every discount and who bears it (CK-9). */
export const lineFields = {
  skuId: z.string(),
  title: z.string(),
  spec: z.string(),
  quantity: z.number().int(),
  unitPriceFen: fenSchema,
  ...sumsFields,
  discounts: z.array(
    z.object({
      step: z.string(),
      sourceId: z.string(),
      name: z.string(),
      bearer: z.enum(['platform', 'shop']),
      amountFen: fenSchema,
    }),
  ),
};

/** One step of the calculation (CK-1). */
export const priceStepSchema = z.object({
  step: z.string(),
  sourceId: z.string().nullable(),
  name: z.string(),
  amountFen: fenSchema,
  runningTotalFen: fenSchema,
});
