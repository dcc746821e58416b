import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Keys, S3Keys } from '../../config/keys.ts';
import { NeighbourError } from '../neighbour-error.ts';
import { type ObjectStorage, requireUuid } from './port.ts';

export interface S3Config {
  bucket: string;
  region: string;
  /** Of a compatible store, with its path if it has one; undefined: that of AWS in the region. */
  endpoint: string | undefined;
  /** The bucket stands in the path and not in the host's name. */
  pathStyle: boolean;
  /** What every object's key begins with. */
  prefix: string;
  keys: Keys<S3Keys>;
  /** How long one call, or silence in the middle of one, may last. */
  timeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 3_000;
const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_ATTEMPTS = 3;

/**
 * Keeps files as objects of an S3 bucket, of AWS or a compatible store. A file of unknown length goes up in parts of
 * 5 MiB, one at a time: no more than that is held. Throws NeighbourError where the store fails.
 */
export function createS3Storage(config: S3Config): ObjectStorage {
  const client = connect(config);
  const at = (name: string) => {
    requireUuid(name);
    return { Bucket: config.bucket, Key: `${config.prefix}${name}` };
  };
  const remove = (object: { Bucket: string; Key: string }) => client.send(new DeleteObjectCommand(object));
  return {
    async put(name, content, mediaType) {
      const object = at(name);
      const source = watched(content);
      // Read no further ahead than it is asked for: chunks may be large.
      const body = Readable.from(source.content, { highWaterMark: 1 });
      const params = { ...object, ContentType: mediaType, Body: body };
      try {
        await new Upload({ client, params, queueSize: 1 }).done();
      } catch (error) {
        if (source.broken) throw source.broken.error;
        // It may be there nevertheless, if only the store's answer was lost.
        await remove(object).catch(() => undefined);
        throw storeError(error);
      }
    },
    async get(name) {
      const object = at(name);
      try {
        const { Body } = await client.send(new GetObjectCommand(object));
        return Body as Readable;
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null;
        throw storeError(error);
      }
    },
    async remove(name) {
      const object = at(name);
      try {
        await remove(object);
      } catch (error) {
        throw storeError(error);
      }
    },
  };
}

function connect({ region, endpoint, pathStyle, keys, timeoutMs = DEFAULT_TIMEOUT_MS }: S3Config): S3Client {
  return new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    // Asked for again at every call, for they are over at once: the file may have changed.
    credentials: async () => ({ ...keys(), expiration: new Date() }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: timeoutMs,
    },
    // The signature covers the SHA-256 of every part; checksums beside it are what compatible stores stumble over.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** The same content, and the error with which reading it failed: the SDK may report its own one instead. */
function watched(content: AsyncIterable<Uint8Array>) {
  const source: { broken: { error: unknown } | null } = { broken: null };
  const iterator = content[Symbol.asyncIterator]();
  const next = () =>
    iterator.next().catch((error: unknown) => {
      source.broken = { error };
      throw error;
    });
  async function* passing() {
    try {
      for (let read = await next(); !read.done; read = await next()) yield read.value;
    } finally {
      await iterator.return?.();
    }
  }
  return Object.assign(source, { content: passing() });
}

/** Refusals of our keys: nothing was done, and mended keys serve the next call (ADR 10). */
const OF_KEYS = new Set(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken']);
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** The store's refusal or silence, without the SDK's error: that one has the key's id and what was signed. */
function storeError(error: unknown): NeighbourError {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return new NeighbourError({
    neighbour: 's3',
    code: status === undefined ? 'network' : name,
    message:
      status === undefined ? `the store does not answer: ${name}` : `the store answers ${status} ${name}`,
    retryable:
      status === undefined || status >= SERVER_ERROR || status === TOO_MANY_REQUESTS || OF_KEYS.has(name),
  });
}
