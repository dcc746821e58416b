import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A piece of content, in a file of its own. */
export interface Piece {
  file: string;
  bytes: number;
  /** MD5 in hexadecimal: the entity tag. */
  etag: string;
}

export interface StoredObject {
  key: string;
  pieces: Piece[];
  bytes: number;
  mediaType: string;
  etag: string;
  createdMs: number;
}

/** An upload in parts that was neither completed nor aborted. */
export interface OpenUpload {
  uploadId: string;
  key: string;
  mediaType: string;
  parts: Map<number, Piece>;
  createdMs: number;
}

/** What can happen in the bucket. The books are the sum of these entries, replayed at start. */
export type BookEntry =
  | { e: 'stored'; object: StoredObject; uploadId: string | null }
  | { e: 'removed'; key: string }
  | { e: 'upload'; uploadId: string; key: string; mediaType: string; atMs: number }
  | { e: 'part'; uploadId: string; number: number; piece: Piece }
  | { e: 'aborted'; uploadId: string };

/** The one bucket: objects by key and open uploads. What is replaced, removed or aborted leaves no content. */
export class Books {
  readonly #folder: string;
  readonly #append: (entry: BookEntry) => Promise<void>;
  readonly #objects = new Map<string, StoredObject>();
  readonly #uploads = new Map<string, OpenUpload>();

  constructor(folder: string, append: (entry: BookEntry) => Promise<void>) {
    this.#folder = folder;
    this.#append = append;
  }

  find(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  objects(): StoredObject[] {
    return [...this.#objects.values()];
  }

  findUpload(uploadId: string): OpenUpload | undefined {
    return this.#uploads.get(uploadId);
  }

  uploads(): OpenUpload[] {
    return [...this.#uploads.values()];
  }

  async put(key: string, mediaType: string, content: Uint8Array): Promise<StoredObject> {
    const piece = await this.#write(content);
    return this.#store({ key, mediaType, pieces: [piece], etag: piece.etag }, null);
  }

  async begin(key: string, mediaType: string): Promise<string> {
    const uploadId = randomUUID();
    await this.#book({ e: 'upload', uploadId, key, mediaType, atMs: Date.now() });
    return uploadId;
  }

  async addPart({ uploadId, parts }: OpenUpload, number: number, content: Uint8Array): Promise<Piece> {
    const replaced = parts.get(number);
    const piece = await this.#write(content);
    await this.#book({ e: 'part', uploadId, number, piece });
    if (replaced) await this.#erase([replaced]);
    return piece;
  }

  /** The object of these parts, in their order; parts that are not named are erased. */
  async complete(upload: OpenUpload, pieces: Piece[]): Promise<StoredObject> {
    const { uploadId, key, mediaType, parts } = upload;
    const digests = Buffer.concat(pieces.map(({ etag }) => Buffer.from(etag, 'hex')));
    const etag = `${md5(digests)}-${pieces.length}`;
    const object = await this.#store({ key, mediaType, pieces, etag }, uploadId);
    await this.#erase([...parts.values()].filter((piece) => !pieces.includes(piece)));
    return object;
  }

  async abort({ uploadId, parts }: OpenUpload): Promise<void> {
    await this.#book({ e: 'aborted', uploadId });
    await this.#erase(parts.values());
  }

  async remove({ key, pieces }: StoredObject): Promise<void> {
    await this.#book({ e: 'removed', key });
    await this.#erase(pieces);
  }

  async *read({ pieces }: StoredObject): AsyncGenerator<Buffer> {
    for (const { file } of pieces) yield* createReadStream(join(this.#folder, file));
  }

  /** Applies one entry, of the past or the present. */
  apply(entry: BookEntry): void {
    switch (entry.e) {
      case 'stored':
        this.#objects.set(entry.object.key, entry.object);
        if (entry.uploadId !== null) this.#uploads.delete(entry.uploadId);
        return;
      case 'removed':
        this.#objects.delete(entry.key);
        return;
      case 'upload': {
        const { uploadId, key, mediaType, atMs } = entry;
        this.#uploads.set(uploadId, { uploadId, key, mediaType, parts: new Map(), createdMs: atMs });
        return;
      }
      case 'part':
        this.#uploads.get(entry.uploadId)?.parts.set(entry.number, entry.piece);
        return;
      case 'aborted':
        this.#uploads.delete(entry.uploadId);
    }
  }

  async #store(
    content: Pick<StoredObject, 'key' | 'mediaType' | 'pieces' | 'etag'>,
    uploadId: string | null,
  ): Promise<StoredObject> {
    const bytes = content.pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const object = { ...content, bytes, createdMs: Date.now() };
    const replaced = this.#objects.get(content.key);
    await this.#book({ e: 'stored', object, uploadId });
    if (replaced) await this.#erase(replaced.pieces);
    return object;
  }

  #book(entry: BookEntry): Promise<void> {
    this.apply(entry);
    return this.#append(entry);
  }

  async #write(content: Uint8Array): Promise<Piece> {
    const file = randomUUID();
    await writeFile(join(this.#folder, file), content, { mode: 0o600 });
    return { file, bytes: content.length, etag: md5(content) };
  }

  async #erase(pieces: Iterable<Piece>): Promise<void> {
    for (const { file } of pieces) await rm(join(this.#folder, file), { force: true });
  }
}

const md5 = (content: Uint8Array): string => createHash('md5').update(content).digest('hex');
