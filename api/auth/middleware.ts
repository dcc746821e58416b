import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Forbidden } from './errors.ts';
import type { Principal, Role } from './principal.ts';
import type { Verifier } from './verifier.ts';

/** The environment of a route that runs behind {@link authenticate}. */
export type AuthEnv = { Variables: { principal: Principal } };

/** Sets `principal`, or throws what the verifier throws (SB-1: 401 that names the ways to log in). */
export function authenticate(verifier: Verifier): MiddlewareHandler<AuthEnv> {
  return createMiddleware<AuthEnv>(async (c, next) => {
    c.set('principal', await verifier(c.req.header('authorization')));
    await next();
  });
}

/** Lets callers through who have at least one of the roles; others get Forbidden `role_missing` (ID-2). */
export function requireRole(...roles: [Role, ...Role[]]): MiddlewareHandler<AuthEnv> {
  return createMiddleware<AuthEnv>(async (c, next) => {
    const principal = c.get('principal');
    if (!roles.some((role) => principal.roles.has(role))) {
      throw new Forbidden(
        'role_missing',
        `This needs the role ${roles.join(' or ')}. Log in with an account that has it.`,
        roles,
      );
    }
    await next();
  });
}
