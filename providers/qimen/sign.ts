import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Qimen's signature: upper-case MD5 over the secret, the query's parameters without `sign` as `name` + `value` sorted by
 * name, the raw body, and the secret again.
 */
export function signatureOf(query: URLSearchParams, body: string, secret: string): string {
  const parameters = [...query]
    .filter(([name]) => name !== 'sign')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('');
  return createHash('md5')
    .update(`${secret}${parameters}${body}${secret}`, 'utf8')
    .digest('hex')
    .toUpperCase();
}

/** Whether one of the secrets signed this. A parameter that comes twice could be read in two ways and proves nothing. */
export function isSigned(query: URLSearchParams, body: string, secrets: readonly string[]): boolean {
  const names = [...query.keys()];
  if (new Set(names).size !== names.length || query.get('sign_method') !== 'md5') return false;
  const told = Buffer.from(query.get('sign') ?? '');
  return secrets.some((secret) => {
    const expected = Buffer.from(signatureOf(query, body, secret));
    return told.length === expected.length && timingSafeEqual(told, expected);
  });
}
