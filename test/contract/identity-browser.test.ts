import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verifier } from '../../api/auth/verifier.ts';
import { IssuerUnderTest, wrong } from './identity-support.ts';

let issuer: IssuerUnderTest;
let verify: Verifier;

beforeAll(async () => {
  issuer = await IssuerUnderTest.start();
  verify = issuer.verifier();
});

afterAll(() => issuer.close());

test('ID-1 authorization code with PKCE: login page, code, back to the app, tokens', async () => {
  const phone = issuer.newPhone();
  const browser = new Browser();
  const { url, verifier } = authorization();
  const page = await browser.open(url);
  expect(await page.text()).toContain('获取验证码');
  const codePage = await browser.submit(`${page.url}/codes`, { phone });
  expect(await codePage.text()).toContain('短信收件箱');
  const code = await issuer.latestCode(phone);
  const retry = await browser.submit(`${page.url}/login`, { phone, code: wrong(code) });
  expect(retry.status).toBe(422);
  const back = await browser.submit(`${page.url}/login`, { phone, code });

  const callback = new URL(back.headers.get('location') ?? '');
  expect(callback.origin).toBe('http://127.0.0.1:3999');
  const exchanged = {
    grant_type: 'authorization_code',
    client_id: 'dingdan-web',
    redirect_uri: 'http://127.0.0.1:3999/callback',
    code: callback.searchParams.get('code') ?? '',
  };
  const { status, body } = await issuer.token({ ...exchanged, code_verifier: verifier });
  expect(status).toBe(200);
  expect(body).toMatchObject({ id_token: expect.any(String), refresh_token: expect.any(String) });
  const principal = await verify(`Bearer ${body.access_token}`);
  expect(principal.sub).toBe(await issuer.subOf(phone));
  await expect(verify(`Bearer ${body.id_token}`)).rejects.toMatchObject({ reason: 'wrong_audience' });
});

test('ID-1 a WeChat login in the browser asks for the phone once and then goes straight back', async () => {
  const phone = issuer.newPhone();
  const account = { provider: 'wechat', externalId: `browser-${phone}` };
  const first = new Browser();
  const page = await first.open(authorization().url);
  expect(await (await first.submit(`${page.url}/social`, account)).text()).toContain('绑定手机号');
  await first.submit(`${page.url}/codes`, { ...account, phone });
  const linked = await first.submit(`${page.url}/login`, {
    ...account,
    phone,
    code: await issuer.latestCode(phone),
  });
  expect(linked.headers.get('location')).toContain('/callback?code=');

  const second = new Browser();
  const again = await second.open(authorization().url);
  const back = await second.submit(`${again.url}/social`, account);
  expect(back.headers.get('location')).toContain('/callback?code=');
});

test('ID-1 without PKCE, with a foreign redirect, or without the cookie nothing is handed out', async () => {
  const plain = authorization().url;
  plain.searchParams.delete('code_challenge');
  expect((await new Browser().open(plain)).headers.get('location')).toContain('error=invalid_request');
  const foreign = authorization().url;
  foreign.searchParams.set('redirect_uri', 'https://evil.example/callback');
  expect((await new Browser().open(foreign)).status).toBe(400);
  const page = await new Browser().open(authorization().url);
  expect((await new Browser().open(new URL(page.url))).status).toBe(400);
});

function authorization(): { url: URL; verifier: string } {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer.url}/auth`);
  url.search = new URLSearchParams({
    client_id: 'dingdan-web',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:3999/callback',
    scope: 'openid api',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return { url, verifier };
}

/** Follows redirects within the issuer, with cookies, and stops at the first that leads back to the app. */
class Browser {
  readonly #cookies = new Map<string, string>();

  open(url: URL): Promise<Response> {
    return this.#go(url, {});
  }

  submit(url: string, fields: Record<string, string>): Promise<Response> {
    return this.#go(new URL(url), { method: 'POST', body: new URLSearchParams(fields) });
  }

  async #go(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
    const location = response.headers.get('location');
    const next = location ? new URL(location, url) : undefined;
    return next && next.origin === issuer.url ? this.#go(next, {}) : response;
  }
}
