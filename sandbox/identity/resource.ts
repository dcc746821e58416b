import type { ResourceServer } from 'oidc-provider';
import type { IdentityOptions } from './options.ts';

/** RFC 8707 wants the indicator of the API to be a URI; the `aud` of its tokens is the configured audience. */
export const API_RESOURCE = 'urn:dingdan:api';
export const API_SCOPE = 'api';

/** How access tokens for the API look: signed JWT as in RFC 9068. */
export function apiResource(options: Pick<IdentityOptions, 'audience' | 'tokenTtlSeconds'>): ResourceServer {
  return {
    scope: API_SCOPE,
    audience: options.audience,
    accessTokenTTL: options.tokenTtlSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  };
}
