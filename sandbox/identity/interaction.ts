import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { errors, type default as Provider } from 'oidc-provider';
import { z } from 'zod';
import type { PhoneCodes } from './codes.ts';
import { type Login, type LoginResult, phoneNumber, socialProvider } from './login.ts';
import { type LoginPage, loginPage, messagePage } from './page.ts';
import type { Account } from './store.ts';

type Env = { Bindings: HttpBindings };

const form = z.object({
  phone: z.string().optional(),
  code: z.string().optional(),
  provider: socialProvider.optional(),
  externalId: z.string().min(1).max(64).optional(),
});

/** The pages that oidc-provider sends a browser to when somebody has to log in. */
export function interactionRoutes(provider: Provider, login: Login, codes: PhoneCodes): Hono<Env> {
  const app = new Hono<Env>().basePath('/interaction/:uid');

  app.use(async (c, next) => {
    c.header('Cache-Control', 'no-store');
    c.header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    // Fails when the cookie of the interaction is missing or over, so nothing below runs for a stranger's link.
    await provider.interactionDetails(c.env.incoming, c.env.outgoing);
    await next();
  });

  app.get('/', (c) => show(c, {}));

  app.post('/codes', async (c) => {
    const { linking, phone } = await read(c);
    if (!phone) return show(c, { linking, problem: '手机号不正确。This is not a mainland mobile number.' });
    const sent = codes.send(phone);
    if (sent.sent) return show(c, { linking, phone });
    const seconds = sent.retryAfterSeconds;
    return show(c, { linking, problem: `请 ${seconds} 秒后再试。Try again in ${seconds} s.` });
  });

  app.post('/login', async (c) => {
    const { linking, phone, code } = await read(c);
    if (!phone || !code) return show(c, { linking, problem: '请输入手机号和验证码。Enter phone and code.' });
    const proof = { phone, code };
    const result = await (linking ? login.bySocial({ ...linking, proof }) : login.byPhone(proof));
    if (result.ok) return finish(c, provider, result.account);
    return show(c, { linking, phone: canRetry(result) ? phone : undefined, problem: result.message });
  });

  app.post('/social', async (c) => {
    const { linking } = await read(c);
    if (!linking) return show(c, { problem: '请输入沙箱账号。Enter the sandbox account.' });
    const result = await login.bySocial(linking);
    if (result.ok) return finish(c, provider, result.account);
    return show(c, { linking, problem: result.message });
  });

  app.onError((error, c) => {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    return c.html(
      messagePage('登录已失效，请返回应用重新登录。This login is over. Start again from the app.'),
      400,
    );
  });
  return app;
}

function show(c: Context<Env>, page: Omit<LoginPage, 'uid'>) {
  return c.html(loginPage({ ...page, uid: c.req.param('uid') ?? '' }), page.problem ? 422 : 200);
}

async function finish(c: Context<Env>, provider: Provider, account: Account) {
  const result = { login: { accountId: account.sub, remember: false } };
  return c.redirect(await provider.interactionResult(c.env.incoming, c.env.outgoing, result), 303);
}

async function read(c: Context<Env>) {
  const fields = form.safeParse(await c.req.parseBody());
  if (!fields.success) return { phone: undefined, code: undefined, linking: undefined };
  const { phone, code, provider, externalId } = fields.data;
  return {
    phone: phoneNumber.safeParse(phone).data,
    code,
    linking: provider && externalId ? { provider, externalId } : undefined,
  };
}

/** Whether another try with the code already sent makes sense. */
function canRetry(result: Exclude<LoginResult, { ok: true }>): boolean {
  return result.code === 'wrong_code';
}
