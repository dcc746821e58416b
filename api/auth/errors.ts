import type { Role } from './principal.ts';

export type UnauthenticatedReason =
  | 'missing'
  | 'malformed'
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_audience'
  | 'wrong_issuer'
  | 'unknown_key'
  | 'bad_signature';

/** One way to log in and where it begins (SB-1). */
export interface LoginMethod {
  readonly method: 'phone_code' | 'wechat' | 'qq';
  readonly url: string;
}

/** The ways to log in at an issuer, as a 401 names them (SB-1). */
export function loginMethodsOf(issuer: string): readonly LoginMethod[] {
  const base = issuer.replace(/\/$/, '');
  return [
    { method: 'phone_code', url: `${base}/login/codes` },
    { method: 'wechat', url: `${base}/login/social` },
    { method: 'qq', url: `${base}/login/social` },
  ];
}

/** The caller did not prove who they are: HTTP 401 (SB-1). */
export class Unauthenticated extends Error {
  readonly code = 'unauthenticated';
  readonly reason: UnauthenticatedReason;
  readonly loginMethods: readonly LoginMethod[];

  constructor(reason: UnauthenticatedReason, message: string, loginMethods: readonly LoginMethod[]) {
    super(message);
    this.name = 'Unauthenticated';
    this.reason = reason;
    this.loginMethods = loginMethods;
  }

  /** The value of the `WWW-Authenticate` header (RFC 6750 section 3). */
  get challenge(): string {
    return this.reason === 'missing'
      ? 'Bearer'
      : `Bearer error="invalid_token", error_description="${this.message}"`;
  }
}

/** The caller is known and may not do this: HTTP 403 (ID-2). */
export class Forbidden extends Error {
  readonly code: string;
  /** The roles of which one is needed; empty when another rule than the role refused. */
  readonly neededRoles: readonly Role[];

  constructor(code: string, message: string, neededRoles: readonly Role[] = []) {
    super(message);
    this.name = 'Forbidden';
    this.code = code;
    this.neededRoles = neededRoles;
  }
}

/** The issuer's discovery document or keys cannot be read, so no token can be judged: HTTP 503. */
export class IssuerUnavailable extends Error {
  readonly code = 'issuer_unavailable';

  constructor(issuer: string, cause: unknown) {
    super(`The keys of the issuer ${issuer} cannot be read. Try again in a few seconds.`, { cause });
    this.name = 'IssuerUnavailable';
  }
}
