import { type AlipayAnswer, failedCall } from './errors.ts';

export const succeeded = (answer: AlipayAnswer): boolean => answer.code === '10000';

/** A signed answer about another number is an answer to another question. Throws a retryable ProviderError. */
export function insistOn(method: string, answered: unknown, asked: string): void {
  if (answered !== asked)
    throw failedCall(method, new Error(`the answer is about ${String(answered)}, not ${asked}`));
}
