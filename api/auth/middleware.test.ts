import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { Forbidden, loginMethodsOf, Unauthenticated } from './errors.ts';
import { type AuthEnv, authenticate, requireRole } from './middleware.ts';
import type { Role } from './principal.ts';
import type { Verifier } from './verifier.ts';

/** Takes the header for the list of roles. */
const verifier: Verifier = async (header) => {
  if (!header) throw new Unauthenticated('missing', 'Log in.', loginMethodsOf('https://id.example'));
  return { sub: 'u_1', roles: new Set(header.split(' ') as Role[]), merchantId: null };
};

function call(authorization?: string) {
  const seen: { error?: Error } = {};
  const app = new Hono<AuthEnv>();
  app.use(authenticate(verifier));
  app.get('/', requireRole('finance', 'operations'), (c) => c.text(c.get('principal').sub));
  app.onError((error, c) => {
    seen.error = error;
    return c.text('refused', 500);
  });
  const response = app.request('/', { headers: authorization ? { authorization } : {} });
  return Promise.resolve(response).then(async (answer) => ({ text: await answer.text(), error: seen.error }));
}

test.each(['finance', 'buyer operations'])(
  'ID-2 a caller with one of the needed roles passes: %s',
  async (roles) => {
    expect(await call(roles)).toEqual({ text: 'u_1', error: undefined });
  },
);

test('ID-2 a caller without any of the needed roles is told which are needed', async () => {
  const { error } = await call('buyer merchant');
  expect(error).toBeInstanceOf(Forbidden);
  expect(error).toMatchObject({ code: 'role_missing', neededRoles: ['finance', 'operations'] });
  expect(error?.message).toContain('finance or operations');
});

test('SB-1 a caller without a token does not reach the route', async () => {
  expect((await call()).error).toBeInstanceOf(Unauthenticated);
});
