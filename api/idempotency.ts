import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { IdempotencyKey } from '../db/commands/idempotency.ts';
import type { AuthEnv } from './auth/middleware.ts';

/** The request's idempotency key, scoped to caller, method and path, with a hash of the body (SB-6). */
export async function idempotencyKeyOf(c: Context<AuthEnv>): Promise<IdempotencyKey> {
  const body = await c.req.text();
  return idempotencyKeyFor(c, createHash('sha256').update(body).digest('base64url'));
}

/** The same for a body that was hashed while it was read. */
export function idempotencyKeyFor(c: Context<AuthEnv>, bodyHash: string): IdempotencyKey {
  return {
    scope: `${c.get('principal').sub} ${c.req.method} ${c.req.path}`,
    key: c.req.header('idempotency-key') ?? '',
    bodyHash,
  };
}

/** A number for what a key stands for, so that the same request is the same thing. */
export function numberOf({ scope, key }: IdempotencyKey, length: number): string {
  return createHash('sha256').update(`${scope} ${key}`).digest('hex').slice(0, length);
}
