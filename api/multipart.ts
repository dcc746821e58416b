import { Problem } from './errors.ts';

const MAX_HEAD_BYTES = 16 * 1024;
const TWO_BYTES = 2;

/**
 * The content of the one file field of a multipart/form-data body (RFC 7578), bit by bit while it arrives; nothing is
 * gathered. Other fields are passed over. Problem `invalid_request` if the body is something else, ends early or has the
 * field never or twice; Problem `evidence_too_large` if the body is of more than `maxBytes`.
 */
export async function* readFileField(
  request: Request,
  field: string,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const boundary = boundaryOf(request.headers.get('content-type') ?? '');
  if (!boundary || !request.body)
    throw malformed(`Send the file as field \`${field}\` of multipart/form-data.`);
  const source = new Source(request.body, maxBytes);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  let isFound = false;
  await source.pass(delimiter);
  while ((await source.peek(TWO_BYTES)) !== '--') {
    const isWanted = fieldOf(await headOf(source)) === field;
    if (isWanted && isFound) throw malformed('Send one file with each request.');
    isFound ||= isWanted;
    if (isWanted) yield* source.until(delimiter);
    else await source.pass(delimiter);
  }
  if (!isFound) throw malformed(`There is no field \`${field}\`.`);
}

const malformed = (detail: string) => new Problem('invalid_request', detail);

function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

async function headOf(source: Source): Promise<string> {
  let head = '';
  for await (const part of source.until(Buffer.from('\r\n\r\n'))) {
    head += part.toString('latin1');
    if (head.length > MAX_HEAD_BYTES) throw malformed('The head of a field is too long.');
  }
  return head;
}

function fieldOf(head: string): string | undefined {
  const disposition = /^content-disposition:\s*form-data\s*(;.*)$/im.exec(head)?.[1] ?? '';
  const [, quoted, plain] = /;\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  return quoted ?? plain;
}

/** A body read up to one delimiter after the other; holds no more than a chunk of it. */
class Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #maxBytes: number;
  #bytes = 0;
  // The first delimiter may stand at the very beginning, without the line break of the others.
  #held: Buffer = Buffer.from('\r\n');

  constructor(body: ReadableStream<Uint8Array>, maxBytes: number) {
    this.#reader = body.getReader();
    this.#maxBytes = maxBytes;
  }

  /** What comes before the delimiter; the delimiter itself is passed over. */
  async *until(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(delimiter);
      // The last bytes may be the beginning of the delimiter.
      const length = at < 0 ? Math.max(0, this.#held.length - delimiter.length + 1) : at;
      const content = this.#held.subarray(0, length);
      this.#held = this.#held.subarray(at < 0 ? length : at + delimiter.length);
      if (length > 0) yield content;
      if (at >= 0) return;
      await this.#readMore();
    }
  }

  /** Passes over everything to the end of the delimiter. */
  async pass(delimiter: Buffer): Promise<void> {
    const passed = this.until(delimiter);
    while (!(await passed.next()).done);
  }

  /** The next bytes, which stay to be read. */
  async peek(bytes: number): Promise<string> {
    while (this.#held.length < bytes) await this.#readMore();
    return this.#held.toString('latin1', 0, bytes);
  }

  async #readMore(): Promise<void> {
    // A caller who goes away in the middle has sent half a body.
    const { done, value } = await this.#reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || !value) throw malformed('The body ends in the middle.');
    this.#bytes += value.length;
    if (this.#bytes > this.#maxBytes) throw new Problem('evidence_too_large');
    this.#held = Buffer.concat([this.#held, value]);
  }
}
