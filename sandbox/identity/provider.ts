import { type ClientMetadata, interactionPolicy, Provider } from 'oidc-provider';
import type { Accounts } from './accounts.ts';
import { createMemoryAdapter } from './adapter.ts';
import { PHONE_CODE_GRANT, SOCIAL_GRANT } from './grant-types.ts';
import { registerLoginGrants } from './grants.ts';
import type { Login } from './login.ts';
import { isLoopbackOrigin } from './loopback.ts';
import type { IdentityOptions } from './options.ts';
import { messagePage } from './page.ts';
import { API_RESOURCE, API_SCOPE, apiResource } from './resource.ts';
import type { IdentityStore } from './store.ts';

const DAY_SECONDS = 24 * 60 * 60;

interface Parts {
  readonly store: IdentityStore;
  readonly accounts: Accounts;
  readonly login: Login;
  readonly options: IdentityOptions;
}

/** The OpenID Connect issuer (ID-1): JWT access tokens for the API, code + PKCE for browsers, login grants for terminals. */
export function createProvider(issuerUrl: string, { store, accounts, login, options }: Parts): Provider {
  const policy = interactionPolicy.base();
  // The clients are first-party: whoever logs in is not asked again whether the client may act for them.
  policy.get('consent')?.checks.remove('native_client_prompt');
  const provider: Provider = new Provider(issuerUrl, {
    adapter: createMemoryAdapter(),
    jwks: store.contents.jwks,
    cookies: { keys: store.contents.cookieKeys },
    clients: clients(options.serviceSecret),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientBasedCORS: (_ctx, origin) => isLoopbackOrigin(origin),
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access'],
    findAccount: (_ctx, sub) => {
      const account = accounts.bySub(sub);
      return account && { accountId: sub, claims: () => ({ sub }) };
    },
    extraTokenClaims: (_ctx, token) => {
      if (token.kind === 'ClientCredentials') return { roles: ['service'] };
      const account = accounts.bySub(token.accountId);
      if (!account) return { roles: [] };
      return { roles: account.roles, ...(account.merchantId && { merchant_id: account.merchantId }) };
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API_RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => apiResource(options),
      },
    },
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const clientId = oidc.client?.clientId ?? '';
      const accountId = oidc.session?.accountId ?? '';
      const grantId = oidc.session?.grantIdFor(clientId);
      const existing = grantId ? await provider.Grant.find(grantId) : undefined;
      return existing?.accountId === accountId ? existing : grantAll(provider, clientId, accountId);
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html';
      ctx.body = String(await messagePage(out.error_description ?? out.error));
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    ttl: {
      AccessToken: options.tokenTtlSeconds,
      AuthorizationCode: 60,
      ClientCredentials: options.tokenTtlSeconds,
      Grant: 14 * DAY_SECONDS,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 7 * DAY_SECONDS,
      Session: DAY_SECONDS,
    },
  });
  registerLoginGrants(provider, login, apiResource(options));
  provider.on('server_error', (_ctx, error) => console.error('sandbox identity:', error));
  return provider;
}

async function grantAll(provider: Provider, clientId: string, accountId: string) {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(API_RESOURCE, API_SCOPE);
  await grant.save();
  return grant;
}

function clients(serviceSecret: string | undefined): ClientMetadata[] {
  const app: ClientMetadata = {
    client_id: 'dingdan-app',
    client_name: 'Dingdan App',
    token_endpoint_auth_method: 'none',
    grant_types: [PHONE_CODE_GRANT, SOCIAL_GRANT, 'refresh_token'],
    response_types: [],
    redirect_uris: [],
  };
  const web: ClientMetadata = {
    client_id: 'dingdan-web',
    client_name: 'Dingdan',
    // A native client may come back to any port of a loopback address (RFC 8252 section 7.3).
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback', 'http://[::1]/callback'],
    post_logout_redirect_uris: ['http://127.0.0.1/', 'http://localhost/', 'http://[::1]/'],
  };
  if (!serviceSecret) return [app, web];
  const service: ClientMetadata = {
    client_id: 'dingdan-service',
    client_secret: serviceSecret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  };
  return [app, web, service];
}
