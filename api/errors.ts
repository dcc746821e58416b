import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import { fenToJson } from '../domain/fen-json.ts';
import { NeighbourError } from '../providers/neighbour-error.ts';
import { Forbidden, IssuerUnavailable, Unauthenticated } from './auth/errors.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/** An answer that is a problem (RFC 9457), with a stable `code`; `extra` are its extension members. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly extra: Record<string, unknown>;

  constructor(code: ProblemCode, detail?: string, extra: Record<string, unknown> = {}) {
    super(detail ?? PROBLEMS[code][1]);
    this.code = code;
    this.extra = extra;
  }

  get status(): ContentfulStatusCode {
    return PROBLEMS[this.code][0];
  }
}

/** The problem of a refused step, by the step's own code. */
export function problemOf(code: string, extra: Record<string, unknown> = {}): Problem {
  return code in PROBLEMS
    ? new Problem(code as ProblemCode, undefined, extra)
    : new Problem('internal', `refused: ${code}`, extra);
}

/** Answers any error as a problem; what is not a known one is logged and answered without detail. */
export function answerError(error: unknown, c: Context, log: (error: unknown) => void): Response {
  if (error instanceof Problem) return problemResponse(c, error.code, error.message, error.extra);
  if (error instanceof Unauthenticated) {
    c.header('WWW-Authenticate', error.challenge);
    return problemResponse(c, 'unauthenticated', error.message, {
      reason: error.reason,
      loginMethods: error.loginMethods,
    });
  }
  if (error instanceof Forbidden)
    return problemResponse(c, 'role_missing', error.message, { neededRoles: error.neededRoles });
  if (error instanceof IssuerUnavailable) return problemResponse(c, 'busy', error.message);
  if (error instanceof HTTPException && error.status < 500)
    return problemResponse(c, 'invalid_request', error.message);
  if (isUnstorable(error))
    return problemResponse(
      c,
      'invalid_request',
      'A text has characters that cannot be stored, such as U+0000.',
    );
  log(error);
  return isOutage(error) ? problemResponse(c, 'busy') : problemResponse(c, 'internal');
}

/** The fields a request got wrong, each with its place and what it should be. */
export function invalidRequest(error: ZodError, place: string): Problem {
  const errors = error.issues.map((issue) => ({
    field: [place, ...issue.path].join('.'),
    message: issue.message,
  }));
  return new Problem('invalid_request', `${errors.map((e) => `${e.field}: ${e.message}`).join('; ')}`, {
    errors,
  });
}

function problemResponse(
  c: Context,
  code: ProblemCode,
  detail?: string,
  extra: Record<string, unknown> = {},
): Response {
  const [status, title] = PROBLEMS[code];
  const body = {
    type: `https://dingdan.dev/problems/${code}`,
    title,
    status,
    code,
    detail: detail ?? title,
    ...(fenToJson(extra) as object),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
}

/** Database, Temporal or a neighbour out of reach: worth another try, nothing of ours is wrong. */
function isOutage(error: unknown): boolean {
  if (error instanceof NeighbourError) return error.retryable;
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const codes = [code, cause?.code];
  const GRPC_UNAVAILABLE = 14;
  return codes.some(
    (found) =>
      found === GRPC_UNAVAILABLE ||
      (typeof found === 'string' &&
        (/^(ECONN|CONNECTION_|CONNECT_)/.test(found) || /^(57P0|08|53)/.test(found))),
  );
}

/** The database refused a text of the request: U+0000, or half of a surrogate pair. */
function isUnstorable(error: unknown): boolean {
  const { code } = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown };
  return code === '22021' || code === '22P05' || code === '22P02';
}
