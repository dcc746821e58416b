import { ProviderError } from '../payments/port.ts';
import { type BuyerReason, REASONS } from '../payments/reasons.ts';

/**
 * What WeChat Pay's codes mean for us (PY-4, PY-7): whether the same request may be sent again, and the words for the
 * buyer where the code speaks about the buyer. A code that is not listed is final below HTTP 500 and has no words.
 */
const CODES: Record<string, { retryable?: true; buyerReason?: BuyerReason }> = {
  // A key is being rotated: nothing was done, and the mended key serves the call.
  SIGN_ERROR: { retryable: true },
  SYSTEM_ERROR: { retryable: true },
  BANK_ERROR: { retryable: true },
  FREQUENCY_LIMITED: { retryable: true },
  FREQUENCY_LIMIT_EXCEED: { retryable: true },
  RATELIMIT_EXCEEDED: { retryable: true },
  NOT_ENOUGH: { buyerReason: REASONS.insufficient_balance },
  RULE_LIMIT: { buyerReason: REASONS.limit },
  ACCOUNT_ERROR: { buyerReason: REASONS.risk },
  USER_ACCOUNT_ABNORMAL: { buyerReason: REASONS.risk },
  TRADE_ERROR: { buyerReason: REASONS.payment_failed },
};

const TOO_MANY_REQUESTS = 429;
const SERVER_ERRORS = 500;

/** The error of an answer that refuses, by its code. */
export function refusal(call: string, code: string, message: string, status = 400): ProviderError {
  const known = CODES[code];
  return new ProviderError({
    provider: 'wechatpay',
    code,
    message: `${call}: ${code} ${message}`.trim(),
    retryable: known?.retryable ?? (status >= SERVER_ERRORS || status === TOO_MANY_REQUESTS),
    buyerReason: known?.buyerReason ?? null,
  });
}

/** The error of an answer that was verified and yet does not answer what was asked: the result is unknown. */
export function unexpected(call: string, problem: string): ProviderError {
  return unknownResult(call, 'unverified_answer', problem);
}

/**
 * The error of a call that the SDK threw. Silence, an answer that is not proven to be WeChat Pay's, and one that cannot
 * be read leave the result unknown: retryable, to be resolved by a query with our number (PY-7). The SDK verifies no
 * answer outside 2xx, so of those only the code is used, as a refusal. The SDK's own error is not passed on as a cause:
 * it carries the signed request.
 */
export function failedCall(call: string, thrown: unknown): ProviderError {
  const { response, message } = thrown as {
    response?: { status: number; data: unknown };
    message?: string;
  };
  const problem = message ?? String(thrown);
  if (!response) return unknownResult(call, 'network', problem);
  if (response.status >= 200 && response.status < 300)
    return unknownResult(call, 'unverified_answer', problem);
  const body = errorBody(response.data);
  if (!body) return unknownResult(call, 'unverified_answer', problem);
  return refusal(call, body.code, body.message, response.status);
}

/** The adapter's own key file holds something that is no key. Nothing was sent. */
export function unusableKeys(thrown: unknown): ProviderError {
  return unknownResult('keys', 'unusable_keys', thrown instanceof Error ? thrown.message : String(thrown));
}

/** Whether an error is a refusal with one of these codes. */
export function refusedWith(error: unknown, ...codes: string[]): error is ProviderError {
  return error instanceof ProviderError && codes.includes(error.code);
}

function unknownResult(call: string, code: string, problem: string): ProviderError {
  return new ProviderError({ provider: 'wechatpay', code, message: `${call}: ${problem}`, retryable: true });
}

/** `{code, message}` of an error answer; a download's comes as bytes. */
function errorBody(data: unknown): { code: string; message: string } | null {
  try {
    const body = (Buffer.isBuffer(data) ? JSON.parse(data.toString('utf8')) : data) as {
      code?: unknown;
      message?: unknown;
    } | null;
    if (typeof body?.code !== 'string' || body.code === '') return null;
    return { code: body.code, message: String(body.message ?? '') };
  } catch {
    return null;
  }
}
