import { z } from 'zod';
import { Faults, faultRule } from '../shared/faults.ts';

/** Calls whose effect can be performed while the answer is withheld. */
export const OPERATIONS = ['create', 'retrieve', 'cancel', 'refund', 'listRefunds'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const faultSchema = faultRule({
  timeoutAfterSuccess: z.array(z.enum(OPERATIONS)).optional(),
  /** Refused with this code: 400, or 429 and 500 for `rate_limit`, `lock_timeout` and `api_error`. */
  failStart: z.string().optional(),
  failRefund: z.string().optional(),
  /** A refund that is accepted and then does not reach the buyer. */
  abnormalRefund: z.literal(true).optional(),
  /** A payment's balance transaction is left out, comes twice, or is a fen too high. */
  billDiscrepancy: z.enum(['missing', 'extra', 'amount']).optional(),
});

export class StripeFaults extends Faults<z.infer<typeof faultSchema>> {}
