import { z } from 'zod';

/** The faults that every provider of the sandbox knows; each adds its own by `faultRule`. */
const common = {
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
  payAfterClose: z.literal(true).optional(),
  stuckRefund: z.literal(true).optional(),
};

/** The schema of a provider's fault rules: the common ones and its own. */
export function faultRule<Own extends z.ZodRawShape>(own: Own) {
  return z.strictObject({ ...common, ...own });
}

/** A rule of any provider. */
export type Rule = z.infer<z.ZodObject<typeof common>> & Record<string, unknown>;
type Limits = 'onlyOutTradeNo' | 'outTradeNoPrefix' | 'times';

/** Faults in force. They live in memory: a restart of the sandbox lifts them. */
export class Faults<Own extends Rule = Rule> {
  #rules: { rule: Own; struck: Map<keyof Own, number> }[] = [];

  add(rule: Own): void {
    this.#rules.push({ rule, struck: new Map() });
  }

  list(): Own[] {
    return this.#rules.map(({ rule }) => rule);
  }

  clear(): void {
    this.#rules = [];
  }

  /** The value of a fault that strikes this trade now, and counts the stroke. */
  take<Name extends Exclude<keyof Own, Limits>>(
    name: Name,
    outTradeNo: string,
    applies: (value: NonNullable<Own[Name]>) => boolean = () => true,
  ): NonNullable<Own[Name]> | undefined {
    for (const { rule, struck } of this.#rules) {
      const value = rule[name];
      const count = struck.get(name) ?? 0;
      if (value === undefined || value === null || count >= (rule.times ?? Number.POSITIVE_INFINITY))
        continue;
      if (rule.onlyOutTradeNo !== undefined && rule.onlyOutTradeNo !== outTradeNo) continue;
      if (rule.outTradeNoPrefix !== undefined && !outTradeNo.startsWith(rule.outTradeNoPrefix)) continue;
      if (!applies(value)) continue;
      struck.set(name, count + 1);
      return value;
    }
    return undefined;
  }
}
