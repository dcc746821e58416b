import { z } from 'zod';
import { Faults, faultRule } from '../shared/faults.ts';
import { STAGES } from './order.ts';

/** Calls whose effect can be performed while the answer is withheld. */
export const OPERATIONS = ['create', 'query', 'cancel'] as const;
export type Operation = (typeof OPERATIONS)[number];

const [, ...laterStages] = STAGES;

export const faultSchema = faultRule({
  timeoutAfterSuccess: z.array(z.enum(OPERATIONS)).optional(),
  /** A new delivery order is refused with this code. */
  refusePush: z.string().min(1).optional(),
  silentOnCancel: z.literal(true).optional(),
  pendingCancel: z.literal(true).optional(),
  /** Says that it has left although it has not, and hands it over then. */
  refuseCancel: z.literal(true).optional(),
  /** Stays accepted until the faults are lifted; the control API moves it nevertheless. */
  neverAdvance: z.literal(true).optional(),
  /** What would come to this stage ends as an exception instead. */
  exceptionAt: z.enum(laterStages).optional(),
  /** How the carrier answers when what has left is cancelled. */
  tmsCancel: z.enum(['succeeds', 'fails']).optional(),
}).omit({ payAfterClose: true, stuckRefund: true });

/** Faults by our number of the shipment. */
export class QimenFaults extends Faults<z.infer<typeof faultSchema>> {}
