import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IssuerUnavailable, loginMethodsOf, Unauthenticated } from './errors.ts';
import { createVerifier, type Verifier } from './verifier.ts';

const AUDIENCE = 'dingdan-api';
const KID = 'key-1';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: KeyPair;
let jwk: JWK;
let issuer: LoopbackIssuer;
let verify: Verifier;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  jwk = { ...(await exportJWK(keys.publicKey)), kid: KID, alg: 'ES256', use: 'sig' };
});

beforeEach(async () => {
  issuer = await LoopbackIssuer.listen([jwk]);
  verify = createVerifier({ issuer: issuer.url, audience: AUDIENCE });
});

afterEach(() => issuer.close());

describe('a good token', () => {
  test('ID-1 gives the caller with the known roles', async () => {
    const token = await sign({ roles: ['buyer', 'finance', 'wizard'] });
    expect(await verify(`Bearer ${token}`)).toEqual({
      sub: 'u_1',
      roles: new Set(['buyer', 'finance']),
      merchantId: null,
    });
  });

  test('ID-2 names the merchant of merchant staff, and of nobody else', async () => {
    const staff = await sign({ roles: ['merchant'], merchant_id: 'M1' });
    expect((await verify(`bearer ${staff}`)).merchantId).toBe('M1');
    const buyer = await sign({ roles: ['buyer'], merchant_id: 'M1' });
    expect((await verify(`Bearer ${buyer}`)).merchantId).toBeNull();
  });

  test.each([undefined, 'JWT', 'at+jwt', 'application/at+jwt'])('ID-1 may have the type %s', async (typ) => {
    const token = await sign({}, { typ });
    expect((await verify(`Bearer ${token}`)).roles.size).toBe(0);
  });

  test('ID-1 reads discovery and keys once for any number of tokens', async () => {
    const token = await sign({});
    await Promise.all(Array.from({ length: 50 }, () => verify(`Bearer ${token}`)));
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });
});

describe('SB-1 ID-1 a token that proves nothing is refused with the reason and the ways to log in', () => {
  const past = Math.floor(Date.now() / 1000) - 60;
  const cases: [string, () => Promise<string | undefined>, string][] = [
    ['no header', async () => undefined, 'missing'],
    ['an empty header', async () => '', 'missing'],
    ['another scheme', async () => 'Basic YTpi', 'malformed'],
    ['no token', async () => 'Bearer ', 'malformed'],
    ['not a JWT', async () => 'Bearer opaque', 'malformed'],
    ['expired', async () => bearer(sign({ exp: past })), 'expired'],
    ['no expiry', async () => bearer(sign({ exp: undefined })), 'malformed'],
    ['not valid yet', async () => bearer(sign({ nbf: past + 3600 })), 'not_yet_valid'],
    ['wrong audience', async () => bearer(sign({ aud: 'another-api' })), 'wrong_audience'],
    ['no audience', async () => bearer(sign({ aud: undefined })), 'wrong_audience'],
    ['wrong issuer', async () => bearer(sign({ iss: 'https://evil.example' })), 'wrong_issuer'],
    ['no subject', async () => bearer(sign({ sub: undefined })), 'malformed'],
    ['roles that are no list', async () => bearer(sign({ roles: 'finance' })), 'malformed'],
    ['merchant staff of no merchant', async () => bearer(sign({ roles: ['merchant'] })), 'malformed'],
    ['a token of another type', async () => bearer(sign({}, { typ: 'logout+jwt' })), 'malformed'],
    ['unknown kid', async () => bearer(sign({}, { kid: 'key-2' })), 'unknown_key'],
    ['a key of somebody else', async () => bearer(sign({}, { key: await foreignKey() })), 'bad_signature'],
    ['alg none', async () => bearer(unsigned(sign({ roles: ['finance'] }))), 'malformed'],
    ['signed with the public key as a secret', async () => bearer(sharedSecret()), 'malformed'],
    ['tampered', async () => bearer(tampered(sign({ roles: ['buyer'] }))), 'bad_signature'],
  ];
  test.each(cases)('%s', async (_name, header, reason) => {
    const refusal = await verify(await header()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Unauthenticated);
    expect(refusal).toMatchObject({
      code: 'unauthenticated',
      reason,
      loginMethods: [{ method: 'phone_code' }, { method: 'wechat' }, { method: 'qq' }],
    });
    expect((refusal as Unauthenticated).challenge).toContain(
      reason === 'missing' ? 'Bearer' : 'error="invalid_token"',
    );
  });

  test('the ways to log in are addresses of the issuer', () => {
    expect(loginMethodsOf('https://id.example/')[0]?.url).toBe('https://id.example/login/codes');
  });
});

describe('an issuer in trouble', () => {
  test('ID-1 a discovery that fails at first is tried again', async () => {
    issuer.failures = 2;
    expect((await verify(`Bearer ${await sign({})}`)).sub).toBe('u_1');
  });

  test('ID-1 no token is judged while the keys cannot be read, and the next request starts afresh', async () => {
    const token = `Bearer ${await sign({})}`;
    issuer.failures = 3;
    await expect(verify(token)).rejects.toBeInstanceOf(IssuerUnavailable);
    expect((await verify(token)).sub).toBe('u_1');
  });

  test('ID-1 a discovery document of another issuer is not trusted', async () => {
    const mistaken = createVerifier({ issuer: `${issuer.url}/`, audience: AUDIENCE });
    await expect(mistaken(`Bearer ${await sign({})}`)).rejects.toBeInstanceOf(IssuerUnavailable);
  });
});

interface Header {
  typ?: string | undefined;
  kid?: string;
  key?: KeyPair['privateKey'];
}

function sign(claims: JWTPayload | Record<string, unknown>, header: Header = {}): Promise<string> {
  const { typ = 'at+jwt', kid = KID, key = keys.privateKey } = header;
  const now = Math.floor(Date.now() / 1000);
  const standard = { iss: issuer.url, aud: AUDIENCE, sub: 'u_1', iat: now, exp: now + 60 };
  const signer = new SignJWT({ ...standard, ...claims });
  return signer
    .setProtectedHeader({ alg: 'ES256', kid, ...('typ' in header && !header.typ ? {} : { typ }) })
    .sign(key);
}

async function bearer(token: Promise<string>): Promise<string> {
  return `Bearer ${await token}`;
}

async function foreignKey(): Promise<KeyPair['privateKey']> {
  return (await generateKeyPair('ES256')).privateKey;
}

async function unsigned(token: Promise<string>): Promise<string> {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
  return `${header}.${(await token).split('.')[1]}.`;
}

function sharedSecret(): Promise<string> {
  const signer = new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'u_1' })
    .setIssuedAt()
    .setExpirationTime('1m');
  return signer.setProtectedHeader({ alg: 'HS256', kid: KID }).sign(Buffer.from(JSON.stringify(jwk)));
}

async function tampered(token: Promise<string>): Promise<string> {
  const [header, payload = '', signature] = (await token).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
  const forged = Buffer.from(JSON.stringify({ ...claims, roles: ['finance'] })).toString('base64url');
  return `${header}.${forged}.${signature}`;
}

/** Discovery and keys on loopback, with a count of requests and failures on demand. */
class LoopbackIssuer {
  readonly requests: string[] = [];
  /** How many of the next requests answer 503. */
  failures = 0;
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, published: JWK[]) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      this.requests.push(request.url ?? '');
      if (this.failures > 0) {
        this.failures -= 1;
        response.writeHead(503).end();
        return;
      }
      const discovery = { issuer: this.url, jwks_uri: `${this.url}/jwks` };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/jwks' ? { keys: published } : discovery));
    });
  }

  static async listen(published: JWK[]): Promise<LoopbackIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LoopbackIssuer(server, published);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
