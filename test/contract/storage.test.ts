import { randomBytes, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NeighbourError } from '../../providers/neighbour-error.ts';
import type { ObjectStorage } from '../../providers/storage/port.ts';
import { type Bench, BUCKET, LocalBench, S3Bench } from './storage-fixture.ts';

/** RT-1, RT-3: what every store of evidence does, and what is S3's own. */

const MIB = 1024 * 1024;

async function* inChunks(content: Buffer, bytes = 300_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes);
}

async function read(storage: ObjectStorage, name: string): Promise<Buffer | null> {
  const content = await storage.get(name);
  if (!content) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each<[string, () => Bench]>([
  ['a folder', () => new LocalBench()],
  ['an S3 store', () => new S3Bench()],
])('%s', (_name, make) => {
  const bench = make();
  beforeAll(() => bench.open());
  afterAll(() => bench.close());

  it('RT-1 keeps what is put until it is removed', async () => {
    const [name, content] = [randomUUID(), Buffer.from('one two')];
    expect(await read(bench.storage, name)).toBeNull();
    await bench.storage.put(name, inChunks(content, 3), 'image/png');
    expect(await read(bench.storage, name)).toEqual(content);
    await bench.storage.remove(name);
    await bench.storage.remove(name);
    expect(await read(bench.storage, name)).toBeNull();
    expect(await bench.left()).toEqual([]);
  });

  it.each([0, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 13 * MIB])(
    'RT-1 gives back %i bytes as they were',
    async (bytes) => {
      const [name, content] = [randomUUID(), randomBytes(bytes)];
      await bench.storage.put(name, inChunks(content), 'video/mp4');
      expect((await read(bench.storage, name))?.equals(content)).toBe(true);
      await bench.storage.remove(name);
    },
  );

  it('RT-1 keeps many at once apart', async () => {
    const files = Array.from({ length: 8 }, () => ({ name: randomUUID(), content: randomBytes(6 * MIB) }));
    await Promise.all(
      files.map(({ name, content }) => bench.storage.put(name, inChunks(content), 'video/mp4')),
    );
    for (const { name, content } of files) {
      expect((await read(bench.storage, name))?.equals(content)).toBe(true);
      await bench.storage.remove(name);
    }
  });

  it.each([0, 1, 5 * MIB, 11 * MIB])(
    'RT-1 leaves nothing of what breaks off after %i bytes, and fails with the same error',
    async (bytes) => {
      const error = new Error('broken off');
      async function* broken() {
        yield* inChunks(Buffer.alloc(bytes));
        throw error;
      }
      await expect(bench.storage.put(randomUUID(), broken(), 'image/png')).rejects.toBe(error);
      expect(await bench.left()).toEqual([]);
    },
  );

  it('RT-1 reads bit by bit: who stops early leaves the others undisturbed', async () => {
    const [name, content] = [randomUUID(), randomBytes(6 * MIB)];
    await bench.storage.put(name, inChunks(content), 'video/mp4');
    for await (const chunk of (await bench.storage.get(name)) ?? []) {
      expect(content.subarray(0, chunk.length).equals(chunk)).toBe(true);
      break;
    }
    expect((await read(bench.storage, name))?.equals(content)).toBe(true);
    await bench.storage.remove(name);
  });

  it.each([
    '',
    '.',
    '../x',
    '/etc/passwd',
    `../${randomUUID()}`,
    `${randomUUID()}.part`,
    `${randomUUID()}\n`,
  ])('RT-1 refuses the name %j', async (name) => {
    await expect(bench.storage.get(name)).rejects.toThrow('UUID');
    await expect(bench.storage.remove(name)).rejects.toThrow('UUID');
    await expect(bench.storage.put(name, inChunks(Buffer.from('x')), 'image/png')).rejects.toThrow('UUID');
  });
});

describe('S3', () => {
  const bench = new S3Bench();
  beforeAll(() => bench.open());
  afterEach(() => bench.control('DELETE', '/faults'));
  afterAll(() => bench.close());

  const fault = (rule: object) => bench.control('POST', '/faults', rule);
  const put = (bytes: number, { storage = bench.storage, name = randomUUID() } = {}) =>
    storage.put(name, inChunks(Buffer.alloc(bytes)), 'image/webp').then(() => name);
  const failure = async (act: Promise<unknown>): Promise<NeighbourError> => {
    const error = await act.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NeighbourError);
    return error as NeighbourError;
  };

  it('RT-1 keeps a file under a prefix with its media type: a small one whole, a large one in parts', async () => {
    const names = [await put(1000), await put(12 * MIB)];
    const { objects } = await bench.control('GET', '/objects');
    expect(objects).toMatchObject([
      { key: `evidence/${names[0]}`, bytes: 1000, mediaType: 'image/webp', parts: 1 },
      { key: `evidence/${names[1]}`, bytes: 12 * MIB, mediaType: 'image/webp', parts: 3 },
    ]);
    await Promise.all(names.map((name) => bench.storage.remove(name)));
  });

  it('RT-1 holds no more than a part of what goes up', async () => {
    let ahead = 0;
    async function* content() {
      for (let given = 0; given < 30; given++) {
        const { uploads } = await bench.control('GET', '/uploads');
        ahead = Math.max(ahead, given - 5 * (uploads[0]?.parts.length ?? 0));
        yield Buffer.alloc(MIB);
      }
    }
    const name = randomUUID();
    await bench.storage.put(name, content(), 'video/mp4');
    expect(ahead).toBeGreaterThan(4);
    // The part on its way, and the beginning of the next one.
    expect(ahead).toBeLessThan(10);
    await bench.storage.remove(name);
  });

  it.each([
    ['put', 1000],
    ['begin', 6 * MIB],
    ['part', 6 * MIB],
    ['complete', 6 * MIB],
  ] as const)(
    'RT-1 tries %s again when the store is busy or breaks off, and gives up in the end with nothing left',
    async (operation, bytes) => {
      await fault({ refuse: { operations: [operation], code: 'SlowDown' }, times: 1 });
      await fault({ breakOff: [operation], times: 1 });
      await bench.storage.remove(await put(bytes));
      await fault({ refuse: { operations: [operation], code: 'InternalError' } });
      expect(await failure(put(bytes))).toMatchObject({ code: 'InternalError', retryable: true });
      await bench.control('DELETE', '/faults');
      await fault({ breakOff: [operation] });
      expect(await failure(put(bytes))).toMatchObject({ code: 'network', retryable: true });
      expect(await bench.left()).toEqual([]);
    },
  );

  it('RT-1 waits for an answer so long and no longer; what was kept nevertheless is removed', async () => {
    await fault({ slow: { operations: ['put', 'get'], ms: 5_000 } });
    const storage = bench.adapter({ timeoutMs: 200 });
    const began = performance.now();
    expect(await failure(put(1000, { storage }))).toMatchObject({ code: 'network', retryable: true });
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(await bench.left()).toEqual([]);
  });

  it('RT-3 what breaks off while it is read is an error, not a shorter file', async () => {
    const name = await put(2 * MIB);
    await fault({ breakOff: ['get'], times: 1 });
    await expect(read(bench.storage, name)).rejects.toThrow();
    expect(await read(bench.storage, name)).toHaveLength(2 * MIB);
    await bench.storage.remove(name);
  });

  it('RT-1 takes new keys without a restart; a refusal of the old ones is worth another try', async () => {
    const old = bench.keys;
    const next = { accessKeyId: 'AKIDNEXT', secretAccessKey: randomBytes(30).toString('base64') };
    await bench.control('POST', '/keys', next);
    expect(await failure(put(1000))).toMatchObject({ code: 'InvalidAccessKeyId', retryable: true });
    bench.keys = { ...next, secretAccessKey: 'wrong' };
    expect(await failure(put(1000))).toMatchObject({ code: 'SignatureDoesNotMatch', retryable: true });
    bench.keys = next;
    await bench.storage.remove(await put(1000));
    await bench.control('POST', '/keys', old);
    bench.keys = old;
  });

  it('RT-1 a failure tells its code and nothing of the keys', async () => {
    const storage = bench.adapter({ keys: () => ({ ...bench.keys, secretAccessKey: 'a-wrong-secret' }) });
    const error = await failure(put(1000, { storage }));
    const told = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)}`;
    expect(told).toContain('403 SignatureDoesNotMatch');
    for (const secret of [bench.keys.accessKeyId, 'a-wrong-secret', 'Credential='])
      expect(told).not.toContain(secret);
  });

  it('RT-1 a bucket that is not there, or is not ours, is no matter of trying again', async () => {
    const other = bench.adapter({ bucket: `${BUCKET}-2` });
    expect(await failure(put(1000, { storage: other }))).toMatchObject({
      ...{ code: 'NoSuchBucket', retryable: false },
    });
    expect(await failure(other.get(randomUUID()))).toMatchObject({ code: 'NoSuchBucket' });
    await fault({ refuse: { operations: ['get', 'remove'], code: 'AccessDenied' } });
    expect(await failure(bench.storage.get(randomUUID()))).toMatchObject({ code: 'AccessDenied' });
    expect(await failure(bench.storage.remove(randomUUID()))).toMatchObject({
      ...{ code: 'AccessDenied', retryable: false },
    });
  });

  it('RT-1 a store that is away is worth another try', async () => {
    const away = bench.adapter({ endpoint: 'http://127.0.0.1:1' });
    const calls = [
      () => put(1000, { storage: away }),
      () => away.get(randomUUID()),
      () => away.remove(randomUUID()),
    ];
    for (const call of calls)
      expect(await failure(call())).toMatchObject({ code: 'network', retryable: true });
  });

  it('I2 the store of the sandbox keeps its objects over a restart, and shows them', async () => {
    const [name, content] = [randomUUID(), randomBytes(6 * MIB)];
    await bench.storage.put(name, inChunks(content), 'video/mp4');
    await bench.restart();
    expect((await read(bench.storage, name))?.equals(content)).toBe(true);
    expect(await (await fetch(`${bench.url}/s3`)).text()).toContain(`evidence/${name}`);
    expect((await fetch(`${bench.url}/s3/${BUCKET}/evidence/${name}`)).status).toBe(403);
    await bench.storage.remove(name);
    expect(await bench.left()).toEqual([]);
  });
});
