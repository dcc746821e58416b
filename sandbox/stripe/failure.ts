/** An error answer of the API. Shape: https://docs.stripe.com/api/errors. */
export class Failure extends Error {
  readonly status: number;
  readonly details: FailureDetails;

  constructor(status: number, message: string, details: Partial<FailureDetails> = {}) {
    super(message);
    this.status = status;
    this.details = { type: 'invalid_request_error', ...details };
  }

  /** What stands under `error` in the answer. */
  body(): object {
    return { error: { message: this.message, ...this.details } };
  }
}

export interface FailureDetails {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  payment_intent?: object;
}

/** Codes that do not come with the status 400. */
const STATUSES: Record<string, number> = { rate_limit: 429, lock_timeout: 429, api_error: 500 };

/** The refusal that a fault rule asks for by its code. */
export function failureByCode(code: string): Failure {
  const status = STATUSES[code] ?? 400;
  return new Failure(status, `The request was refused: ${code}.`, {
    type: status === 500 ? 'api_error' : 'invalid_request_error',
    code,
  });
}

export function missing(kind: string, id: string, param: string): Failure {
  return new Failure(404, `No such ${kind}: '${id}'`, { code: 'resource_missing', param });
}
