import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ObjectStorage, requireUuid } from './port.ts';

/** Keeps files in a folder of this machine, made when it is first needed; only the owner of the process reads them. */
export function createLocalStorage(folder: string): ObjectStorage {
  const pathOf = (name: string) => {
    requireUuid(name);
    return join(folder, name);
  };
  return {
    async put(name, content) {
      const path = pathOf(name);
      const unfinished = `${path}.part`;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      try {
        await writeFile(unfinished, content, { flag: 'wx', mode: 0o600, flush: true });
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
    async get(name) {
      const path = pathOf(name);
      const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return found && chunksOf(path);
    },
    async remove(name) {
      await rm(pathOf(name), { force: true });
    },
  };
}

/** Opens the file only when it is read: what nobody reads needs no closing. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}
