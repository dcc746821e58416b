import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { IdempotencyKey } from '../db/commands/idempotency.ts';
import type { AuthEnv } from './auth/middleware.ts';

/** The request's idempotency key, scoped to caller, method and path, with a hash of the body (SB-6). */
export async function idempotencyKeyOf(c: Context<AuthEnv>): Promise<IdempotencyKey> {
  const body = await c.req.text();
  return {
    scope: `${c.get('principal').sub} ${c.req.method} ${c.req.path}`,
    key: c.req.header('idempotency-key') ?? '',
    bodyHash: createHash('sha256').update(body).digest('base64url'),
  };
}
