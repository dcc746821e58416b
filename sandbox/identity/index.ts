import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Accounts } from './accounts.ts';
import { PhoneCodes } from './codes.ts';
import { interactionRoutes } from './interaction.ts';
import { Login } from './login.ts';
import { type IdentityOptions, identityOptions } from './options.ts';
import { createProvider } from './provider.ts';
import { loginRoutes } from './routes.ts';
import { IdentityStore } from './store.ts';

export type { IdentityOptions } from './options.ts';

export interface Identity {
  /** `iss` of the tokens and base of every path. */
  readonly issuerUrl: string;
  /** Ends all connections and resolves when the accounts are in the file. */
  close(): Promise<void>;
}

/**
 * Starts the local stack's OpenID Connect issuer on loopback (ID-1). Tokens live in memory, accounts and keys
 * in `identity.json` of the data folder. Rejects when the port is taken or the file is damaged.
 */
export async function startIdentity(given: Partial<IdentityOptions> = {}): Promise<Identity> {
  const options = identityOptions(given);
  const store = await IdentityStore.open(options.dataDir);
  const accounts = await Accounts.open(store);
  const codes = new PhoneCodes(options.now, options.codesPerMinute);
  const login = new Login(accounts, codes, options.now);

  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  // The issuer's name holds the port, which is known only now when a free one was asked for.
  const issuerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider(issuerUrl, { store, accounts, login, options });
  const own = loginRoutes(login, codes).route('/', interactionRoutes(provider, login, codes));
  server.on('request', dispatch(getRequestListener(own.fetch), provider.callback()));

  return {
    issuerUrl,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await store.save();
    },
  };
}

/** Login pages and the SMS inbox are ours; every other path belongs to the protocol. */
function dispatch(own: RequestListener, protocol: RequestListener): RequestListener {
  return (request, response) => {
    const handler = /^\/(login|sms|interaction)\b/.test(request.url ?? '') ? own : protocol;
    return handler(request, response);
  };
}
