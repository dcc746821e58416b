import { z } from 'zod';

/** Calls whose effect can be performed while the answer is withheld. */
export const SERVER_METHODS = [
  'alipay.trade.precreate',
  'alipay.trade.query',
  'alipay.trade.close',
  'alipay.trade.refund',
  'alipay.trade.fastpay.refund.query',
] as const;

export const faultSchema = z.strictObject({
  /** Limits the rule to one trade, or to the trades whose number begins so. */
  onlyOutTradeNo: z.string().optional(),
  outTradeNoPrefix: z.string().optional(),
  /** Each fault of the rule strikes this often; without it, until the faults are lifted. */
  times: z.number().int().positive().optional(),
  dropNotify: z.literal(true).optional(),
  duplicateNotify: z.number().int().min(1).max(20).optional(),
  delayNotifyMs: z.number().int().positive().optional(),
  holdNotify: z.literal(true).optional(),
  badSignatureNotify: z.literal(true).optional(),
  timeoutAfterSuccess: z.array(z.enum(SERVER_METHODS)).optional(),
  payAfterClose: z.literal(true).optional(),
  stuckRefund: z.literal(true).optional(),
  failRefund: z.string().optional(),
  failPrecreate: z.string().optional(),
});

type FaultRule = z.infer<typeof faultSchema>;
export type FaultName = Exclude<keyof FaultRule, 'onlyOutTradeNo' | 'outTradeNoPrefix' | 'times'>;

/** Faults in force. They live in memory: a restart of the sandbox lifts them. */
export class Faults {
  #rules: { rule: FaultRule; struck: Map<FaultName, number> }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, struck: new Map() });
  }

  list(): FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  clear(): void {
    this.#rules = [];
  }

  /** The value of a fault that strikes this trade now, and counts the stroke. */
  take<Name extends FaultName>(
    name: Name,
    outTradeNo: string,
    applies: (value: NonNullable<FaultRule[Name]>) => boolean = () => true,
  ): NonNullable<FaultRule[Name]> | undefined {
    for (const { rule, struck } of this.#rules) {
      const value = rule[name];
      const count = struck.get(name) ?? 0;
      if (value === undefined || value === null || count >= (rule.times ?? Number.POSITIVE_INFINITY))
        continue;
      if (rule.onlyOutTradeNo !== undefined && rule.onlyOutTradeNo !== outTradeNo) continue;
      if (rule.outTradeNoPrefix !== undefined && !outTradeNo.startsWith(rule.outTradeNoPrefix)) continue;
      const found = value as NonNullable<FaultRule[Name]>;
      if (!applies(found)) continue;
      struck.set(name, count + 1);
      return found;
    }
    return undefined;
  }
}
