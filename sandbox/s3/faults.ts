import { z } from 'zod';
import { Faults, faultRule } from '../shared/faults.ts';
import { REFUSAL_CODES } from './refusal.ts';

export const OPERATIONS = ['put', 'get', 'head', 'remove', 'begin', 'part', 'complete', 'abort'] as const;
export type Operation = (typeof OPERATIONS)[number];

const operations = z.array(z.enum(OPERATIONS)).min(1);

export const faultSchema = faultRule({
  /** Refused with this code, without effect. */
  refuse: z.strictObject({ operations, code: z.enum(REFUSAL_CODES) }).optional(),
  /** Takes effect and is answered this much later. */
  slow: z.strictObject({ operations, ms: z.int().positive() }).optional(),
  /** The connection breaks: before the effect, and in the middle of what is read. */
  breakOff: operations.optional(),
}).pick({
  onlyOutTradeNo: true,
  outTradeNoPrefix: true,
  times: true,
  refuse: true,
  slow: true,
  breakOff: true,
});

/** Faults by the object's key. */
export class S3Faults extends Faults<z.infer<typeof faultSchema>> {}
