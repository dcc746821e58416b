import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ports } from './ports.ts';

/** What one start leaves for the next, in `settings.json` of the data folder (readable by its owner only). */
export interface Settings {
  ports?: Partial<Ports>;
  postgresPassword?: string;
  /** Where the database's files are: not always inside the data folder, see postgres.ts. */
  postgresFolder?: string;
  /** The server that wrote `temporal.db`; another version may not read it. */
  temporalVersion?: string;
  /** Who runs the stack now. */
  running?: { pid: number; guardianPid: number | undefined };
}

/** Reads the settings; an empty object where there are none yet. */
export function readSettings(dataDir: string): Settings {
  const file = join(dataDir, 'settings.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Settings) : {};
}

/** Merges `changes` into the settings; the file is replaced as a whole, so a crash leaves the old or the new one. */
export function saveSettings(dataDir: string, changes: Partial<Settings>): Settings {
  const file = join(dataDir, 'settings.json');
  const settings = { ...readSettings(dataDir), ...changes };
  writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return settings;
}

/**
 * Refuses a second stack over the same data. A stack whose main process died has a guardian that is still ending the
 * rest: that is waited for.
 */
export async function waitUntilUnused(dataDir: string): Promise<void> {
  const running = readSettings(dataDir).running;
  if (!running) return;
  const deadline = Date.now() + 20_000;
  while (isAlive(running.guardianPid)) {
    if (isAlive(running.pid))
      throw new Error(`The stack of ${dataDir} runs already (process ${running.pid}). Stop that one first.`);
    if (Date.now() > deadline)
      throw new Error(`An earlier stack of ${dataDir} is still stopping (process ${running.guardianPid}).`);
    await delay(200);
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
