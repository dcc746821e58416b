import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createLocalStorage } from '../../providers/storage/local.ts';
import type { ObjectStorage } from '../../providers/storage/port.ts';
import { createS3Storage, type S3Config } from '../../providers/storage/s3.ts';
import { openS3 } from '../../sandbox/s3/index.ts';
import type { SandboxProvider } from '../../sandbox/shared/provider.ts';
import { closed, listening } from './qimen-servers.ts';

/** An adapter with what lies in its store, whole or in parts. */
export interface Bench {
  storage: ObjectStorage;
  left(): Promise<string[]>;
  open(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** A folder that is made when it is first needed. */
export class LocalBench implements Bench {
  storage!: ObjectStorage;
  #base = '';

  async open(): Promise<void> {
    this.#base = await mkdtemp(join(tmpdir(), 'storage-'));
    this.storage = createLocalStorage(this.#folder);
  }

  left(): Promise<string[]> {
    return readdir(this.#folder).catch(() => []);
  }

  close(): Promise<void> {
    return rm(this.#base, { recursive: true });
  }

  get #folder(): string {
    return join(this.#base, 'made', 'on demand');
  }
}

export const BUCKET = 'evidence-bucket';
const REGION = 'cn-north-1';

/** The real adapter and a store of its own. */
export class S3Bench implements Bench {
  storage!: ObjectStorage;
  url = '';
  /** What the adapter is given at its next call. */
  keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  #dataDir = '';
  #store!: SandboxProvider;
  #server: Server | null = null;

  async open(): Promise<void> {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    await this.restart();
    this.storage = this.adapter();
  }

  /** Starts the store on its books; a running one is ended first and keeps its port. */
  async restart(): Promise<void> {
    const port = this.#server ? Number(new URL(this.url).port) : 0;
    await this.#end();
    this.#store = await openS3({
      ...{ ...this.keys, bucket: BUCKET, region: REGION, dataDir: this.#dataDir },
      ...{ clockMultiplier: 1, publicUrl: () => this.url },
    });
    const app = new Hono().route('/s3', this.#store.pages).route('/control/s3', this.#store.control);
    this.#server = createAdaptorServer({ fetch: app.fetch }) as Server;
    this.url = await listening(this.#server, port);
  }

  adapter(changes: Partial<S3Config> = {}): ObjectStorage {
    return createS3Storage({
      ...{ bucket: BUCKET, region: REGION, endpoint: `${this.url}/s3`, pathStyle: true },
      ...{ prefix: 'evidence/', keys: () => this.keys, timeoutMs: 2_000 },
      ...changes,
    });
  }

  async left(): Promise<string[]> {
    const { objects } = await this.control('GET', '/objects');
    const { uploads } = await this.control('GET', '/uploads');
    const files = await readdir(join(this.#dataDir, 's3'));
    return [...objects, ...uploads].map(({ key }: { key: string }) => key).concat(files);
  }

  async control(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`${this.url}/control/s3${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  async close(): Promise<void> {
    await this.#end();
    await rm(this.#dataDir, { recursive: true });
  }

  async #end(): Promise<void> {
    if (!this.#server) return;
    await closed(this.#server);
    await this.#store.close();
  }
}
