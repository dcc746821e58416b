import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readFileField } from './multipart.ts';

const BOUNDARY = 'x-boundary';

/** A body that arrives in chunks cut wherever the test says. */
function requestOf(body: Buffer, cuts: readonly number[] = [], contentType?: string): Request {
  const places = [...new Set(cuts.map((cut) => cut % (body.length + 1)))].sort((a, b) => a - b);
  const chunks = [0, ...places].map((from, index) => body.subarray(from, places[index] ?? body.length));
  return new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': contentType ?? `multipart/form-data; boundary=${BOUNDARY}` },
    body: ReadableStream.from(chunks),
    duplex: 'half',
  });
}

const part = (disposition: string, content: Uint8Array) =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
const bodyOf = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);

async function read(request: Request, maxBytes = 1_000_000): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readFileField(request, 'file', maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const anyFile = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  // Made of what delimiters are made of.
  fc
    .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n', '\r\n--', `\r\n--${BOUNDARY.slice(0, -1)}`, 'x'))
    .map((pieces) => Buffer.from(pieces.join(''))),
);

it('RT-1 the file is read as it was sent, wherever the body is cut and whatever is beside it', async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.array(fc.nat()), fc.boolean(), async (file, cuts, isFirst) => {
      const parts = [
        part('name="file"; filename="a.jpg"', file),
        part('name="note"; filename="name=file"', Buffer.from('words')),
      ];
      const body = bodyOf(...(isFirst ? parts : parts.reverse()));
      expect(await read(requestOf(body, cuts))).toEqual(Buffer.from(file));
    }),
  );
});

it('RT-1 what platforms send is read', async () => {
  const form = new FormData();
  form.append('file', new File(['content'], '照片".jpg', { type: 'image/jpeg' }));
  const request = new Request('http://localhost/', { method: 'POST', body: form });
  expect(String(await read(request))).toBe('content');
  const quoted = requestOf(
    bodyOf(part('name=file', Buffer.from('content'))),
    [],
    'Multipart/Form-Data; boundary="x-boundary"',
  );
  expect(String(await read(quoted))).toBe('content');
  const withPreamble = Buffer.concat([
    Buffer.from('preamble\r\n'),
    bodyOf(part('name="file"', Buffer.from('content'))),
  ]);
  expect(String(await read(requestOf(withPreamble)))).toBe('content');
});

const file = part('name="file"', Buffer.from('content'));
it.each([
  ['another content type', requestOf(bodyOf(file), [], 'application/json')],
  ['no boundary', requestOf(bodyOf(file), [], 'multipart/form-data')],
  ['nothing', requestOf(Buffer.alloc(0))],
  ['no such field', requestOf(bodyOf(part('name="photo"', Buffer.from('content'))))],
  ['two of the field', requestOf(bodyOf(file, file))],
  ['half a body', requestOf(bodyOf(file).subarray(0, -8))],
  [
    'a head without end',
    requestOf(Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n`), Buffer.alloc(100_000, 'x')])),
  ],
])('RT-1 a body with %s is refused', async (_name, request) => {
  await expect(read(request)).rejects.toMatchObject({ code: 'invalid_request' });
});

it('RT-1 a body without end is read no further than to its limit', async () => {
  let given = 0;
  async function* endless() {
    yield Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n\r\n`);
    for (;;) {
      given += 1000;
      yield Buffer.alloc(1000);
    }
  }
  const request = new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: ReadableStream.from(endless()),
    duplex: 'half',
  });
  await expect(read(request, 100_000)).rejects.toMatchObject({ code: 'evidence_too_large' });
  expect(given).toBeLessThan(103_000);
});
