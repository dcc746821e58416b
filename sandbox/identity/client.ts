import { z } from 'zod';
import { PHONE_CODE_GRANT } from './grant-types.ts';

const inbox = z.object({ messages: z.array(z.object({ code: z.string() })).min(1) });
const tokens = z.object({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() });

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
}

/** Logs in at the local issuer as a person would from a terminal: ask for a code, read the SMS, exchange it. */
export async function logIn(issuerUrl: string, phone: string): Promise<Tokens> {
  await call(`${issuerUrl}/login/codes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone }),
  });
  const { messages } = inbox.parse(await call(`${issuerUrl}/sms?phone=${encodeURIComponent(phone)}`));
  const answer = tokens.parse(
    await call(`${issuerUrl}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: PHONE_CODE_GRANT,
        client_id: 'dingdan-app',
        phone,
        code: messages[0]?.code ?? '',
      }),
    }),
  );
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresInSeconds: answer.expires_in,
  };
}

async function call(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
