import { describe, expect, it } from 'vitest';
import { checkPayload, checkSignature, type SignedRequest } from './signature.ts';

/** The worked examples that AWS publishes for Signature Version 4 in S3. */

const ACCOUNT = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const REGION = 'us-east-1';
const NOW = Date.parse('2013-05-24T00:00:00Z');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function example(
  method: string,
  target: string,
  signature: string,
  { payload = EMPTY, ...more }: Record<string, string> = {},
): SignedRequest {
  const [path = '', query = ''] = target.split('?');
  const headers = new Headers({
    ...{ host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z' },
    ...{ 'x-amz-content-sha256': payload, ...more },
  });
  const signed = [...headers.keys()].sort().join(';');
  headers.set(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${ACCOUNT.accessKeyId}/20130524/${REGION}/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`,
  );
  return { method, path, query, headers };
}

const GET_OBJECT = () =>
  example('GET', '/test.txt', 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41', {
    range: 'bytes=0-9',
  });

const check = (request: SignedRequest, now = NOW) => checkSignature(request, ACCOUNT, REGION, now);
const codeOf = (act: () => void): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('Signature Version 4', () => {
  it.each([
    ['GET object', GET_OBJECT()],
    [
      'PUT object',
      example(
        'PUT',
        '/test%24file.text',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
        {
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          payload: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        },
      ),
    ],
    [
      'GET bucket lifecycle',
      example('GET', '/?lifecycle', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
    ],
    [
      'list objects',
      example(
        'GET',
        '/?max-keys=2&prefix=J',
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    ],
  ])('accepts the published example: %s', (_name, request) => {
    expect(codeOf(() => check(request))).toBe('accepted');
  });

  const tampered = (change: (request: SignedRequest) => Partial<SignedRequest>): SignedRequest => {
    const request = GET_OBJECT();
    return { ...request, ...change(request) };
  };
  const withHeader = (name: string, value: string | null) =>
    tampered(({ headers }) => {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
      return { headers };
    });
  const authorization = (pattern: RegExp, replacement: string) =>
    withHeader(
      'authorization',
      GET_OBJECT().headers.get('authorization')?.replace(pattern, replacement) ?? '',
    );

  it.each([
    ['another method', tampered(() => ({ method: 'DELETE' })), 'SignatureDoesNotMatch'],
    ['another path', tampered(() => ({ path: '/test.text' })), 'SignatureDoesNotMatch'],
    ['another query', tampered(() => ({ query: 'acl' })), 'SignatureDoesNotMatch'],
    ['another host', withHeader('host', 'other.s3.amazonaws.com'), 'SignatureDoesNotMatch'],
    ['another signed header', withHeader('range', 'bytes=0-99'), 'SignatureDoesNotMatch'],
    ['another payload', withHeader('x-amz-content-sha256', '0'.repeat(64)), 'SignatureDoesNotMatch'],
    ['an x-amz header that is not signed', withHeader('x-amz-acl', 'public-read'), 'AccessDenied'],
    ['a content type that is not signed', withHeader('content-type', 'text/html'), 'AccessDenied'],
    ['no signature', withHeader('authorization', null), 'AccessDenied'],
    ['another form', authorization(/AWS4/, 'AWS3'), 'AuthorizationHeaderMalformed'],
    ['another service', authorization(/\/s3\//, '/ec2/'), 'AuthorizationHeaderMalformed'],
    ['another region', authorization(/us-east-1/, 'us-west-1'), 'AuthorizationHeaderMalformed'],
    ['another key', authorization(/AKIA/, 'ASIA'), 'InvalidAccessKeyId'],
    ['another day', authorization(/20130524/, '20130523'), 'AccessDenied'],
    ['a token', withHeader('x-amz-security-token', 'x'), 'InvalidToken'],
  ])('refuses %s', (_name, request, code) => {
    expect(codeOf(() => check(request))).toBe(code);
  });

  it('refuses what was signed more than a quarter of an hour ago or ahead', () => {
    const MINUTE_MS = 60_000;
    const at = (minutes: number) => codeOf(() => check(GET_OBJECT(), NOW + minutes * MINUTE_MS));
    expect([at(-16), at(-15), at(15), at(16)]).toEqual([
      'RequestTimeTooSkewed',
      'accepted',
      'accepted',
      'RequestTimeTooSkewed',
    ]);
  });

  it.each([
    [EMPTY, '', 'accepted'],
    [EMPTY, 'x', 'XAmzContentSHA256Mismatch'],
    ['UNSIGNED-PAYLOAD', '', 'InvalidArgument'],
    ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', '', 'NotImplemented'],
    ['', '', 'InvalidArgument'],
  ])('a payload claimed as %j that is %j: %s', (claimed, payload, code) => {
    const headers = new Headers(claimed === '' ? {} : { 'x-amz-content-sha256': claimed });
    expect(codeOf(() => checkPayload(headers, Buffer.from(payload)))).toBe(code);
  });
});
