import { z } from 'zod';
import { Faults, faultRule } from '../shared/faults.ts';
import type { Course } from './parcel.ts';

/** Calls whose effect can be performed while the answer is withheld; `order` and `cancel` are those about waybills. */
export const OPERATIONS = ['poll', 'query', 'order', 'cancel'] as const;
export type Operation = (typeof OPERATIONS)[number];

const on = z.literal(true).optional();

/** A parcel is named by its tracking number, a waybill by the number of its order. The faults of payments do not apply. */
export const faultSchema = faultRule({
  stall: on,
  damaged: on,
  lost: on,
  wrongAddress: on,
  failedDelivery: on,
  refuse: on,
  silentQuery: on,
  outOfOrder: on,
  timeoutAfterSuccess: z.array(z.enum(OPERATIONS)).optional(),
  refuseSubscribe: z
    .string()
    .regex(/^[4-7]\d\d$/)
    .optional(),
  refuseLabel: z
    .string()
    .regex(/^(-1|\d{3,5})$/)
    .optional(),
}).omit({ payAfterClose: true, stuckRefund: true });

export class Kuaidi100Faults extends Faults<z.infer<typeof faultSchema>> {}

/** The courses that faults put a parcel on, in place of the good one. */
export const COURSE_FAULTS = [
  ['damaged', 'damaged'],
  ['lost', 'lost'],
  ['wrongAddress', 'wrong_address'],
  ['failedDelivery', 'failed_delivery'],
  ['refuse', 'refused'],
] as const satisfies [string, Course][];
