import { randomBytes } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verifier } from '../../api/auth/verifier.ts';
import { logIn } from '../../sandbox/identity/client.ts';
import { PHONE_CODE_GRANT } from '../../sandbox/identity/grant-types.ts';
import { type Answer, IssuerUnderTest, wrong } from './identity-support.ts';

const SERVICE_SECRET = randomBytes(24).toString('base64url');
const MINUTE_MS = 60_000;

let issuer: IssuerUnderTest;
let verify: Verifier;

beforeAll(async () => {
  issuer = await IssuerUnderTest.start(SERVICE_SECRET);
  verify = issuer.verifier();
});

afterAll(() => issuer.close());

describe('phone and code', () => {
  test('ID-1 SB-1 a code from the SMS inbox becomes an access token that the API accepts', async () => {
    const phone = issuer.newPhone();
    const { accessToken, expiresInSeconds } = await logIn(issuer.url, phone);

    const principal = await verify(`Bearer ${accessToken}`);
    expect(principal).toMatchObject({ roles: new Set(['buyer']), merchantId: null });
    expect(expiresInSeconds).toBe(3600);
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = decodeJwt(accessToken);
    expect(Object.keys(claims).sort()).toEqual(
      ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'roles', 'scope', 'sub'].sort(),
    );
    expect(JSON.stringify(claims)).not.toContain(phone);
  });

  test('ID-1 the same phone is the same person at every login, also after a restart of the issuer', async () => {
    const phone = issuer.newPhone();
    const subs = [await issuer.subOf(phone), await issuer.subOf(`+86${phone}`)];
    const { accessToken } = await logIn(issuer.url, phone);
    await issuer.restart();
    expect((await verify(`Bearer ${accessToken}`)).sub, 'its keys are the same too').toBe(subs[0]);
    subs.push(await issuer.subOf(phone));
    expect(new Set(subs).size).toBe(1);
    expect(await issuer.subOf(issuer.newPhone())).not.toBe(subs[0]);
  });

  test('ID-1 a wrong code is refused with the tries that are left, and the right one still works', async () => {
    const phone = issuer.newPhone();
    const code = await issuer.askCode(phone);
    expect(await exchange(phone, wrong(code))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: expect.stringContaining('Tries left: 4') },
    });
    expect((await exchange(phone, code)).status).toBe(200);
    expect((await exchange(phone, code)).status, 'a code works once').toBe(400);
  });

  test('ID-1 after five wrong tries the right code is refused and a new one works', async () => {
    const phone = issuer.newPhone();
    const code = await issuer.askCode(phone);
    for (let tries = 0; tries < 5; tries += 1) await exchange(phone, wrong(code));
    expect(await exchange(phone, code)).toMatchObject({
      status: 400,
      body: { error_description: expect.stringContaining('Too many wrong tries') },
    });
    expect((await exchange(phone, await issuer.askCode(phone))).status).toBe(200);
  });

  test('ID-1 a code expires after five minutes', async () => {
    const phone = issuer.newPhone();
    const code = await issuer.askCode(phone);
    issuer.nowMs += 5 * MINUTE_MS;
    expect(await exchange(phone, code)).toMatchObject({
      status: 400,
      body: { error_description: expect.stringContaining('has expired') },
    });
  });

  test('ID-1 a phone that asks for too many codes waits, others do not', async () => {
    const phone = issuer.newPhone();
    for (let sent = 0; sent < 10; sent += 1) expect((await issuer.postCode(phone)).status).toBe(202);
    const refused = await issuer.postCode(phone);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect((await issuer.postCode(issuer.newPhone())).status).toBe(202);
    issuer.nowMs += MINUTE_MS;
    expect((await issuer.postCode(phone)).status).toBe(202);
    expect((await issuer.postCode('12345')).status).toBe(400);
  });

  test('ID-1 a refresh token gives another access token of the same person, once', async () => {
    const first = await logIn(issuer.url, issuer.newPhone());
    const refresh = {
      grant_type: 'refresh_token',
      client_id: 'dingdan-app',
      refresh_token: first.refreshToken,
    };
    const { status, body } = await issuer.token(refresh);
    expect(status).toBe(200);
    const again = await verify(`Bearer ${body.access_token}`);
    expect(again).toEqual(await verify(`Bearer ${first.accessToken}`));
    expect((await issuer.token(refresh)).status, 'refresh tokens rotate').toBe(400);
  });
});

describe('staff and services', () => {
  test.each([
    ['13900000001', 'merchant', 'M1'],
    ['13900000002', 'merchant', 'M2'],
    ['13900000011', 'customer_service', null],
    ['13900000012', 'finance', null],
    ['13900000013', 'operations', null],
  ])('ID-2 %s logs in with the role %s of merchant %s', async (phone, role, merchantId) => {
    const { accessToken } = await logIn(issuer.url, phone);
    expect(await verify(`Bearer ${accessToken}`)).toMatchObject({ roles: new Set([role]), merchantId });
  });

  test('ID-2 a service account gets the role service for its secret only', async () => {
    const request = { grant_type: 'client_credentials', client_id: 'dingdan-service' };
    const { status, body } = await issuer.token({ ...request, client_secret: SERVICE_SECRET });
    expect(status).toBe(200);
    expect(await verify(`Bearer ${body.access_token}`)).toEqual({
      sub: 'dingdan-service',
      roles: new Set(['service']),
      merchantId: null,
    });
    expect((await issuer.token({ ...request, client_secret: 'a guess' })).status).toBe(401);
  });
});

test.each(['wechat', 'qq'])(
  'ID-1 a sandbox %s account is linked by a verified phone once',
  async (provider) => {
    const phone = issuer.newPhone();
    const sub = await issuer.subOf(phone);
    const account = { provider, externalId: `${provider}-of-${phone}` };
    expect(await issuer.social(account)).toMatchObject({ status: 409, body: { code: 'phone_required' } });
    await issuer.social({ ...account, phone, code: await issuer.askCode(phone) });

    const { body } = await issuer.social(account);
    const exchanged = {
      grant_type: String(body.grantType),
      client_id: 'dingdan-app',
      ticket: String(body.ticket),
    };
    const { body: tokens } = await issuer.token(exchanged);
    expect((await verify(`Bearer ${tokens.access_token}`)).sub).toBe(sub);
    expect((await issuer.token(exchanged)).status, 'a ticket works once').toBe(400);

    const other = { provider, externalId: 'somebody-else', phone, code: await issuer.askCode(phone) };
    expect(await issuer.social(other)).toMatchObject({ status: 409, body: { code: 'already_linked' } });
  },
);

function exchange(phone: string, code: string): Promise<Answer> {
  return issuer.token({ grant_type: PHONE_CODE_GRANT, client_id: 'dingdan-app', phone, code });
}
