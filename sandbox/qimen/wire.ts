import { createHash } from 'node:crypto';

/** Qimen's wire conventions: what is signed, and how times are written. */

/** One owner's connection. The secret can be replaced while it runs; a restart goes back to the settings. */
export interface Connection {
  appKey: string;
  customerId: string;
  secret: string;
}

export const XML_TYPE = 'text/xml;charset=utf-8';

/** Upper-case MD5 of secret + sorted names and values without `sign` + body + secret. */
export function signature(parameters: URLSearchParams, body: string, secret: string): string {
  const names = [...new Set(parameters.keys())].filter((name) => name !== 'sign').sort();
  const text = names.map((name) => `${name}${parameters.get(name)}`).join('');
  return createHash('md5')
    .update(secret + text + body + secret)
    .digest('hex')
    .toUpperCase();
}

/** The signed query of a call; a forged one carries a well-formed signature over another body. */
export function signedQuery(
  { appKey, customerId, secret }: Connection,
  call: {
    method: string;
    body: string;
    atMs: number;
    forged: boolean;
    parameters?: Record<string, string>;
  },
): string {
  const query = new URLSearchParams({
    method: call.method,
    timestamp: beijing(call.atMs),
    format: 'xml',
    app_key: appKey,
    v: '2.0',
    sign_method: 'md5',
    customerId,
    ...call.parameters,
  });
  query.set('sign', signature(query, call.forged ? `${call.body} ` : call.body, secret));
  return query.toString();
}

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** Milliseconds since 1970 as a Beijing wall clock, `2026-11-11 08:00:00`. */
export function beijing(atMs: number): string {
  return new Date(atMs + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The reverse of `beijing`; NaN for anything else. */
export function fromBeijing(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return Number.NaN;
  const atMs = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return !Number.isNaN(atMs) && beijing(atMs) === text ? atMs : Number.NaN;
}
