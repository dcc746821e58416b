import type { Books, OpenUpload, StoredObject } from './books.ts';
import type { Operation } from './faults.ts';
import { refused } from './refusal.ts';
import { readParts, xml } from './xml.ts';

/** A checked request. */
export interface Request {
  books: Books;
  key: string;
  query: URLSearchParams;
  headers: Headers;
  payload: Uint8Array;
}

export interface Reply {
  status?: 200 | 204;
  headers?: Record<string, string>;
  content?: string | AsyncIterable<Uint8Array>;
}

export interface Call {
  operation: Operation;
  perform(request: Request): Promise<Reply>;
}

/** All parts but the last are at least this large. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

const XML = { 'Content-Type': 'application/xml' };
const quoted = (etag: string) => `"${etag}"`;

/** By method, what it is about, and the names of the query. */
export const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['HEAD bucket', { operation: 'head', perform: async () => ({}) }],
  ['PUT object', { operation: 'put', perform: put }],
  ['GET object', { operation: 'get', perform: get }],
  ['HEAD object', { operation: 'head', perform: head }],
  ['DELETE object', { operation: 'remove', perform: remove }],
  ['POST object uploads', { operation: 'begin', perform: begin }],
  ['PUT object partNumber uploadId', { operation: 'part', perform: addPart }],
  ['POST object uploadId', { operation: 'complete', perform: complete }],
  ['DELETE object uploadId', { operation: 'abort', perform: abort }],
]);

async function put({ books, key, headers, payload }: Request): Promise<Reply> {
  if (!headers.has('content-length')) throw refused('MissingContentLength');
  const { etag } = await books.put(key, mediaTypeOf(headers), payload);
  return { headers: { ETag: quoted(etag) } };
}

async function get({ books, key, headers }: Request): Promise<Reply> {
  if (headers.has('range')) throw refused('NotImplemented', 'Range');
  const object = found(books, key);
  return { headers: headersOf(object), content: books.read(object) };
}

async function head({ books, key }: Request): Promise<Reply> {
  return { headers: headersOf(found(books, key)) };
}

async function remove({ books, key }: Request): Promise<Reply> {
  const object = books.find(key);
  if (object) await books.remove(object);
  return { status: 204 };
}

async function begin({ books, key, headers }: Request): Promise<Reply> {
  const uploadId = await books.begin(key, mediaTypeOf(headers));
  return { headers: XML, content: xml('InitiateMultipartUploadResult', { Key: key, UploadId: uploadId }) };
}

async function addPart(request: Request): Promise<Reply> {
  const { books, query, headers, payload } = request;
  if (!headers.has('content-length')) throw refused('MissingContentLength');
  const upload = uploadOf(request);
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS)
    throw refused('InvalidArgument', 'partNumber');
  const { etag } = await books.addPart(upload, number, payload);
  return { headers: { ETag: quoted(etag) } };
}

async function complete(request: Request): Promise<Reply> {
  const { books, key, payload } = request;
  const upload = uploadOf(request);
  const named = readParts(Buffer.from(payload).toString('utf8'));
  if (named.some(({ PartNumber }, index) => PartNumber <= (named[index - 1]?.PartNumber ?? 0)))
    throw refused('InvalidPartOrder');
  const pieces = named.map(({ ETag, PartNumber }) => {
    const piece = upload.parts.get(PartNumber);
    if (piece?.etag !== ETag) throw refused('InvalidPart');
    return piece;
  });
  if (pieces.slice(0, -1).some(({ bytes }) => bytes < MIN_PART_BYTES)) throw refused('EntityTooSmall');
  const { etag } = await books.complete(upload, pieces);
  return { headers: XML, content: xml('CompleteMultipartUploadResult', { Key: key, ETag: quoted(etag) }) };
}

async function abort(request: Request): Promise<Reply> {
  await request.books.abort(uploadOf(request));
  return { status: 204 };
}

function uploadOf({ books, key, query }: Request): OpenUpload {
  const upload = books.findUpload(query.get('uploadId') ?? '');
  if (upload?.key !== key) throw refused('NoSuchUpload');
  return upload;
}

function found(books: Books, key: string): StoredObject {
  const object = books.find(key);
  if (!object) throw refused('NoSuchKey');
  return object;
}

const mediaTypeOf = (headers: Headers): string => headers.get('content-type') ?? 'binary/octet-stream';

const headersOf = ({ bytes, mediaType, etag, createdMs }: StoredObject) => ({
  'Content-Type': mediaType,
  'Content-Length': String(bytes),
  ETag: quoted(etag),
  'Last-Modified': new Date(createdMs).toUTCString(),
});
