import { setTimeout as pause } from 'node:timers/promises';
import { createRemoteJWKSet, errors, type JWTVerifyResult, jwtVerify } from 'jose';
import { z } from 'zod';
import { IssuerUnavailable, loginMethodsOf, Unauthenticated, type UnauthenticatedReason } from './errors.ts';
import { type Principal, ROLES } from './principal.ts';

/**
 * Turns the `Authorization` header into the caller.
 * Rejects with {@link Unauthenticated} when the header does not prove who calls, and with
 * {@link IssuerUnavailable} when the issuer's keys cannot be read.
 */
export type Verifier = (authorizationHeader: string | undefined) => Promise<Principal>;

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** Asymmetric only: a shared-secret signature made with a public key must not pass. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'EdDSA'];
/** RFC 9068 says `at+jwt`; many issuers say `JWT` or nothing, and there the audience tells an ID token apart. */
const TOKEN_TYPES = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);
const CLOCK_TOLERANCE_SECONDS = 5;
const DISCOVERY_TIMEOUT_MS = 2000;
const DISCOVERY_PAUSES_MS = [0, 50, 250];

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() });
const claims = z.object({
  sub: z.string().min(1),
  roles: z.array(z.string()).default([]),
  merchant_id: z.string().min(1).optional(),
});

const MESSAGES: Record<UnauthenticatedReason, string> = {
  missing: 'Log in and send the access token as: Authorization: Bearer <token>.',
  malformed: 'The access token cannot be read. Log in again.',
  expired: 'The access token has expired. Refresh it or log in again.',
  not_yet_valid: 'The access token is not valid yet. Check the clock of the device that asked for it.',
  wrong_audience: 'The access token was issued for another service. Ask for one for this API.',
  wrong_issuer: 'The access token comes from an issuer that is not trusted here. Log in again.',
  unknown_key: 'The access token is signed with a key the issuer does not publish. Log in again.',
  bad_signature: 'The signature of the access token does not match. Log in again.',
};

/**
 * Builds a verifier for the access tokens of one OpenID Connect issuer (ID-1).
 * Its keys are found through discovery at the first token and then cached; a failed discovery is tried
 * three times and forgotten, so that the next request starts afresh.
 */
export function createVerifier(options: { issuer: string; audience: string }): Verifier {
  const { issuer, audience } = options;
  const refuse = (reason: UnauthenticatedReason): Unauthenticated =>
    new Unauthenticated(reason, MESSAGES[reason], loginMethodsOf(issuer));
  let keySet: Promise<KeySet> | undefined;

  const knownKeys = (): Promise<KeySet> => {
    keySet ??= discoverKeys(issuer).catch((error: unknown) => {
      keySet = undefined;
      throw new IssuerUnavailable(issuer, error);
    });
    return keySet;
  };

  return async (header) => {
    if (!header) throw refuse('missing');
    const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1];
    if (!token) throw refuse('malformed');
    const keys = await knownKeys();
    let verified: JWTVerifyResult;
    try {
      verified = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'iat', 'exp'],
      });
    } catch (error) {
      const reason = reasonOf(error);
      throw reason ? refuse(reason) : new IssuerUnavailable(issuer, error);
    }
    const principal = principalOf(verified);
    if (!principal) throw refuse('malformed');
    return principal;
  };
}

function principalOf({ payload, protectedHeader }: JWTVerifyResult): Principal | undefined {
  if (!TOKEN_TYPES.has(protectedHeader.typ?.toLowerCase())) return undefined;
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return undefined;
  const roles = new Set(ROLES.filter((role) => parsed.data.roles.includes(role)));
  if (!roles.has('merchant')) return { sub: parsed.data.sub, roles, merchantId: null };
  // Staff of no merchant could match rows without one: such a token is refused, not narrowed.
  if (!parsed.data.merchant_id) return undefined;
  return { sub: parsed.data.sub, roles, merchantId: parsed.data.merchant_id };
}

/** Why a token was refused, or undefined when it could not be judged at all. */
function reasonOf(error: unknown): UnauthenticatedReason | undefined {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'wrong_audience';
    if (error.claim === 'iss') return 'wrong_issuer';
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'not_yet_valid' : 'malformed';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'unknown_key';
  }
  const unreadable = [
    errors.JWSInvalid,
    errors.JWTInvalid,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
  ].some((kind) => error instanceof kind);
  return unreadable ? 'malformed' : undefined;
}

async function discoverKeys(issuer: string): Promise<KeySet> {
  let failure: unknown;
  for (const pauseMs of DISCOVERY_PAUSES_MS) {
    await pause(pauseMs);
    try {
      const keys = createRemoteJWKSet(await jwksUriOf(issuer), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
      await keys.reload();
      return keys;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function jwksUriOf(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const document = discoveryDocument.parse(await response.json());
  if (document.issuer !== issuer) throw new Error(`${url} names another issuer: ${document.issuer}`);
  return new URL(document.jwks_uri);
}
