import { createHash, createHmac } from 'node:crypto';
import { refused } from './refusal.ts';

/** AWS Signature Version 4 in the Authorization header, over the whole payload. */

export interface Account {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  /** Path and query as they were sent. */
  path: string;
  query: string;
  headers: Headers;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** A request may have been signed this long ago or ahead. */
const SKEW_MS = 15 * 60_000;

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Who may ask has signed everything but the payload, whose hash is signed. Throws a Refusal. */
export function checkSignature(request: SignedRequest, account: Account, region: string, now: number): void {
  const { headers } = request;
  const authorization = headers.get('authorization');
  if (authorization === null) throw refused('AccessDenied');
  const [, accessKeyId, day, inRegion, names, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (!accessKeyId || !day || !names) throw refused('AuthorizationHeaderMalformed');
  if (accessKeyId !== account.accessKeyId) throw refused('InvalidAccessKeyId');
  if (headers.has('x-amz-security-token')) throw refused('InvalidToken');
  if (inRegion !== region)
    throw refused('AuthorizationHeaderMalformed', `the region '${inRegion}' is wrong; expecting '${region}'`);
  const date = headers.get('x-amz-date') ?? '';
  const signedMs = Date.parse(date.replace(DATE, '$1-$2-$3T$4:$5:$6Z'));
  if (!DATE.test(date) || !date.startsWith(day)) throw refused('AccessDenied', 'x-amz-date');
  if (Math.abs(now - signedMs) > SKEW_MS) throw refused('RequestTimeTooSkewed');
  const signed = names.split(';');
  for (const name of ['host', ...headers.keys()].filter(mustBeSigned))
    if (!signed.includes(name)) throw refused('AccessDenied', `${name} is not signed`);
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = [ALGORITHM, date, scope, sha256(canonical(request, signed))].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${account.secretAccessKey}`,
  );
  if (hmac(key, text).toString('hex') !== signature) throw refused('SignatureDoesNotMatch');
}

/** The payload is the one whose hash was signed. Throws a Refusal. */
export function checkPayload(headers: Headers, payload: Uint8Array): void {
  const claimed = headers.get('x-amz-content-sha256') ?? '';
  // Payloads in signed chunks, or with a trailer, are S3's too; the system sends none.
  if (claimed.startsWith('STREAMING-')) throw refused('NotImplemented');
  if (!/^[0-9a-f]{64}$/.test(claimed)) throw refused('InvalidArgument', 'x-amz-content-sha256');
  if (sha256(payload) !== claimed) throw refused('XAmzContentSHA256Mismatch');
}

const mustBeSigned = (name: string): boolean =>
  name === 'host' || name === 'content-type' || name.startsWith('x-amz-');

function canonical({ method, path, query, headers }: SignedRequest, signed: readonly string[]): string {
  const uri = path.split('/').map(reencoded).join('/');
  const parameters = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return `${reencoded(name)}=${reencoded(value)}`;
    })
    .sort();
  const lines = signed.map((name) => `${name}:${(headers.get(name) ?? '').trim().replaceAll(/ +/g, ' ')}\n`);
  const payload = headers.get('x-amz-content-sha256') ?? '';
  return [method, uri, parameters.join('&'), lines.join(''), signed.join(';'), payload].join('\n');
}

/** As Signature Version 4 writes it: everything but unreserved characters in upper-case hexadecimal. */
function reencoded(text: string): string {
  return encodeURIComponent(decodeURIComponent(text)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
