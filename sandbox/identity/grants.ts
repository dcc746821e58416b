import {
  errors,
  type default as Provider,
  type ResourceServer,
  type TokenEndpointGrantContext,
} from 'oidc-provider';
import { PHONE_CODE_GRANT, SOCIAL_GRANT } from './grant-types.ts';
import { type Login, type LoginResult, phoneNumber } from './login.ts';
import { API_RESOURCE, API_SCOPE } from './resource.ts';

/** Adds the grants that log in without a browser. */
export function registerLoginGrants(provider: Provider, login: Login, api: ResourceServer): void {
  const tokensOf = tokenAnswer(provider, new provider.ResourceServer(API_RESOURCE, api));
  provider.registerGrantType<{ phone?: string; code?: string }>(
    PHONE_CODE_GRANT,
    async (ctx) => {
      const phone = phoneNumber.safeParse(ctx.oidc.params.phone);
      const code = ctx.oidc.params.code;
      if (!phone.success || !code) {
        throw new errors.InvalidRequest('phone (such as 13800000001) and code are needed');
      }
      const result = await login.byPhone({ phone: phone.data, code });
      ctx.body = await tokensOf(ctx.oidc.client, PHONE_CODE_GRANT, result);
    },
    ['phone', 'code'],
  );
  provider.registerGrantType<{ ticket?: string }>(
    SOCIAL_GRANT,
    async (ctx) => {
      const ticket = ctx.oidc.params.ticket;
      if (!ticket) throw new errors.InvalidRequest('ticket is needed; POST /login/social gives it');
      ctx.body = await tokensOf(ctx.oidc.client, SOCIAL_GRANT, login.redeemTicket(ticket));
    },
    ['ticket'],
  );
}

type Client = TokenEndpointGrantContext['oidc']['client'];

function tokenAnswer(provider: Provider, resourceServer: InstanceType<Provider['ResourceServer']>) {
  return async (client: Client, gty: string, result: LoginResult) => {
    if (!result.ok) throw new errors.CustomOIDCProviderError('invalid_grant', result.message);
    const accountId = result.account.sub;
    const grant = new provider.Grant({ clientId: client.clientId, accountId });
    grant.addResourceScope(API_RESOURCE, API_SCOPE);
    const grantId = await grant.save();
    const shared = { client, accountId, grantId, gty, scope: API_SCOPE };
    const accessToken = new provider.AccessToken({ ...shared, resourceServer });
    const refreshToken = new provider.RefreshToken({ ...shared, resource: API_RESOURCE, rotations: 0 });
    return {
      access_token: await accessToken.save(),
      token_type: accessToken.tokenType,
      expires_in: accessToken.expiration,
      refresh_token: await refreshToken.save(),
      scope: API_SCOPE,
    };
  };
}
