import { z } from 'zod';
import { Faults, faultRule } from '../shared/faults.ts';

/** Calls whose effect can be performed while the answer is withheld. */
export const OPERATIONS = ['native', 'jsapi', 'query', 'close', 'refund', 'queryRefund'] as const;
export type Operation = (typeof OPERATIONS)[number];

const code = z.string().regex(/^[A-Z][A-Z_]+$/);

export const faultSchema = faultRule({
  timeoutAfterSuccess: z.array(z.enum(OPERATIONS)).optional(),
  failStart: code.optional(),
  failRefund: code.optional(),
  abnormalRefund: z.literal(true).optional(),
  billDiscrepancy: z.enum(['missing', 'extra', 'amount']).optional(),
});

export class WechatpayFaults extends Faults<z.infer<typeof faultSchema>> {}
