import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLocalStorage } from './local.ts';
import type { ObjectStorage } from './port.ts';

let folder: string;
let storage: ObjectStorage;
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'storage-')), 'made', 'on demand');
  storage = createLocalStorage(folder);
});
afterAll(() => rm(join(folder, '..', '..'), { recursive: true }));

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(name: string): Promise<string | null> {
  const content = await storage.get(name);
  if (!content) return null;
  let text = '';
  for await (const chunk of content) text += Buffer.from(chunk).toString();
  return text;
}

it('RT-1 what is put is there until it is removed', async () => {
  const name = randomUUID();
  expect(await textOf(name)).toBeNull();
  await storage.put(name, chunks('one ', 'two'), 'image/png');
  expect(await textOf(name)).toBe('one two');
  await storage.remove(name);
  await storage.remove(name);
  expect(await textOf(name)).toBeNull();
});

it('RT-1 what breaks off in the middle leaves nothing', async () => {
  const before = await readdir(folder);
  async function* broken() {
    yield Buffer.from('one');
    throw new Error('broken off');
  }
  const name = randomUUID();
  await expect(storage.put(name, broken(), 'image/png')).rejects.toThrow('broken off');
  expect(await textOf(name)).toBeNull();
  expect(await readdir(folder)).toEqual(before);
});

it.each(['', '.', '../x', '/etc/passwd', `../${randomUUID()}`, `${randomUUID()}.part`, `${randomUUID()}\n`])(
  'RT-1 the name %j is refused',
  async (name) => {
    await expect(storage.get(name)).rejects.toThrow('UUID');
    await expect(storage.remove(name)).rejects.toThrow('UUID');
    await expect(storage.put(name, chunks('x'), 'image/png')).rejects.toThrow('UUID');
  },
);
