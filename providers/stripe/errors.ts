import { Stripe } from 'stripe';
import { ProviderError } from '../payments/port.ts';
import { buyerReasonOf } from './declines.ts';

const { errors } = Stripe;

/** Errors after which the same request may be sent again: nothing was done, or what was done is kept under its key. */
const RETRYABLE = [
  errors.StripeRateLimitError,
  // The key is being replaced: what was refused did nothing, and the next key serves it (ADR 10).
  errors.StripeAuthenticationError,
  // 5xx, a broken answer, and 409: another request holds the idempotency key.
  errors.StripeAPIError,
];

/**
 * Performs a call. What the SDK throws comes out as a ProviderError (PY-7): silence is `network` and retryable, like any
 * answer that cannot be understood; a refusal has Stripe's code and is final; a declined card has words for the buyer.
 */
export async function attempt<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw failedCall(operation, error);
  }
}

export function failedCall(operation: string, cause: unknown): ProviderError {
  if (cause instanceof ProviderError) return cause;
  const message = `${operation}: ${cause instanceof Error ? cause.message : String(cause)}`;
  const fail = (code: string, retryable: boolean) =>
    new ProviderError({ provider: 'stripe', code, message, retryable, cause });
  if (!(cause instanceof errors.StripeError)) return fail('unreadable_answer', true);
  if (cause instanceof errors.StripeConnectionError) return fail('network', true);
  const code = codeOf(cause);
  if (cause instanceof errors.StripeCardError)
    return new ProviderError({
      provider: 'stripe',
      code,
      message,
      retryable: false,
      buyerReason: buyerReasonOf(code),
      cause,
    });
  return fail(
    code,
    RETRYABLE.some((kind) => cause instanceof kind),
  );
}

/** The most telling of Stripe's codes. */
function codeOf({ decline_code: declineCode, code, rawType, type }: Stripe.errors.StripeError): string {
  return declineCode || code || rawType || type;
}

/** Whether Stripe refused the request for what it asks, under this very code if one is given. */
export function refusedBy(error: unknown, code?: string): boolean {
  const cause = error instanceof ProviderError ? error.cause : error;
  return cause instanceof errors.StripeInvalidRequestError && (code === undefined || cause.code === code);
}

/** Whether the error is an earlier one that Stripe kept under the idempotency key: nothing was tried now. */
export function isReplayed(error: unknown): boolean {
  const cause = error instanceof ProviderError ? error.cause : error;
  return cause instanceof errors.StripeError && cause.headers?.['idempotent-replayed'] === 'true';
}

/** Whether the idempotency key was used before, with other parameters. */
export function isKeyReused(error: unknown): boolean {
  return error instanceof ProviderError && error.cause instanceof errors.StripeIdempotencyError;
}
