import { z } from 'zod';
import { Faults, faultRule } from '../shared/faults.ts';

/** Calls whose effect can be performed while the answer is withheld. */
export const SERVER_METHODS = [
  'alipay.trade.precreate',
  'alipay.trade.query',
  'alipay.trade.close',
  'alipay.trade.refund',
  'alipay.trade.fastpay.refund.query',
] as const;

export const faultSchema = faultRule({
  timeoutAfterSuccess: z.array(z.enum(SERVER_METHODS)).optional(),
  failRefund: z.string().optional(),
  failPrecreate: z.string().optional(),
  billDiscrepancy: z.enum(['missing', 'extra', 'amount']).optional(),
});

export class AlipayFaults extends Faults<z.infer<typeof faultSchema>> {}
