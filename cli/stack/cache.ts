import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache folder for tools that are fetched or built once (`$XDG_CACHE_HOME/dingdan`), made if it is missing. */
export function cacheFolder(...segments: string[]): string {
  const root = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(root, 'dingdan', ...segments);
  mkdirSync(folder, { recursive: true });
  return folder;
}
