import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { z } from 'zod';
import type { PhoneCodes } from './codes.ts';
import { SOCIAL_GRANT } from './grant-types.ts';
import { type Login, phoneNumber, socialProvider, TICKET_TTL_SECONDS } from './login.ts';
import { isLoopbackOrigin } from './loopback.ts';

const codeRequest = z.object({ phone: phoneNumber });
const socialLogin = z.object({
  provider: socialProvider,
  externalId: z.string().min(1).max(64),
  phone: phoneNumber.optional(),
  code: z.string().optional(),
});

/** Login without a browser: `POST /login/codes`, `POST /login/social`, and the SMS inbox `GET /sms?phone=`. */
export function loginRoutes(login: Login, codes: PhoneCodes): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const loopbackOnly = cors({ origin: (origin) => (isLoopbackOrigin(origin) ? origin : null) });
  app.use('/login/*', loopbackOnly);
  app.use('/sms', loopbackOnly);

  app.post('/login/codes', async (c) => {
    const request = codeRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!request.success) return invalid(c, request.error);
    const { phone } = request.data;
    const result = codes.send(phone);
    if (result.sent) {
      return c.json({ expiresInSeconds: result.expiresInSeconds, inbox: `/sms?phone=${phone}` }, 202);
    }
    c.header('Retry-After', String(result.retryAfterSeconds));
    const message = `Too many codes for this phone. Ask again in ${result.retryAfterSeconds} s.`;
    return c.json({ code: 'too_many_codes', message }, 429);
  });

  app.get('/sms', (c) => {
    const request = codeRequest.safeParse(c.req.query());
    if (!request.success) return invalid(c, request.error);
    return c.json({ messages: codes.inbox(request.data.phone) });
  });

  app.post('/login/social', async (c) => {
    const request = socialLogin.safeParse(await c.req.json().catch(() => undefined));
    if (!request.success) return invalid(c, request.error);
    const { provider, externalId, phone, code } = request.data;
    const proof = phone && code ? { phone, code } : undefined;
    const result = await login.bySocial({ provider, externalId, proof });
    if (!result.ok) return c.json({ code: result.code, message: result.message }, 409);
    const ticket = login.issueTicket(result.account);
    return c.json({ ticket, grantType: SOCIAL_GRANT, expiresInSeconds: TICKET_TTL_SECONDS });
  });

  return app;
}

function invalid(c: Context, error: z.ZodError) {
  const message = error.issues
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ');
  return c.json({ code: 'invalid_request', message }, 400);
}
